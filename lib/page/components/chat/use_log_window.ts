/**
 * Draws of a long log only the rows that are near the view: about forty, however many there are. What is above keeps
 * its place: when rows come before it, or turn out to be of another height than guessed, the log is scrolled by as much.
 */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Offsets } from "../../state/offsets.ts";
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
  const heights = useRef(new Map<string, number>()).current;
  const view = useRef({
    height: 800,
    sticks: true,
    anchor: undefined as Anchor | undefined,
    drawn: [0, 0] as readonly [number, number],
    redrawn: 0,
  }).current;
  const indexes = useMemo(() => new Map(rows.map(({ key }, index) => [key, index])), [rows]);
  const offsetsOf = () => new Offsets(heightsOf(rows, heights), rows.length);
  const offsets = offsetsOf();

  const anchorIndex = view.anchor === undefined ? undefined : indexes.get(view.anchor.key);
  const lowest = Math.max(0, offsets.height - view.height);
  const placed = view.sticks ? undefined : view.anchor;
  const top = placed === undefined || anchorIndex === undefined
    ? (view.sticks ? lowest : log.current?.scrollTop ?? 0)
    : Math.max(0, Math.min(lowest, offsets.topOf(anchorIndex) - placed.place));
  const [start, end] = offsets.covering(top - DRAWN_PX, top + view.height + DRAWN_PX);
  view.drawn = [start, end];

  /** Notes the first row in view. */
  const noteAnchor = () => {
    const element = log.current;
    if (element === null) return;
    const { top: above, bottom: below } = element.getBoundingClientRect();
    for (const row of rowElements(list.current)) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom <= above) continue;
      if (top >= below) break; // none of the drawn ones is in view
      const key = row.dataset.row ?? "";
      if (!isAnchor(rows[indexes.get(key) ?? -1])) continue;
      view.anchor = { key, place: top - above };
      return;
    }
    const first = offsets.at(element.scrollTop);
    const index = rows.findIndex((row, index) => index >= first && isAnchor(row));
    const key = rows[index]?.key;
    if (key !== undefined) view.anchor = { key, place: offsets.topOf(index) - element.scrollTop };
  };

  /** Puts the log where it was. */
  const restore = (known: Offsets) => {
    const element = log.current;
    if (element === null) return;
    if (view.sticks) element.scrollTop = element.scrollHeight;
    else if (view.anchor !== undefined) {
      const { key } = view.anchor;
      const row = rowElement(list.current, key);
      const index = indexes.get(key);
      if (row === undefined) {
        if (index !== undefined) element.scrollTop = known.topOf(index) - view.anchor.place;
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
    for (const row of rowElements(list.current)) {
      const { height } = row.getBoundingClientRect();
      const key = row.dataset.row ?? "";
      if (Math.abs((heights.get(key) ?? -1) - height) < 0.5) continue;
      heights.set(key, height);
      isOther = true;
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
    const isOther = measure();
    const known = isOther ? offsetsOf() : offsets;
    if (isOther) setSpace(list.current, known, view.drawn);
    restore(known);
    redrawWhereNeeded(known);
    look();
  });

  useLayoutEffect(() => {
    if (log.current === null || list.current === null) return;
    const observer = new ResizeObserver(redraw);
    observer.observe(log.current);
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);

  function redrawWhereNeeded(known: Offsets): void {
    const element = log.current;
    if (element === null) return;
    const [first, last] = known.covering(
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
    redrawWhereNeeded(offsets);
    look();
  };

  return {
    ...{ log, list, isAtEnd, onScroll },
    drawn: rows.slice(start, end),
    above: offsets.topOf(start),
    below: offsets.height - offsets.topOf(end),
    toEnd() {
      view.sticks = true;
      setAtEnd(true);
      redraw();
    },
    /** Brings a row into view, a third below the top, or where it is not there, does nothing. */
    toRow(key: string, place = view.height / 3) {
      if (!indexes.has(key)) return false;
      view.sticks = false;
      setAtEnd(false);
      view.anchor = { key, place };
      redraw();
      return true;
    },
    indexOf: (key: string) => indexes.get(key),
  };
}

/** A line between messages may be gone when more of them come. */
function isAnchor(row: Row | undefined): boolean {
  return row?.kind === "message" || row?.kind === "system";
}

function* heightsOf(rows: readonly Row[], known: ReadonlyMap<string, number>) {
  for (const row of rows) yield known.get(row.key) ?? guess(row);
}

/** How high a row may be that was never drawn. */
function guess(row: Row): number {
  if (row.kind !== "message") return 44;
  const { text, quote, reactions, kind } = row.message;
  const lines = Math.ceil(text.length / 56) + (text.length > 56 ? text.split("\n").length - 1 : 0);
  return 20 + 21 * Math.max(1, lines) + (row.isFirst ? 12 : 0) +
    (row.isFirst && !row.isOwn ? 19 : 0) + (quote === undefined ? 0 : 52) +
    ((reactions?.length ?? 0) > 0 ? 32 : 0) + (kind === "text" ? 0 : 48);
}

function setSpace(list: HTMLElement | null, offsets: Offsets, drawn: readonly [number, number]) {
  if (list === null) return;
  list.style.paddingTop = `${offsets.topOf(drawn[0])}px`;
  list.style.paddingBottom = `${offsets.height - offsets.topOf(drawn[1])}px`;
}

function rowElements(list: Element | null): HTMLElement[] {
  return [...list?.children ?? []] as HTMLElement[];
}

export function rowElement(list: Element | null, key: string): HTMLElement | undefined {
  return rowElements(list).find((row) => row.dataset.row === key);
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < END_PX;
}
