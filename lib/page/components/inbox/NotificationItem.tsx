/** One notification behind the bell, and the buttons that put it away. */
import type { Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { userRoom } from "../../session/identity.ts";
import { isoTime, shortTime, shownText } from "../../text.ts";
import { Icon } from "../kit/Icon.tsx";
import { isNamesAlone, NotificationFiles } from "./NotificationFiles.tsx";
import { panelOf } from "../kit/Popover.tsx";

interface NotificationItemProps {
  notification: Notification;
  userId: string;
  /** It was unread when the list was opened. */
  isFresh: boolean;
  /** Shows the room that it is about, where that is open. */
  onChosen: (() => void) | undefined;
}

export function NotificationItem(
  { notification, userId, isFresh, onChosen }: NotificationItemProps,
) {
  const { session } = usePage();
  const { id, name } = notification;
  const text = <NotificationText notification={notification} userId={userId} isFresh={isFresh} />;
  return (
    <li class={isFresh ? "notification notification-fresh" : "notification"} tabIndex={-1}>
      {onChosen === undefined
        ? <div class="notification-body">{text}</div>
        : <button type="button" class="notification-body" onClick={onChosen}>{text}</button>}
      <NotificationFiles notification={notification} />
      <div class="notification-actions">
        <button
          type="button"
          class="icon-button"
          data-action="archive"
          aria-label={`Archive the notification from ${name}`}
          title="Archive"
          onClick={({ currentTarget }) => {
            moveFocus(currentTarget);
            session.notifications?.archive([id]);
          }}
        >
          <Icon name="archive" />
        </button>
        <button
          type="button"
          class="icon-button"
          data-action="delete"
          aria-label={`Delete the notification from ${name}`}
          title="Delete"
          onClick={({ currentTarget }) => {
            moveFocus(currentTarget);
            session.notifications?.delete([id]);
          }}
        >
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}

/** Gives the focus to the same button of a neighbour, or to the list as a whole, before this button is gone. */
function moveFocus(button: HTMLElement): void {
  const item = button.closest("li");
  const [next] = [item?.nextElementSibling, item?.previousElementSibling].flatMap((neighbour) =>
    neighbour?.querySelector<HTMLElement>(`[data-action="${button.dataset.action}"]`) ?? []
  );
  (next ?? panelOf(button))?.focus();
}

function NotificationText(
  { notification, userId, isFresh }: Omit<NotificationItemProps, "onChosen">,
) {
  const { name, room, timestamp } = notification;
  return (
    <>
      <span class="notification-head">
        <strong class="notification-name">
          <bdi>{name}</bdi>
        </strong>
        {isFresh && <span class="visually-hidden">, new,</span>}
        <time class="time" dateTime={isoTime(timestamp)}>{shortTime(timestamp)}</time>
      </span>
      {!isNamesAlone(notification) && (
        <span class="notification-message">
          <bdi>{shownText(notification)}</bdi>
        </span>
      )}
      <span class="notification-room">
        {room !== userRoom(userId) && <bdi>{room}</bdi>}
      </span>
    </>
  );
}
