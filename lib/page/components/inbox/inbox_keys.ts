/** The single keys of the list behind the bell, and where the focus goes when something leaves it. */
import { type ListParts, onListKey } from "../../../sdk/view/list_keys.ts";

const PARTS: ListParts = {
  item: ".notification",
  archive: '[data-action="archive"]',
  snooze: '[aria-haspopup="menu"]',
  open: ".notification-open",
};

/** Does what the key is for. Returns whether it was one of these. */
export function onInboxKey(event: KeyboardEvent, panel: HTMLElement | null): boolean {
  return panel !== null && onListKey(event, panel, PARTS);
}

/** Gives the focus to a neighbour of what is about to go, or to the list as a whole. */
export function focusNeighbour(element: Element | null): void {
  const item = element?.closest(".notification");
  const next = item?.nextElementSibling ?? item?.previousElementSibling;
  const panel = element?.closest<HTMLElement>('[role="dialog"]');
  (next instanceof HTMLElement ? next : panel)?.focus();
}
