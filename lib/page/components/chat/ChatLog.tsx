/** A room's messages. The view stays at the newest one until the reader scrolls up. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dayName } from "../../text.ts";
import { usePage } from "../../context.ts";
import type { Row } from "../../state/timeline.ts";
import { Icon } from "../kit/Icon.tsx";
import { Message } from "./Message.tsx";

interface ChatLogProps {
  room: string;
  rows: readonly Row[];
  isOnline: boolean;
  empty: ComponentChildren;
}

/** A reader who is less than this from the end counts as being there. */
const BOTTOM_MARGIN_PX = 48;

export function ChatLog({ room, rows, isOnline, empty }: ChatLogProps) {
  const log = useRef<HTMLDivElement>(null);
  const [isAtBottom, setAtBottom] = useState(true);
  const [hasNew, setHasNew] = useState(false);
  const last = rows.at(-1);

  const scrollToBottom = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  useLayoutEffect(() => {
    const isOwnPending = last?.kind === "message" && last.delivery === "pending";
    if (isAtBottom || isOwnPending) scrollToBottom();
    else setHasNew(true);
  }, [last?.key]);
  useEffect(() => {
    const element = log.current;
    if (element === null || !isAtBottom) return;
    const observer = new ResizeObserver(scrollToBottom);
    observer.observe(element);
    return () => observer.disconnect();
  }, [isAtBottom]);

  return (
    <div class="log-area">
      <div
        ref={log}
        class="log"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={`Messages in ${room}`}
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          const isNowAtBottom = isNearBottom(currentTarget);
          setAtBottom(isNowAtBottom);
          if (isNowAtBottom) setHasNew(false);
        }}
      >
        <div class="log-rows">
          {rows.length === 0 && empty}
          {rows.map((row) => <LogRow key={row.key} row={row} {...{ room, isOnline }} />)}
        </div>
      </div>
      {hasNew && (
        <button
          type="button"
          class="button button-primary new-messages"
          onClick={() => {
            scrollToBottom();
            log.current?.focus();
          }}
        >
          <Icon name="arrowDown" />
          New messages
        </button>
      )}
    </div>
  );
}

function LogRow({ row, room, isOnline }: { row: Row; room: string; isOnline: boolean }) {
  const { session } = usePage();
  switch (row.kind) {
    case "day":
      return (
        <div class="day">
          <span>{dayName(row.timestamp)}</span>
        </div>
      );
    case "gap":
      return <p class="gap" data-testid="gap">Some messages may be missing here.</p>;
    case "left":
      return (
        <div class="left" role="status" data-testid="left">
          <p>You are no longer in this room. {row.reason}.</p>
          <button
            type="button"
            class="button button-primary"
            onClick={() => session.rejoinRoom(room)}
          >
            Come back
          </button>
        </div>
      );
    case "message":
      return <Message row={row} isOnline={isOnline} />;
  }
}

function isNearBottom({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < BOTTOM_MARGIN_PX;
}
