/** Lines of the log, the newest at the end, which stays in view while nobody scrolls away from it. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { LogLine } from "../../api/shapes.ts";
import { exact } from "../../state/format.ts";
import { useNodeNames } from "../../state/node_names.ts";

/** So near the end it stays at the end. */
const NEAR_PX = 80;

/** Most lines that are in the page; a filter finds older ones. */
const MOST = 500;

export function LogLines({ lines, isHeld }: { lines: readonly LogLine[]; isHeld: boolean }) {
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
      {lines.slice(-MOST).map((line, index) => (
        <div key={`${line.at} ${index}`} class={`log-line log-${line.level}`}>
          <time>{exact(line.at)}</time>
          <b>{line.level}</b>
          <span class="log-category">{line.category}</span>
          <span class="log-message">{line.message}</span>
          {line.node !== undefined && <small>{nodeName(line.node)}</small>}
        </div>
      ))}
    </div>
  );
}
