/** The notifications, newest first, or how to send the first one. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { usePage } from "../context.ts";
import type { Notices } from "../notices.ts";
import { curlLine } from "../recipes.ts";
import { hasRoom, type Rooms } from "../rooms.ts";
import { CopyLine } from "./CopyLine.tsx";
import { Icon } from "./Icon.tsx";
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
  useKeptFocus(items, list.length);

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
            onClick={() => session.notices?.loadOlder()}
          >
            Show older ones
          </button>
        </li>
      )}
    </ul>
  );
}

/** The button that put a notification away goes with it: the focus stays near. */
function useKeptFocus(items: { current: HTMLElement | null }, length: number): void {
  const place = useRef({ index: -1, label: "" });
  useLayoutEffect(() => {
    const list = items.current;
    if (list === null) return;
    const { index, label } = place.current;
    if (document.activeElement === document.body && index >= 0) {
      const item = list.children[Math.min(index, list.children.length - 1)];
      const same = item?.querySelector<HTMLElement>(`button[data-action="${label}"]`);
      (same ?? item?.querySelector("button"))?.focus();
    }
    const remember = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      const item = target.closest("li");
      place.current = {
        index: item === null ? -1 : [...list.children].indexOf(item),
        label: target.dataset.action ?? "",
      };
    };
    list.addEventListener("focusin", remember);
    return () => list.removeEventListener("focusin", remember);
  }, [length]);
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
