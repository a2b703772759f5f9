/**
 * Draws of a long log only the rows that are near the view: about forty, however many there are. What is above keeps
 * its place: when rows come before it, or turn out to be of another height than guessed, the log is scrolled by as much.
 */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Offsets } from "../../state/offsets.ts";
import { RowPlaces } from "../../state/row_places.ts";
import type { Row } from "../../state/timeline.ts";

/** So far beyond the view rows are drawn, and so far they must be drawn before more are. */
const DRAWN_PX = 700;
const NEEDED_PX = 250;
/** A drawing that finds other heights than were guessed is followed by another one, but not for ever. */
const REDRAWN_LIMIT = 4;
/** A reader who is less than this from the end counts as being there. */
const END_PX = 80;
/** From so far on, more messages are read. */
const NEAR_PX = 900;

/** A row, and how far its top is below that of the view: it stays there whatever happens above. */
interface Anchor {
  readonly key: string;
  readonly index: number;
  readonly place: number;
}

interface Options {
  /** There are newer messages than the last row. */
  hasAfter: boolean;
  /** The reader comes near to one of the ends. */
  onNear: (end: "before" | "after") => void;
  /** The log was drawn or scrolled. */
  onLook: () => void;
}

export function useLogWindow(rows: readonly Row[], options: Options) {
  const log = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [, setTurn] = useState(0);
  const redraw = () => setTurn((turn) => turn + 1);
  const [isAtEnd, setAtEnd] = useState(true);
  const places = useMemo(() => new RowPlaces(), []);
  const view = useRef({
    height: 800,
    sticks: true,
    anchor: undefined as Anchor | undefined,
    drawn: [0, 0] as readonly [number, number],
    redrawn: 0,
  }).current;
  places.take(rows);
  const { offsets } = places;
  const indexOf = (anchor: Anchor | undefined) =>
    anchor === undefined ? undefined : places.indexOf(anchor.key, anchor.index);

  const anchorIndex = indexOf(view.anchor);
  const lowest = Math.max(0, offsets.height - view.height);
  const placed = view.sticks ? undefined : view.anchor;
  const top = placed === undefined || anchorIndex === undefined
    ? (view.sticks ? lowest : log.current?.scrollTop ?? 0)
    : Math.max(0, Math.min(lowest, offsets.topOf(anchorIndex) - placed.place));
  const [start, end] = offsets.covering(top - DRAWN_PX, top + view.height + DRAWN_PX);
  view.drawn = [start, end];

  /** The element of a row, where it is drawn. */
  const elementAt = (index: number | undefined) => {
    const at = (index ?? -1) - view.drawn[0];
    return list.current?.children[at] as HTMLElement | undefined;
  };

  /** Notes the first row in view. */
  const noteAnchor = () => {
    const element = log.current;
    if (element === null) return;
    const { top: above, bottom: below } = element.getBoundingClientRect();
    for (let index = view.drawn[0]; index < view.drawn[1]; index++) {
      const row = rows[index];
      const { top, bottom } = elementAt(index)?.getBoundingClientRect() ?? NOWHERE;
      if (bottom <= above) continue;
      if (top >= below) break; // none of the drawn ones is in view
      if (row === undefined || !isAnchor(row)) continue;
      view.anchor = { key: row.key, index, place: top - above };
      return;
    }
    for (let index = offsets.at(element.scrollTop); index < rows.length; index++) {
      const row = rows[index];
      if (row === undefined || !isAnchor(row)) continue;
      view.anchor = { key: row.key, index, place: offsets.topOf(index) - element.scrollTop };
      return;
    }
  };

  /** Puts the log where it was. */
  const restore = () => {
    const element = log.current;
    if (element === null) return;
    if (view.sticks) element.scrollTop = element.scrollHeight;
    else if (view.anchor !== undefined && anchorIndex !== undefined) {
      const row = elementAt(anchorIndex);
      if (row === undefined) {
        element.scrollTop = offsets.topOf(anchorIndex) - view.anchor.place;
        return;
      }
      const place = row.getBoundingClientRect().top - element.getBoundingClientRect().top;
      if (Math.abs(place - view.anchor.place) > 0.5) {
        element.scrollTop += place - view.anchor.place;
      }
    }
  };

  const measure = (): boolean => {
    let isOther = false;
    for (const [at, row] of rowElements(list.current).entries()) {
      const { height } = row.getBoundingClientRect();
      if (places.measured(view.drawn[0] + at, height)) isOther = true;
    }
    return isOther;
  };

  const look = () => {
    const element = log.current;
    if (element === null) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    if (scrollTop < NEAR_PX) options.onNear("before");
    if (options.hasAfter && scrollHeight - scrollTop - clientHeight < NEAR_PX) {
      options.onNear("after");
    }
    options.onLook();
  };

  useLayoutEffect(() => {
    if (log.current !== null) view.height = log.current.clientHeight;
    if (measure()) setSpace(list.current, offsets, view.drawn);
    restore();
    redrawWhereNeeded();
    look();
  });

  useLayoutEffect(() => {
    if (log.current === null || list.current === null) return;
    const observer = new ResizeObserver(redraw);
    observer.observe(log.current);
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);

  function redrawWhereNeeded(): void {
    const element = log.current;
    if (element === null) return;
    const [first, last] = offsets.covering(
      element.scrollTop - NEEDED_PX,
      element.scrollTop + element.clientHeight + NEEDED_PX,
    );
    if (first >= view.drawn[0] && last <= view.drawn[1]) view.redrawn = 0;
    else if (view.redrawn++ < REDRAWN_LIMIT) redraw();
  }

  const onScroll = () => {
    const element = log.current;
    if (element === null) return;
    const isNowAtEnd = !options.hasAfter && isNearEnd(element);
    view.sticks = isNowAtEnd;
    view.redrawn = 0;
    noteAnchor();
    setAtEnd(isNowAtEnd);
    redrawWhereNeeded();
    look();
  };

  return {
    ...{ log, list, isAtEnd, onScroll },
    drawn: rows.slice(start, end),
    /** The index of the first of them. */
    start,
    above: offsets.topOf(start),
    below: offsets.height - offsets.topOf(end),
    toEnd() {
      view.sticks = true;
      setAtEnd(true);
      redraw();
    },
    /** Brings a row into view, a third below the top, or where it is not there, does nothing. */
    toRow(key: string, place = view.height / 3) {
      const index = places.indexOf(key);
      if (index === undefined) return false;
      view.sticks = false;
      setAtEnd(false);
      view.anchor = { key, index, place };
      redraw();
      return true;
    },
    /** @param last where it was when one looked last, which is looked at first */
    indexOf: (key: string, last?: number) => places.indexOf(key, last),
    elementAt,
  };
}

/** A line between messages may be gone when more of them come. */
function isAnchor({ kind }: Row): boolean {
  return kind === "message" || kind === "system";
}

const NOWHERE = { top: -Infinity, bottom: -Infinity };

function setSpace(list: HTMLElement | null, offsets: Offsets, drawn: readonly [number, number]) {
  if (list === null) return;
  list.style.paddingTop = `${offsets.topOf(drawn[0])}px`;
  list.style.paddingBottom = `${offsets.height - offsets.topOf(drawn[1])}px`;
}

function rowElements(list: Element | null): HTMLElement[] {
  return [...list?.children ?? []] as HTMLElement[];
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < END_PX;
}
