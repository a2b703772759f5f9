/** Brings the next page of a list. */
import type { Pages } from "../state/use_pages.ts";
import { count } from "../state/format.ts";

export function More<Entry>({ pages }: { pages: Pages<Entry> }) {
  const { entries, total, more, moreError } = pages;
  const of = total === undefined || total <= entries.length ? "" : ` of ${count(total)}`;
  if (more === undefined && of === "" && moreError === undefined) return null;
  return (
    <div class="more-line">
      <span class="muted">{`${count(entries.length)}${of} shown`}</span>
      {moreError !== undefined && <span class="field-problem" role="alert">{moreError}</span>}
      {more === undefined
        ? of !== "" && <span class="muted">Filter to find others</span>
        : <button type="button" class="button button-small" onClick={more}>Show more</button>}
    </div>
  );
}
