/** What the user has put off, with when it comes back. */
import type { Notification } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { comingTime, isoTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { PutAway } from "./PutAway.tsx";

export function SnoozedList({ snoozed }: { snoozed: readonly Notification[] }) {
  const { session } = usePage();
  if (snoozed.length === 0) {
    return <p class="muted notifications-unknown">Nothing is snoozed.</p>;
  }
  return (
    <ul class="notification-list" aria-label="Snoozed notifications">
      {snoozed.map((each) => (
        <PutAway
          key={each.id}
          notification={each}
          about={<Back until={each.details?.snoozedUntil ?? 0} />}
          word="Bring back now"
          onBack={() => session.notifications?.unsnooze([each.id])}
        />
      ))}
    </ul>
  );
}

function Back({ until }: { until: number }) {
  return (
    <p class="notification-about">
      <Icon name="clock" small />
      <time dateTime={isoTime(until)}>Back {comingTime(new Date(until * 1000))}</time>
    </p>
  );
}
