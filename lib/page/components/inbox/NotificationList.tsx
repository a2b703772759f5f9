/** The notifications, newest first, or how to send the first one. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { UserPreferences } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { ALL_KINDS, fold, kindWords, ofKind } from "../../../sdk/view/entries.ts";
import type { Notifications } from "../../state/notifications.ts";
import { serverAddress } from "../../address.ts";
import { curlLine } from "../../recipes.ts";
import { hasRoom, type Rooms } from "../../state/rooms.ts";
import { CopyLine } from "../kit/CopyLine.tsx";
import { Icon } from "../kit/Icon.tsx";
import { NotificationItem } from "./NotificationItem.tsx";

interface NotificationListProps {
  notifications: Notifications;
  preferences: UserPreferences | null;
  /** The kind that is shown alone. */
  kind: string;
  /** Ids of those that were unread when the list was opened. */
  fresh: ReadonlySet<string>;
  rooms: Rooms;
  userId: string;
  onChosen: () => void;
  onArchive: () => void;
}

export function NotificationList(
  { notifications, preferences, kind, fresh, rooms, userId, onChosen, onArchive }:
    NotificationListProps,
) {
  const { session } = usePage();
  const items = useRef<HTMLUListElement>(null);
  const { list, isLoaded, hasOlder, below } = notifications;
  const entries = fold(ofKind(list, kind), below);
  const { askForOlder } = useOlder(items, entries.length);

  if (list.length === 0) {
    return isLoaded
      ? <NoNotifications userId={userId} onArchive={onArchive} />
      : <p class="muted notifications-unknown">Not known until connected.</p>;
  }
  const choose = (room: string) => {
    session.activateRoom(room);
    onChosen();
  };
  return (
    <ul ref={items} class="notification-list" aria-label="Notifications">
      {entries.map((entry) => {
        const { id, room, details } = entry.head;
        return (
          <NotificationItem
            key={id}
            entry={entry}
            userId={userId}
            isFresh={[entry.head, ...entry.others].some(({ id }) => fresh.has(id))}
            kind={kind === ALL_KINDS && details?.kind !== undefined
              ? kindWords(details.kind, preferences)
              : undefined}
            onChosen={hasRoom(rooms, room) ? () => choose(room) : undefined}
          />
        );
      })}
      {hasOlder && (
        <li class="notifications-older">
          <button
            type="button"
            class="button button-quiet button-small"
            onClick={() => {
              askForOlder();
              session.notifications?.loadOlder();
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

function NoNotifications({ userId, onArchive }: { userId: string; onArchive: () => void }) {
  return (
    <div class="notifications-empty">
      <span class="empty-icon">
        <Icon name="bell" />
      </span>
      <h3>You are all caught up</h3>
      <p class="muted">Send yourself a notification from any terminal:</p>
      <CopyLine label="curl command" line={curlLine(serverAddress(), userId)} />
      <button type="button" class="link-button" onClick={onArchive}>See the archive</button>
    </div>
  );
}
