/** Chooses what the list behind the bell shows: all, one kind, or what is snoozed. */
import type { UserPreferences } from "../../../sdk/mod.ts";
import { ALL_KINDS, type KindCount, kindWords, SNOOZED } from "../../../sdk/view/entries.ts";
import { shortCount } from "../kit/Count.tsx";

interface FiltersProps {
  kinds: readonly KindCount[];
  unread: number;
  snoozed: number;
  view: string;
  preferences: UserPreferences | null;
  onView: (view: string) => void;
}

export function Filters({ kinds, unread, snoozed, view, preferences, onView }: FiltersProps) {
  if (kinds.length === 0 && snoozed === 0 && view !== SNOOZED) return null;
  const views = [
    { id: ALL_KINDS, words: "All", count: unread },
    ...kinds.map(({ kind, unread }) => ({
      id: kind,
      words: kindWords(kind, preferences),
      count: unread,
    })),
    { id: SNOOZED, words: "Snoozed", count: snoozed },
  ];
  return (
    <div class="inbox-filters" role="group" aria-label="Show">
      {views.map(({ id, words, count }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === view}
          onClick={() => onView(id)}
        >
          {words}
          {count > 0 && (
            <span class="filter-count">
              {shortCount(count)}
              <span class="visually-hidden">{id === SNOOZED ? " waiting" : " new"}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
