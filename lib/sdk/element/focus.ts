/** Keeps the focus near where it was when what had it is gone. */

/** Where the focus is, to be given to something near where that is gone. */
export interface Focus {
  readonly element: Element;
  readonly index: number;
  readonly tool: string | undefined;
}

export function focusIn(root: ShadowRoot): Focus | undefined {
  const element = root.activeElement;
  if (element === null) return undefined;
  const item = element.closest(".it");
  const items = itemsIn(root);
  // With the last page the button that asked for it goes: the first of those that came takes its place.
  if (element.closest(".older") !== null) return { element, index: items.length, tool: undefined };
  const tool = element.closest(".menu") === null ? (element as HTMLElement).dataset.tool : "snooze";
  return { element, index: item === null ? -1 : items.indexOf(item), tool };
}

/** Gives the focus to the same button of what has taken the place, to that as a whole, or to the panel. */
export function keepFocus(root: ShadowRoot, before: Focus): void {
  if (before.element.isConnected) return;
  const items = itemsIn(root);
  const item = before.index < 0 ? undefined : items[Math.min(before.index, items.length - 1)];
  const button = before.tool && item?.querySelector(`[data-tool=${before.tool}]`);
  ((button || item || root.querySelector(".pop")) as HTMLElement | null)?.focus();
}

function itemsIn(root: ShadowRoot): Element[] {
  return [...root.querySelectorAll(".it")];
}
