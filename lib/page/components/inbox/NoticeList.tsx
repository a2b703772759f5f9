/** The notifications, newest first, or how to send the first one. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Notices } from "../../state/notices.ts";
import { curlLine } from "../../recipes.ts";
import { hasRoom, type Rooms } from "../../state/rooms.ts";
import { CopyLine } from "../kit/CopyLine.tsx";
import { Icon } from "../kit/Icon.tsx";
import { NoticeItem } from "./NoticeItem.tsx";

interface NoticeListProps {
  notices: Notices;
  /** Ids of those that were unread when the list was opened. */
  fresh: ReadonlySet<string>;
  rooms: Rooms;
  userId: string;
  onChosen: () => void;
}

export function NoticeList({ notices, fresh, rooms, userId, onChosen }: NoticeListProps) {
  const { session } = usePage();
  const items = useRef<HTMLUListElement>(null);
  const { list, isLoaded, hasOlder } = notices;
  const { askForOlder } = useOlder(items, list.length);

  if (list.length === 0) {
    return isLoaded
      ? <NoNotices userId={userId} />
      : <p class="muted notices-unknown">Not known until connected.</p>;
  }
  const choose = (room: string) => {
    session.activateRoom(room);
    onChosen();
  };
  return (
    <ul ref={items} class="notice-list" aria-label="Notifications">
      {list.map((notice) => (
        <NoticeItem
          key={notice.id}
          notice={notice}
          isFresh={fresh.has(notice.id)}
          onChosen={hasRoom(rooms, notice.room) ? () => choose(notice.room) : undefined}
        />
      ))}
      {hasOlder && (
        <li class="notices-older">
          <button
            type="button"
            class="button button-quiet button-small"
            onClick={() => {
              askForOlder();
              session.notices?.loadOlder();
            }}
          >
            Show older ones
          </button>
        </li>
      )}
    </ul>
  );
}

/** With the last page the button that asked for it goes, and the focus goes to the first of those that came. */
function useOlder(items: { current: HTMLElement | null }, length: number) {
  const firstNew = useRef(Infinity);
  useLayoutEffect(() => {
    const item = items.current?.children[firstNew.current];
    firstNew.current = Infinity;
    if (document.activeElement === document.body && item instanceof HTMLElement) item.focus();
  }, [length]);
  return { askForOlder: () => void (firstNew.current = length) };
}

function NoNotices({ userId }: { userId: string }) {
  return (
    <div class="notices-empty">
      <span class="empty-icon">
        <Icon name="bell" />
      </span>
      <h3>You are all caught up</h3>
      <p class="muted">Send yourself a notification from any terminal:</p>
      <CopyLine label="curl command" line={curlLine(location.origin, userId)} />
    </div>
  );
}
