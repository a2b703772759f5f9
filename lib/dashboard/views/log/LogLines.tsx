/** Lines of the log, the newest at the end, which stays in view while nobody scrolls away from it. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { LogLine } from "../../api/shapes.ts";
import { exact } from "../../state/format.ts";
import { useNodeNames } from "../../state/node_names.ts";

/** So near the end it stays at the end. */
const NEAR_PX = 80;

/** Most lines that are in the page; a filter finds older ones. */
const MOST = 500;

interface LogLinesProps {
  lines: readonly LogLine[];
  isHeld: boolean;
  /** Somebody wants the lines of one request alone. */
  onRequest: (request: string) => void;
}

/** The id of the request that a line is written for. */
export function requestOf({ properties }: LogLine): string | undefined {
  const request = properties?.["request"];
  return typeof request === "string" ? request : undefined;
}

export function LogLines({ lines, isHeld, onRequest }: LogLinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const nodeName = useNodeNames();
  useLayoutEffect(() => {
    if (box.current !== null && isAtEnd.current && !isHeld) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [lines, isHeld]);
  return (
    <div
      ref={box}
      class="log-lines"
      role="log"
      aria-label="Log"
      aria-live="off"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
    >
      {lines.slice(-MOST).map((line, index) => {
        const request = requestOf(line);
        return (
          <div key={`${line.at} ${index}`} class={`log-line log-${line.level}`}>
            <time>{exact(line.at)}</time>
            <b>{line.level}</b>
            <span class="log-category">{line.category}</span>
            <span class="log-message">{line.message}</span>
            {request !== undefined && (
              <button
                type="button"
                class="log-request"
                title="Lines of this request alone"
                onClick={() => onRequest(request)}
              >
                <span class="visually-hidden">Request</span>
                {request}
              </button>
            )}
            {line.node !== undefined && (
              <small title={nodeName(line.node)}>{nodeName(line.node)}</small>
            )}
          </div>
        );
      })}
    </div>
  );
}
