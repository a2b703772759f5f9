/** Which rows of a long table are near the window: the page has only those. */
import { useLayoutEffect, useState } from "preact/hooks";

/** A table of fewer is wholly in the page. */
const WHOLE = 80;
/** As tall as `styles/table.css` makes a row. */
const ROW_PX = 43;
/** Rows above and below the window that are in the page, too. */
const MARGIN = 20;

export interface RowWindow {
  readonly from: number;
  readonly to: number;
  /** Pixels of the rows that are not there. */
  readonly before: number;
  readonly after: number;
}

export function useRowWindow(body: { current: Element | null }, count: number): RowWindow {
  const [first, setFirst] = useState(0);
  const isLong = count > WHOLE;
  const shown = isLong ? Math.ceil(innerHeight / ROW_PX) + 2 * MARGIN : count;

  useLayoutEffect(() => {
    if (!isLong) return;
    const follow = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const row = Math.floor(-top / ROW_PX) - MARGIN;
      // In steps, so that not every pixel draws anew.
      const step = Math.floor(row / (MARGIN / 2)) * (MARGIN / 2);
      setFirst(Math.max(0, Math.min(step, count - 1)));
    };
    follow();
    addEventListener("scroll", follow, { passive: true });
    addEventListener("resize", follow);
    return () => {
      removeEventListener("scroll", follow);
      removeEventListener("resize", follow);
    };
  }, [isLong, count]);

  if (!isLong) return { from: 0, to: count, before: 0, after: 0 };
  const from = Math.min(first, Math.max(0, count - shown));
  const to = Math.min(count, from + shown);
  return { from, to, before: from * ROW_PX, after: (count - to) * ROW_PX };
}
