/** What the user has archived: it can be brought back, or deleted for good. */
import { usePage } from "../../context.ts";
import { calledOf } from "../../../sdk/view/entries.ts";
import { isoTime, listTime, shortTime } from "../../../sdk/view/times.ts";
import type { Notifications } from "../../state/notifications.ts";
import { focusNeighbour } from "./inbox_keys.ts";
import { PutAway } from "./PutAway.tsx";

export function ArchiveList({ notifications }: { notifications: Notifications }) {
  const { session } = usePage();
  const { archived, isArchiveLoaded, hasOlderArchived } = notifications;
  if (archived.length === 0) {
    const words = isArchiveLoaded ? "Nothing is archived." : "Not known until connected.";
    return <p class="muted notifications-unknown">{words}</p>;
  }
  return (
    <ul class="notification-list" aria-label="Archived notifications">
      {archived.map((each) => (
        <PutAway
          key={each.id}
          notification={each}
          about={null}
          time={
            <time class="time" dateTime={isoTime(each.timestamp)} title={shortTime(each.timestamp)}>
              {listTime(each.timestamp)}
            </time>
          }
          word="Bring back"
          onBack={() => session.notifications?.unarchive([each.id])}
        >
          <button
            type="button"
            class="button button-small"
            aria-label={`Delete ${calledOf(each)}`}
            onClick={({ currentTarget }) => {
              focusNeighbour(currentTarget);
              session.notifications?.delete({ head: each, others: [], more: 0 });
            }}
          >
            Delete
          </button>
        </PutAway>
      ))}
      {hasOlderArchived && (
        <li class="notifications-older">
          <button
            type="button"
            class="button button-quiet button-small"
            onClick={() => session.notifications?.loadOlderArchived()}
          >
            Show older ones
          </button>
        </li>
      )}
    </ul>
  );
}
