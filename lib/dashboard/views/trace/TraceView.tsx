/** Follows what happens to one user or in one room, frame by frame. Texts are shown only to who asks for them, which is noted. */
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { query } from "../../api/api.ts";
import type { TraceLine } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useWatch } from "../../state/use_watch.ts";
import { TraceForm } from "./TraceForm.tsx";
import { TraceLines } from "./TraceLines.tsx";

/** Most frames that the page holds; the oldest go. */
const MOST = 1000;

export function TraceView({ route }: { route: Route }) {
  const { live } = useDashboard();
  const user = route.query.get("user") ?? "";
  const room = route.query.get("room") ?? "";
  const [hasTexts, setTexts] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [isHeld, setHeld] = useState(false);
  const [lines, setLines] = useState<readonly TraceLine[]>([]);
  const [lost, setLost] = useState(0);
  const waiting = useRef<TraceLine[]>([]);
  const isOn = user !== "" || room !== "";
  const path = isOn
    ? `/watch${query({ streams: "trace", user, room, texts: hasTexts ? 1 : undefined })}`
    : undefined;
  const { state, retry } = useWatch(path, live.isPaused || isHeld, (event, data) => {
    if (event === "lost") setLost((lost) => lost + (Number(Object(data).lost) || 1));
    if (event !== "trace") return;
    if (waiting.current.push(data as TraceLine) > 1) return;
    requestAnimationFrame(() => {
      const added = waiting.current;
      waiting.current = [];
      setLines((lines) => [...lines, ...added].slice(-MOST));
    });
  });
  return (
    <div class="grid">
      <Card title="Trace" note="a user or a room, live">
        <TraceForm
          key={`${user} ${room}`}
          user={user}
          room={room}
          onTrace={(asked) => {
            setLines([]);
            setLost(0);
            setTexts(false);
            replaceQuery(route, asked);
          }}
        />
      </Card>
      {isOn && (
        <Card
          title={user !== "" ? `User ${user}` : `Room ${room}`}
          note={lost > 0 ? `${count(lost)} frames came too fast` : `${count(lines.length)} frames`}
          actions={
            <div class="card-tools">
              <button
                type="button"
                class="button button-small"
                aria-pressed={hasTexts}
                onClick={() => hasTexts ? setTexts(false) : setAsking(true)}
              >
                {hasTexts ? "Without texts" : "With texts…"}
              </button>
              <button
                type="button"
                class="button button-small"
                aria-pressed={isHeld}
                onClick={() => setHeld(!isHeld)}
              >
                <Icon name={isHeld ? "play" : "pause"} small />
                {isHeld ? "Go on" : "Hold"}
              </button>
              <button type="button" class="button button-small" onClick={() => setLines([])}>
                Clear
              </button>
            </div>
          }
        >
          {state.kind === "offline" && (
            <div class="failure" role="alert">
              <Icon name="warn" />
              <p>{state.reason}</p>
              <button type="button" class="button button-small" onClick={retry}>Retry</button>
            </div>
          )}
          {lines.length === 0
            ? (
              <Empty
                icon="search"
                text="Nothing yet. What comes and goes shows up here as it happens."
              />
            )
            : <TraceLines lines={lines} />}
        </Card>
      )}
      {isAsking && (
        <Ask
          title={user !== ""
            ? `Show the texts of user ${user}?`
            : `Show the texts of room ${room}?`}
          action="Show texts"
          isDangerous
          onClose={() => setAsking(false)}
          onConfirm={() => Promise.resolve(setTexts(true))}
        >
          <p>You will read what people write to each other. The audit log notes that you do.</p>
        </Ask>
      )}
    </div>
  );
}
