/** The picture of a notification: its icon, or who sent it; and for how many it stands. */
import type { Notification } from "../../../sdk/mod.ts";
import { shortCount } from "../kit/Count.tsx";
import { Avatar, SignAvatar } from "../kit/Avatar.tsx";
import { isUrgent } from "../../../sdk/view/toasts.ts";

export function NotificationIcon(
  { notification, count = 1 }: { notification: Notification; count?: number },
) {
  const { name, details: { icon } = {} } = notification;
  return (
    <span class={isUrgent(notification) ? "notification-icon icon-urgent" : "notification-icon"}>
      {isUrgent(notification)
        ? <SignAvatar icon="alert" picture={icon} />
        : <Avatar userId={name} name={name} picture={icon} />}
      {count > 1 && <span class="icon-count" aria-hidden="true">{shortCount(count)}</span>}
    </span>
  );
}
