/** Notifications as they come, for a few seconds, over everything else. */
import { useEffect, useState } from "preact/hooks";
import type { Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Notifications } from "../../state/notifications.ts";
import { hasRoom, type Rooms } from "../../state/rooms.ts";
import { shownText } from "../../text.ts";
import { Icon } from "../kit/Icon.tsx";

interface ToastsProps {
  ids: readonly string[];
  notifications: Notifications;
  rooms: Rooms;
}

const TOAST_MS = 6_000;

/** The container is always there: a live region speaks only of what changes inside it. */
export function Toasts({ ids, notifications: { list }, rooms }: ToastsProps) {
  const shown = ids.flatMap((id) => list.find((notification) => notification.id === id) ?? []);
  return (
    <div
      class="toasts"
      role="status"
      aria-live="polite"
      aria-atomic="false"
      aria-label="New notifications"
      data-testid="toasts"
    >
      {shown.map((notification) => (
        <Toast
          key={notification.id}
          notification={notification}
          leadsSomewhere={hasRoom(rooms, notification.room)}
        />
      ))}
    </div>
  );
}

function Toast(
  { notification, leadsSomewhere }: { notification: Notification; leadsSomewhere: boolean },
) {
  const { session, dispatch } = usePage();
  const { id, name, room } = notification;
  const dismiss = () => dispatch({ type: "toast_dismissed", id });
  const pause = useAutoDismiss(dismiss);
  const choose = () => {
    session.activateRoom(room);
    session.notifications?.read([id]);
    dismiss();
  };
  const text = (
    <>
      <strong class="toast-name">
        <bdi>{name}</bdi>
      </strong>
      <span class="toast-message">
        <bdi>{shownText(notification)}</bdi>
      </span>
    </>
  );
  return (
    <div class="toast" data-testid="toast" {...pause}>
      <ToastPicture notification={notification} />
      {leadsSomewhere
        ? <button type="button" class="toast-body" onClick={choose}>{text}</button>
        : <div class="toast-body">{text}</div>}
      <button
        type="button"
        class="icon-button"
        aria-label={`Dismiss the notification from ${name}`}
        onClick={dismiss}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function ToastPicture({ notification: { image } }: { notification: Notification }) {
  const { session } = usePage();
  const [isShown, setShown] = useState(true);
  const url = image === undefined ? "" : session.files?.url(image, { thumbnail: 160 }) ?? "";
  if (url === "" || !isShown) {
    return (
      <span class="toast-icon">
        <Icon name="bell" />
      </span>
    );
  }
  return <img class="toast-icon" src={url} alt="" onError={() => setShown(false)} />;
}

/** Calls `dismiss` after a time in which nobody pointed at the toast or had the focus in it. */
function useAutoDismiss(dismiss: () => void) {
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  useEffect(() => {
    if (isHovered || isFocused) return;
    const timer = setTimeout(dismiss, TOAST_MS);
    return () => clearTimeout(timer);
  }, [isHovered, isFocused]);
  return {
    onPointerEnter: () => setHovered(true),
    onPointerLeave: () => setHovered(false),
    onFocusIn: () => setFocused(true),
    onFocusOut: () => setFocused(false),
  };
}
