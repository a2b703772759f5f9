/** The keys that move in a log: arrows from message to message, Home and End to the first and the last one. */
import type { Row } from "../../state/timeline.ts";

/** Returns the index of the row to go to, if the key moves. */
export function keyTarget(
  { key, altKey, ctrlKey, metaKey, target }: KeyboardEvent,
  rows: readonly Row[],
  active: number,
): number | undefined {
  if (altKey || ctrlKey || metaKey) return undefined;
  if (target instanceof Element && target.closest("[role=menu], [role=dialog]") !== null) {
    return undefined;
  }
  const isOnRow = target instanceof HTMLElement && target.closest("[data-row]") !== null;
  switch (key) {
    case "ArrowUp":
      return isOnRow ? nextStop(rows, active, -1) : active;
    case "ArrowDown":
      return isOnRow ? nextStop(rows, active, 1) : active;
    case "Home":
      return nextStop(rows, -1, 1);
    case "End":
      return nextStop(rows, rows.length, -1);
    default:
      return undefined;
  }
}

/** Whether the keys stop at a row; they pass what stands between messages. */
export function isStop({ kind }: Row): boolean {
  return kind === "message" || kind === "system";
}

function nextStop(rows: readonly Row[], from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < rows.length; index += step) {
    const row = rows[index];
    if (row !== undefined && isStop(row)) return index;
  }
  return undefined;
}
