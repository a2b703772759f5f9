/**
 * Puts the panel below its bell, or above where there is more room, and within the window. Where the page says
 * `--notifyli-placement: beside`, it stands at the bell's end, for one in a column at the window's edge.
 */

/** Pixels between the panel and the bell, and between the panel and the window's edges. */
const GAP = 8;

/** The same where it stands beside its bell, which has a column's edge in between. */
const BESIDE_GAP = 12;

export function place(panel: HTMLElement, bell: Element): void {
  const { left, right, top, bottom } = bell.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const style = getComputedStyle(bell);
  const isRightToLeft = style.direction === "rtl";
  const isBeside = style.getPropertyValue("--notifyli-placement").trim() === "beside";
  const below = clientHeight - (isBeside ? top - GAP : bottom);
  const isBelow = below >= top || below > 480;
  const width = panel.offsetWidth;
  const wanted = isBeside
    ? isRightToLeft ? left - width - BESIDE_GAP : right + BESIDE_GAP
    : isRightToLeft
    ? left
    : right - width;
  const x = Math.max(GAP, Math.min(wanted, clientWidth - width - GAP));
  const put = (property: string, pixels: number | undefined) =>
    panel.style.setProperty(property, pixels === undefined ? "auto" : `${Math.round(pixels)}px`);
  put("left", x);
  put("top", isBelow ? clientHeight - below + GAP : undefined);
  put("bottom", isBelow ? undefined : clientHeight - top + GAP);
  put("max-height", Math.min((isBelow ? below : top) - 2 * GAP, clientHeight * 0.8));
}
