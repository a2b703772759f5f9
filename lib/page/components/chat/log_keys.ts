/** The keys that move in a log: arrows from message to message, Home and End to the first and the last one. */
import type { Row } from "../../state/timeline.ts";

/** Returns the key of the row to go to, if the key moves. */
export function keyTarget(
  { key, altKey, ctrlKey, metaKey, target }: KeyboardEvent,
  rows: readonly Row[],
  active: string,
): string | undefined {
  if (altKey || ctrlKey || metaKey) return undefined;
  if (target instanceof Element && target.closest("[role=menu], [role=dialog]") !== null) {
    return undefined;
  }
  const isStop = ({ kind }: Row) => kind === "message" || kind === "system";
  const index = rows.findIndex((row) => row.key === active);
  const isOnRow = target instanceof HTMLElement && target.closest("[data-row]") !== null;
  switch (key) {
    case "ArrowUp":
      return isOnRow ? rows.slice(0, Math.max(0, index)).findLast(isStop)?.key : rows[index]?.key;
    case "ArrowDown":
      return isOnRow ? rows.slice(index + 1).find(isStop)?.key : rows[index]?.key;
    case "Home":
      return rows.find(isStop)?.key;
    case "End":
      return rows.findLast(isStop)?.key;
    default:
      return undefined;
  }
}
