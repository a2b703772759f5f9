/** Puts the panel below its bell, or above where there is more room, and within the window. */

/** Pixels between the panel and the bell, and between the panel and the window's edges. */
const GAP = 8;

export function place(panel: HTMLElement, bell: Element): void {
  const { left, right, top, bottom } = bell.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const isRightToLeft = getComputedStyle(bell).direction === "rtl";
  const below = clientHeight - bottom;
  const isBelow = below >= top || below > 480;
  const width = panel.offsetWidth;
  const wanted = isRightToLeft ? left : right - width;
  const x = Math.max(GAP, Math.min(wanted, clientWidth - width - GAP));
  const put = (property: string, pixels: number | undefined) =>
    panel.style.setProperty(property, pixels === undefined ? "auto" : `${Math.round(pixels)}px`);
  put("left", x);
  put("top", isBelow ? bottom + GAP : undefined);
  put("bottom", isBelow ? undefined : clientHeight - top + GAP);
  put("max-height", Math.min((isBelow ? below : top) - 2 * GAP, clientHeight * 0.8));
}
