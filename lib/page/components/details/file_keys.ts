/** The keys that move among listed files: they are one stop of the Tab key, and arrows go on from there. */

/** To be called with keys within the list; each file is in a `[data-key]` with one thing that takes the focus. */
export function moveAmongFiles(event: KeyboardEvent): void {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (event.defaultPrevented || altKey || ctrlKey || metaKey || shiftKey) return;
  const list = event.currentTarget as HTMLElement;
  if ((event.target as Element).closest("dialog") !== null) return; // the gallery has keys of its own
  const items = [...list.querySelectorAll<HTMLElement>("[data-key]")];
  const at = items.findIndex((each) => each.contains(document.activeElement));
  if (at < 0) return;
  const isTurned = list.matches(":dir(rtl)");
  const next = nextOf(key, items, at, isTurned);
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  items[next]?.querySelector<HTMLElement>("a, button")?.focus();
}

function nextOf(
  key: string,
  items: readonly HTMLElement[],
  at: number,
  isTurned: boolean,
): number | undefined {
  const last = items.length - 1;
  const within = (to: number) => Math.max(0, Math.min(last, to));
  switch (key) {
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowRight":
    case "ArrowLeft":
      return within(at + ((key === "ArrowRight") === isTurned ? -1 : 1));
    case "ArrowDown":
      return nearest(items, at, 1);
    case "ArrowUp":
      return nearest(items, at, -1);
    default:
      return undefined;
  }
}

/** The one in the line above or below that stands over or under this one. */
function nearest(items: readonly HTMLElement[], at: number, step: 1 | -1): number {
  const own = items[at]?.getBoundingClientRect();
  if (own === undefined) return at;
  let line: number | undefined;
  let best = at;
  let least = Infinity;
  for (let index = at + step; index >= 0 && index < items.length; index += step) {
    const { top, left } = items[index]!.getBoundingClientRect();
    if (Math.abs(top - own.top) < 4) continue;
    line ??= top;
    if (Math.abs(top - line) >= 4) break;
    if (Math.abs(left - own.left) >= least) continue;
    least = Math.abs(left - own.left);
    best = index;
  }
  return best;
}
