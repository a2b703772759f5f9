/** The single keys of the list: J and K go from one to the next, E archives, H snoozes, Enter opens. */

/** Does what the key is for. Returns whether it was one of these. */
export function onListKey(event: KeyboardEvent, panel: Element): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { target } = event;
  if (!(target instanceof Element) || target.closest("input, textarea, select, .menu")) {
    return false;
  }
  const items = [...panel.querySelectorAll<HTMLElement>(".it")];
  const index = items.findIndex((item) => item.contains(target));
  const current = items[index];
  const press = (selector: string) => current?.querySelector<HTMLElement>(selector)?.click();
  switch (event.key) {
    case "j":
      (items[index + 1] ?? items.at(-1))?.focus();
      return true;
    case "k":
      items[Math.max(0, index - 1)]?.focus();
      return true;
    case "e":
      press("[data-tool=archive]");
      return true;
    case "h":
      press("[data-tool=snooze]");
      return true;
    case "Enter":
      if (target !== current) return false;
      press(".open");
      return true;
  }
  return false;
}

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
  const tool = element.closest(".menu") === null ? (element as HTMLElement).dataset.tool : "snooze";
  return { element, index: item === null ? -1 : itemsIn(root).indexOf(item), tool };
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
