/** Notifications as they come, over everything else: what is urgent stays, the others are there for a few seconds. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { linkTo } from "../../../sdk/view/links.ts";
import { wordsOf } from "../../../sdk/view/markdown.ts";
import { isLow, isUrgent, shownToasts } from "../../../sdk/view/toasts.ts";
import type { Notifications } from "../../state/notifications.ts";
import { hasRoom, type Rooms } from "../../state/rooms.ts";
import { shownName, shownText } from "../../../sdk/view/text.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { Actions } from "./Actions.tsx";
import { openInbox } from "./Bell.tsx";

interface ToastsProps {
  ids: readonly string[];
  notifications: Notifications;
  rooms: Rooms;
}

/** `styles/toasts.css` has the same time for the line below a toast. */
const TOAST_MS = 6_000;

/** The containers are always there: a live region speaks only of what changes inside it. */
export function Toasts({ ids, notifications, rooms }: ToastsProps) {
  const { urgent, others, hidden } = shownToasts(ids, notifications.list);
  const toast = (notification: Notification) => (
    <Toast
      key={`${notification.id} ${notification.details?.alertedAt}`}
      notification={notification}
      leadsSomewhere={hasRoom(rooms, notification.room)}
    />
  );
  return (
    <div class="toasts" data-testid="toasts">
      <div role="alert" aria-atomic="false" aria-label="Urgent notifications">
        {urgent.map(toast)}
      </div>
      <div role="status" aria-live="polite" aria-atomic="false" aria-label="New notifications">
        {others.map(toast)}
        {hidden.length > 0 && <MoreToasts key={hidden.length} hidden={hidden} />}
      </div>
    </div>
  );
}

function Toast(
  { notification, leadsSomewhere }: { notification: Notification; leadsSomewhere: boolean },
) {
  const { session, dispatch } = usePage();
  const { id, name, room, details = {} } = notification;
  const { title, url } = details;
  const urgent = isUrgent(notification);
  const low = isLow(notification);
  const dismiss = () => dispatch({ type: "toast_dismissed", id });
  const pause = useAutoDismiss(dismiss, !urgent);
  const seen = () => {
    session.notifications?.read([id]);
    dismiss();
  };
  const heading = (
    <strong class="toast-name">
      {urgent && <span class="visually-hidden">Urgent:</span>}
      <Name>{title ?? name}</Name>
    </strong>
  );
  const text = (
    <>
      {heading}
      {!low && (
        <span class="toast-message">
          <bdi>{wordsIn(notification)}</bdi>
        </span>
      )}
      {low && title === undefined && (
        <span class="toast-message">
          <bdi>{wordsIn(notification)}</bdi>
        </span>
      )}
    </>
  );
  const link = linkTo(url);
  return (
    <div
      class={`toast${urgent ? " toast-urgent" : low ? " toast-low" : ""}`}
      data-testid="toast"
      {...pause}
    >
      {!low && <ToastPicture notification={notification} />}
      <div class="toast-body">
        {link !== undefined
          ? <a class="toast-open" {...link} onClick={seen}>{text}</a>
          : leadsSomewhere
          ? (
            <button
              type="button"
              class="toast-open"
              onClick={() => {
                session.activateRoom(room);
                seen();
              }}
            >
              {text}
            </button>
          )
          : <div class="toast-open">{text}</div>}
        {urgent && <Actions notification={notification} />}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={title === undefined
          ? `Dismiss the notification from ${shownName(name)}`
          : `Dismiss “${shownName(title)}”`}
        onClick={dismiss}
      >
        <Icon name="close" />
      </button>
      {!urgent && !low && <i class="toast-line" />}
    </div>
  );
}

function wordsIn(notification: Notification): string {
  const text = shownText(notification);
  return notification.details?.markdown === true ? wordsOf(text) : text;
}

/** Those for which there is no room go as the others do, but for what is urgent. */
function MoreToasts({ hidden }: { hidden: readonly Notification[] }) {
  const { dispatch } = usePage();
  const dismiss = () => {
    for (const each of hidden) {
      if (!isUrgent(each)) dispatch({ type: "toast_dismissed", id: each.id });
    }
  };
  const pause = useAutoDismiss(dismiss, true);
  return (
    <div class="toast-more" {...pause}>
      <button type="button" class="link-button" onClick={openInbox}>
        <bdi>+{hidden.length} more</bdi>
      </button>
    </div>
  );
}

function ToastPicture({ notification }: { notification: Notification }) {
  const { session } = usePage();
  const [isShown, setShown] = useState(true);
  const { image } = notification;
  const url = image === undefined ? "" : session.files?.url(image, { thumbnail: 160 }) ?? "";
  if (url === "" || !isShown) {
    return (
      <span class="toast-icon">
        <Icon name={isUrgent(notification) ? "alert" : "bell"} />
      </span>
    );
  }
  return <img class="toast-icon" src={url} alt="" onError={() => setShown(false)} />;
}

/** Calls `dismiss` after a time; while somebody points at the toast, or has the focus in it, that time stands still. */
function useAutoDismiss(dismiss: () => void, isOn: boolean) {
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const left = useRef(TOAST_MS);
  useEffect(() => {
    if (!isOn || isHovered || isFocused) return;
    const began = performance.now();
    const timer = setTimeout(dismiss, left.current);
    return () => {
      clearTimeout(timer);
      left.current = Math.max(0, left.current - (performance.now() - began));
    };
  }, [isOn, isHovered, isFocused]);
  return {
    onPointerEnter: () => setHovered(true),
    onPointerLeave: () => setHovered(false),
    onFocusIn: () => setFocused(true),
    onFocusOut: () => setFocused(false),
  };
}
