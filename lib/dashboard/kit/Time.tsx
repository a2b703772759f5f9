/** A time, with all of it when it is pointed at. */
import { ago, fully, when } from "../state/format.ts";

/** @param at Unix seconds */
export function Time({ at, isAgo = false }: { at: number | undefined; isAgo?: boolean }) {
  if (at === undefined) return <span class="muted">—</span>;
  return (
    <time class="time" dateTime={new Date(at * 1000).toISOString()} title={fully(at)}>
      {isAgo ? ago(at) : when(at)}
    </time>
  );
}
