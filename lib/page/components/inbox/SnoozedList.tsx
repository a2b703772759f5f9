/** What the user has put off, with when it comes back. */
import type { Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { wordsOf } from "../../../sdk/view/markdown.ts";
import { comingTime, isoTime } from "../../../sdk/view/times.ts";
import { shownName, shownText } from "../../../sdk/view/text.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { NotificationIcon } from "./NotificationIcon.tsx";

export function SnoozedList({ snoozed }: { snoozed: readonly Notification[] }) {
  if (snoozed.length === 0) {
    return <p class="muted notifications-unknown">Nothing is snoozed.</p>;
  }
  return (
    <ul class="notification-list" aria-label="Snoozed notifications">
      {snoozed.map((each) => <Snoozed key={each.id} notification={each} />)}
    </ul>
  );
}

function Snoozed({ notification }: { notification: Notification }) {
  const { session } = usePage();
  const { id, name, details = {} } = notification;
  const { title, markdown, snoozedUntil = 0 } = details;
  const text = shownText(notification);
  const until = new Date(snoozedUntil * 1000);
  const what = title === undefined
    ? `the notification from ${shownName(name)}`
    : `“${shownName(title)}”`;
  return (
    <li class="notification" tabIndex={-1}>
      <NotificationIcon notification={notification} />
      <div class="notification-body">
        <h3 class="notification-head">
          <span class="notification-title">
            <Name>{title ?? name}</Name>
          </span>
        </h3>
        <p class="notification-message">
          <bdi>{markdown === true ? wordsOf(text) : text}</bdi>
        </p>
        <p class="notification-about">
          <Icon name="clock" small />
          <time dateTime={isoTime(snoozedUntil)}>Back {comingTime(until)}</time>
        </p>
        <div class="notification-acts">
          <button
            type="button"
            class="button button-small"
            aria-label={`Bring back ${what} now`}
            onClick={() => session.notifications?.unsnooze([id])}
          >
            Bring back now
          </button>
        </div>
      </div>
    </li>
  );
}
