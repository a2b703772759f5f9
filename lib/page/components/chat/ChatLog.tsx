/** The messages of a conversation or a room. The view stays at the newest one until the reader scrolls up. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAttention } from "../../context.ts";
import type { Row } from "../../state/timeline.ts";
import { dayName } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { shortCount } from "../kit/Count.tsx";
import { Announcer } from "./Announcer.tsx";
import { LogRow } from "./LogRow.tsx";
import { isStop, keyTarget } from "./log_keys.ts";
import { useActions } from "./actions.ts";
import { useLogWindow } from "./use_log_window.ts";

interface ChatLogProps {
  label: string;
  rows: readonly Row[];
  /** What is shown where there are no messages. */
  empty: ComponentChildren;
  hasAfter?: boolean;
  /** How many are unread, where the newest are not in `rows`. */
  unseen?: number;
  /** A message that is to be shown and marked, by its key. A new object is a new wish. */
  target?: { readonly key: string };
  onNear?: (end: "before" | "after") => void;
  onLatest?: () => void;
  onSeen?: (offset: number) => void;
}

/** How long a message is marked that one has jumped to. */
const FOUND_MS = 2_400;

export function ChatLog(props: ChatLogProps) {
  const { label, rows, empty, hasAfter = false, target } = props;
  const actions = useActions();
  const isAttentive = useAttention();
  const [active, setActive] = useState("");
  const [found, setFound] = useState("");
  const [topDay, setTopDay] = useState("");
  /** The index of the active row when one looked last. */
  const activeAt = useRef(-1);
  const focusWanted = useRef("");
  const hasFocus = useRef(false);
  const isAttentiveNow = useRef(isAttentive);
  isAttentiveNow.current = isAttentive;

  const shown = useLogWindow(rows, {
    hasAfter,
    onNear: (end) => props.onNear?.(end),
    onLook: () => look(),
  });
  const { log, list } = shown;
  const isPlaced = useOpeningPlace(rows, shown.toRow, hasAfter);
  const newCount = useNewCount(rows, shown.isAtEnd);
  const unseen = hasAfter ? props.unseen ?? 0 : newCount;

  function look(): void {
    const area = log.current?.getBoundingClientRect();
    if (area === undefined) return;
    let [seen, day, isDayShown] = [0, "", false];
    for (const [at, row] of shown.drawn.entries()) {
      const rect = list.current?.children[at]?.getBoundingClientRect();
      if (rect === undefined || rect.bottom <= area.top) continue;
      const { top, bottom } = rect;
      if (top > area.bottom) break;
      if (row.kind === "day") {
        if (day === "" || top < area.top + 40) isDayShown = true;
      } else if (day === "" && "message" in row) day = dayName(row.message.timestamp);
      if ("message" in row && Math.min(bottom, top + 40) <= area.bottom) {
        seen = Math.max(seen, row.message.offset);
      }
    }
    setTopDay(isDayShown || (log.current?.scrollTop ?? 0) < 8 ? "" : day);
    if (isAttentiveNow.current && isPlaced.current && seen > 0) props.onSeen?.(seen);
  }
  useEffect(look, [isAttentive]);

  useEffect(() => {
    if (target === undefined || !shown.toRow(target.key)) return;
    setFound(target.key);
    const timer = setTimeout(() => setFound(""), FOUND_MS);
    return () => clearTimeout(timer);
  }, [target, target !== undefined && shown.indexOf(target.key) !== undefined]);

  const last = rows.at(-1);
  useLayoutEffect(() => {
    const isOwnPending = last?.kind === "message" && last.message.delivery === "pending";
    if (isOwnPending) shown.toEnd();
  }, [last?.key]);

  useLayoutEffect(() => {
    const wanted = focusWanted.current === "" ? undefined : elementOf(focusWanted.current);
    if (wanted !== undefined) {
      focusWanted.current = "";
      if (hasFocus.current) focusOn(wanted); // else the reader went elsewhere meanwhile
    } else if (hasFocus.current && document.activeElement === document.body) {
      log.current?.focus({ preventScroll: true }); // the row that had it is drawn no more
    }
  });

  const elementOf = (key: string) => shown.elementAt(shown.indexOf(key, activeAt.current));
  const focusRow = (index: number, key: string) => {
    activeAt.current = index;
    setActive(key);
    const element = shown.elementAt(index);
    if (element !== undefined) return focusOn(element);
    focusWanted.current = shown.toRow(key) ? key : "";
    log.current?.focus({ preventScroll: true }); // until the row is drawn
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = active === "" ? lastVisible() : shown.indexOf(active, activeAt.current);
    const index = keyTarget(event, rows, from ?? -1);
    const row = rows[index ?? -1];
    if (index === undefined || row === undefined) return;
    event.preventDefault();
    focusRow(index, row.key);
  };
  const lastVisible = () => shown.start + shown.drawn.findLastIndex(isStop);

  return (
    <div class="log-area">
      {topDay !== "" && (
        <div class="day day-floating" aria-hidden="true">
          <span>{topDay}</span>
        </div>
      )}
      <div
        ref={log}
        class="log"
        role="log"
        aria-live="off"
        aria-label={label}
        aria-keyshortcuts="ArrowUp ArrowDown R"
        tabIndex={active === "" ? 0 : -1}
        onScroll={shown.onScroll}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          hasFocus.current = true;
          const row = (event.target as Element).closest<HTMLElement>("[data-row]")?.dataset.row;
          if (row !== undefined && row !== active) setActive(row);
        }}
        onFocusOut={(event) => {
          if (event.relatedTarget !== null) hasFocus.current = false;
        }}
      >
        <div
          ref={list}
          class="log-rows"
          style={{ paddingTop: `${shown.above}px`, paddingBottom: `${shown.below}px` }}
        >
          {shown.drawn.map((row) => (
            <LogRow
              key={row.key}
              row={row}
              actions={actions}
              isActive={row.key === active}
              isFound={row.key === found}
            />
          ))}
        </div>
        {rows.length === 0 && empty}
      </div>
      <Announcer rows={rows} me={actions.me} isWhole={!hasAfter} />
      {(!shown.isAtEnd || hasAfter) && rows.length > 0 && (
        <button
          type="button"
          class="jump"
          onClick={() => {
            props.onLatest?.();
            shown.toEnd();
            log.current?.focus({ preventScroll: true });
          }}
        >
          <Icon name="arrowDown" small />
          {unseen > 0 ? `${shortCount(unseen)} new` : "Latest"}
          <span class="visually-hidden">, jump to the latest message</span>
        </button>
      )}
    </div>
  );
}

function focusOn(row: HTMLElement): void {
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** Shows the line of new messages when the log is opened, and where there is none, the end. */
function useOpeningPlace(
  rows: readonly Row[],
  toRow: (key: string, place?: number) => boolean,
  hasAfter: boolean,
) {
  const isPlaced = useRef(false);
  useLayoutEffect(() => {
    if (isPlaced.current || rows.length === 0) return;
    isPlaced.current = true;
    const index = rows.findIndex(({ kind }) => kind === "new");
    // A few new ones are seen from the end, too.
    if (index >= 0 && (rows.length - index > 6 || hasAfter)) toRow("new", 72);
  }, [rows.length > 0]);
  return isPlaced;
}

/** How many messages of others came below while the reader was further up. */
function useNewCount(rows: readonly Row[], isAtEnd: boolean): number {
  const seen = useRef<string | undefined>(undefined);
  if (isAtEnd || seen.current === undefined) seen.current = rows.at(-1)?.key;
  if (isAtEnd) return 0;
  let count = 0;
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index];
    if (row === undefined || row.key === seen.current) return count;
    if (row.kind === "message" && !row.isOwn) count++;
  }
  return 0; // the one that was last is gone
}
