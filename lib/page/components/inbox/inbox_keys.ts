/** The single keys of the list behind the bell: J and K go from one to the next, E archives, H snoozes, Enter opens. */

/** Does what the key is for. Returns whether it was one of these. */
export function onInboxKey(event: KeyboardEvent, panel: HTMLElement | null): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || panel === null) return false;
  const { target } = event;
  if (!(target instanceof Element) || target.closest("input, textarea, select, dialog, .menu")) {
    return false;
  }
  const items = [...panel.querySelectorAll<HTMLElement>(".notification")];
  const index = items.findIndex((item) => item.contains(target));
  const current = items[index];
  switch (event.key) {
    case "j":
      (items[index + 1] ?? items.at(-1))?.focus();
      return true;
    case "k":
      items[Math.max(0, index - 1)]?.focus();
      return true;
    case "e": {
      const archive = current?.querySelector<HTMLElement>('[data-action="archive"]');
      archive?.click();
      if (archive) (items[index + 1] ?? items[index - 1] ?? panel).focus();
      return true;
    }
    case "h":
      current?.querySelector<HTMLElement>('[aria-haspopup="menu"]')?.click();
      return true;
    case "Enter":
      if (target !== current) return false;
      current.querySelector<HTMLElement>(".notification-open")?.click();
      return true;
  }
  return false;
}

/** Gives the focus to a neighbour of what is about to go, or to the list as a whole. */
export function focusNeighbour(element: Element | null): void {
  const item = element?.closest(".notification");
  const next = item?.nextElementSibling ?? item?.previousElementSibling;
  const panel = element?.closest<HTMLElement>('[role="dialog"]');
  (next instanceof HTMLElement ? next : panel)?.focus();
}
