/** The log as it is written, by level and category. It holds while it is paused, and says what it had to leave out. */
import { useEffect, useRef, useState } from "preact/hooks";
import { query } from "../../api/api.ts";
import type { LogLine } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Choice } from "../../kit/Choice.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { HoldButton } from "../../kit/HoldButton.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useLoad } from "../../state/use_load.ts";
import { useWatch } from "../../state/use_watch.ts";
import { LogLevels } from "./LogLevels.tsx";
import { LogLines, requestOf } from "./LogLines.tsx";

const LEVELS = [["debug", "Debug"], ["info", "Info"], ["warning", "Warning"], [
  "error",
  "Error",
]] as const;

/** Most lines that the page holds; the oldest go. */
const MOST = 2000;

export function LogView({ route }: { route: Route }) {
  const { api, live } = useDashboard();
  const level = LEVELS.find(([each]) => each === route.query.get("level"))?.[0] ?? "info";
  const q = route.query.get("q") ?? "";
  const request = route.query.get("request") ?? "";
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [lost, setLost] = useState(0);
  const [isHeld, setHeld] = useState(false);
  const waiting = useRef<LogLine[]>([]);
  const loaded = useLoad(
    (signal) => {
      const path = `/log${query({ level, request, limit: 500 })}`;
      return api.get<{ lines: readonly LogLine[] }>(path, signal);
    },
    [level, request],
  );
  useEffect(() => {
    if (loaded.data === undefined) return;
    setLines(loaded.data.lines.toSorted((one, other) => one.at - other.at));
  }, [loaded.data]);

  const isPaused = live.isPaused || isHeld;
  useWatch(`/watch${query({ streams: "log", level, request })}`, isPaused, (event, data) => {
    if (event === "lost") setLost((lost) => lost + countOf(data));
    if (event !== "log") return;
    // Lines that come together are drawn together.
    if (waiting.current.push(data as LogLine) > 1) return;
    requestAnimationFrame(() => {
      const added = waiting.current;
      waiting.current = [];
      setLines((lines) => [...lines, ...added].slice(-MOST));
    });
  });

  const shown = lines.filter((line) => request === "" || requestOf(line) === request)
    .filter(({ category, message }) =>
      `${category} ${message}`.toLowerCase().includes(q.toLowerCase())
    );
  return (
    <div class="grid">
      <Card
        title="Log"
        note={lost === 0 ? `${count(shown.length)} lines` : `${count(lost)} lines came too fast`}
        actions={
          <div class="card-tools">
            <Choice
              label="Least level"
              value={level}
              options={LEVELS}
              onValue={(level) => replaceQuery(route, { level })}
            />
            <FilterField
              label="Filter lines"
              value={q}
              onValue={(q) => replaceQuery(route, { q })}
            />
            <HoldButton isHeld={isHeld} onHold={setHeld} />
          </div>
        }
      >
        {request !== "" && (
          <p class="card-note filter-note">
            <span>
              Request <b class="mono">{request}</b>
            </span>
            <button
              type="button"
              class="button button-small"
              onClick={() => replaceQuery(route, { request: "" })}
            >
              All requests
            </button>
          </p>
        )}
        <Loading loaded={loaded}>
          {() =>
            shown.length === 0 ? <Empty icon="file" text={whyEmpty({ q, request })} /> : (
              <LogLines
                lines={shown}
                isHeld={isPaused}
                onRequest={(request) => replaceQuery(route, { request })}
              />
            )}
        </Loading>
      </Card>
      <LogLevels />
    </div>
  );
}

function whyEmpty({ q, request }: { q: string; request: string }): string {
  if (request !== "") return "No line of this request is kept: each node has its last 1,000 lines";
  return q === "" ? "No line of this level yet" : `No line of this level has ${q}`;
}

function countOf(data: unknown): number {
  return Number(Object(data).lost) || 1;
}
