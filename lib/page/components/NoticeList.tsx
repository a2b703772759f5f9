/** The notifications, newest first, or how to send the first one. */
import { usePage } from "../context.ts";
import type { Notice, Notices } from "../notices.ts";
import { hasRoom, type Rooms } from "../rooms.ts";
import { isoTime, shortTime } from "../text.ts";
import { CopyLine } from "./CopyLine.tsx";
import { Icon } from "./Icon.tsx";
import { curlLine } from "../recipes.ts";

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
  if (notices.length === 0) return <NoNotices userId={userId} />;
  const choose = (room: string) => {
    session.activateRoom(room);
    onChosen();
  };
  return (
    <ul class="notice-list" aria-label="Notifications">
      {notices.map((notice) => (
        <li key={notice.id} class={fresh.has(notice.id) ? "notice notice-fresh" : "notice"}>
          {hasRoom(rooms, notice.room)
            ? (
              <button
                type="button"
                class="notice-body"
                onClick={() => choose(notice.room)}
              >
                <NoticeText notice={notice} isFresh={fresh.has(notice.id)} />
              </button>
            )
            : (
              <div class="notice-body">
                <NoticeText notice={notice} isFresh={fresh.has(notice.id)} />
              </div>
            )}
        </li>
      ))}
    </ul>
  );
}

function NoticeText({ notice, isFresh }: { notice: Notice; isFresh: boolean }) {
  const { name, room, message, timestamp } = notice;
  return (
    <>
      <span class="notice-head">
        <strong class="notice-name">{name}</strong>
        {isFresh && <span class="visually-hidden">, new,</span>}
        <time class="time" dateTime={isoTime(timestamp)}>{shortTime(timestamp)}</time>
      </span>
      <span class="notice-message">{message}</span>
      <span class="notice-room">{room}</span>
    </>
  );
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
