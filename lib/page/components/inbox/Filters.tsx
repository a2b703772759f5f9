/** Chooses what the list behind the bell shows: all, one kind, what is snoozed, or what is archived. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { UserPreferences } from "../../../sdk/mod.ts";
import {
  ALL_KINDS,
  ARCHIVE,
  type KindCount,
  kindWords,
  SNOOZED,
} from "../../../sdk/view/entries.ts";
import { shortCount } from "../kit/Count.tsx";

interface FiltersProps {
  kinds: readonly KindCount[];
  unread: number;
  /** There are unread ones that were not read from the server yet, of whatever kinds. */
  hasMore: boolean;
  /** There is nothing but, perhaps, an archive. */
  isEmpty: boolean;
  snoozed: number;
  view: string;
  preferences: UserPreferences | null;
  onView: (view: string) => void;
}

export function Filters(
  { kinds, unread, hasMore, isEmpty, snoozed, view, preferences, onView }: FiltersProps,
) {
  const all = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const chosen = all.current?.querySelector('[aria-pressed="true"]');
    chosen?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  if (isEmpty && snoozed === 0 && view === ALL_KINDS) return null;
  const views = [
    { id: ALL_KINDS, words: "All", count: unread },
    ...kinds.map(({ kind, unread }) => ({
      id: kind,
      words: kindWords(kind, preferences),
      count: unread,
    })),
    ...snoozed === 0 && view !== SNOOZED ? [] : [{ id: SNOOZED, words: "Snoozed", count: snoozed }],
    { id: ARCHIVE, words: "Archive", count: 0 },
  ];
  return (
    <div ref={all} class="inbox-filters" role="group" aria-label="Show">
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
              {hasMore && id !== ALL_KINDS && id !== SNOOZED && "+"}
              <span class="visually-hidden">{id === SNOOZED ? " waiting" : " new"}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
