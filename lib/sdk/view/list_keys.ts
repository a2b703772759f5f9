/** The single keys of a list of notifications: J and K go from one to the next, E archives, H snoozes, Enter opens. */

/** What a list is made of, as selectors within it: its items, and what in an item is pressed for a key. */
export interface ListParts {
  readonly item: string;
  readonly archive: string;
  readonly snooze: string;
  readonly open: string;
}

/** Does what the key is for. Returns whether it was one of these. */
export function onListKey(event: KeyboardEvent, panel: HTMLElement, parts: ListParts): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { target } = event;
  if (!(target instanceof Element) || target.closest("input, textarea, select, dialog, .menu")) {
    return false;
  }
  const items = [...panel.querySelectorAll<HTMLElement>(parts.item)];
  const index = items.findIndex((item) => item.contains(target));
  const current = items[index];
  const press = (selector: string) => {
    const button = current?.querySelector<HTMLElement>(selector);
    button?.click();
    return button;
  };
  switch (event.key) {
    case "j":
      (items[index + 1] ?? items.at(-1))?.focus();
      return true;
    case "k":
      items[Math.max(0, index - 1)]?.focus();
      return true;
    case "e":
      if (press(parts.archive)) (items[index + 1] ?? items[index - 1] ?? panel).focus();
      return true;
    case "h":
      press(parts.snooze);
      return true;
    case "Enter":
      if (target !== current) return false;
      press(parts.open);
      return true;
  }
  return false;
}
