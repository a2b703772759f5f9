/** The single keys of the list behind the bell. */
import { type ListParts, onListKey } from "../view/list_keys.ts";

const PARTS: ListParts = {
  item: ".it",
  archive: "[data-tool=archive]",
  snooze: "[data-tool=snooze]",
  open: ".open",
};

/** Does what a single key is for. Returns whether it was for something. */
export function onKey(event: KeyboardEvent, panel: HTMLElement): boolean {
  return onListKey(event, panel, PARTS);
}
