/** Follows what happens to one user or in one room, frame by frame. Texts are shown only to who asks for them, which is noted. */
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { query } from "../../api/api.ts";
import type { TraceLine } from "../../api/shapes.ts";
import type { WatchState } from "../../api/watch.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Card } from "../../kit/Card.tsx";
import { HoldButton } from "../../kit/HoldButton.tsx";
import { Empty, Failure } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count, plural } from "../../state/format.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useWatch } from "../../state/use_watch.ts";
import { TraceForm } from "./TraceForm.tsx";
import { TraceLines } from "./TraceLines.tsx";

/** Most frames that the page holds; the oldest go. */
const MOST = 1000;

/** Who or what is followed: one of both is empty. */
interface Subject {
  readonly user: string;
  readonly room: string;
}

export function TraceView({ route }: { route: Route }) {
  const { live } = useDashboard();
  const asked = { user: route.query.get("user") ?? "", room: route.query.get("room") ?? "" };
  const isOn = asked.user !== "" || asked.room !== "";
  const [stopped, setStopped] = useState<Subject | undefined>();
  const [hasTexts, setTexts] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [isHeld, setHeld] = useState(false);
  const [lines, setLines] = useState<readonly TraceLine[]>([]);
  const [lost, setLost] = useState(0);
  const waiting = useRef<TraceLine[]>([]);
  const path = isOn
    ? `/watch${query({ streams: "trace", ...asked, texts: hasTexts ? 1 : undefined })}`
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
  const begin = (subject: Subject) => {
    setLines([]);
    setLost(0);
    setTexts(false);
    setHeld(false);
    setStopped(undefined);
    replaceQuery(route, { ...subject });
  };
  /** What was seen stays; the next trace shows texts again only to who asks again. */
  const stop = () => {
    setStopped(asked);
    setTexts(false);
    setHeld(false);
    replaceQuery(route, { user: "", room: "" });
  };
  const subject = isOn ? asked : stopped;
  return (
    <div class="grid">
      <Card title="Trace" note="a user or a room, live">
        <TraceForm key={`${asked.user} ${asked.room}`} {...subject ?? asked} onTrace={begin} />
      </Card>
      {subject !== undefined && (
        <Card
          title={nameOf(subject)}
          note={noteOf({ frames: lines.length, lost, isStopped: !isOn })}
          actions={
            <div class="card-tools">
              {isOn && (
                <>
                  <button
                    type="button"
                    class="button button-small"
                    aria-pressed={hasTexts}
                    onClick={() => hasTexts ? setTexts(false) : setAsking(true)}
                  >
                    {hasTexts ? "Without texts" : "With texts…"}
                  </button>
                  <HoldButton isHeld={isHeld} onHold={setHeld} />
                </>
              )}
              <button type="button" class="button button-small" onClick={() => setLines([])}>
                Clear
              </button>
              <button
                type="button"
                class="button button-small"
                onClick={isOn ? stop : () => begin(subject)}
              >
                <Icon name={isOn ? "close" : "retry"} small />
                {isOn ? "Stop" : "Follow again"}
              </button>
            </div>
          }
        >
          {isOn && state.kind === "offline" && <Failure error={state.reason} onRetry={retry} />}
          {lines.length === 0
            ? <Empty icon="search" text={isOn ? WAITING[state.kind] : "Nothing came or went"} />
            : <TraceLines lines={lines} />}
        </Card>
      )}
      {isAsking && (
        <Ask
          title={`Show the texts of ${asked.user === "" ? "room" : "user"} ${
            asked.user || asked.room
          }?`}
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

/** What stands where no frame has come yet, by how the stream is. */
const WAITING: Readonly<Record<WatchState["kind"], string>> = {
  connecting: "Connecting to all nodes",
  live: "Nothing yet. What comes and goes shows up here as it happens.",
  paused: "Held: nothing is followed until it goes on",
  hidden: "Nothing is followed while nobody looks",
  offline: "Nothing is followed right now",
};

function nameOf({ user, room }: Subject): string {
  return user === "" ? `Room ${room}` : `User ${user}`;
}

function noteOf(
  { frames, lost, isStopped }: { frames: number; lost: number; isStopped: boolean },
): string {
  return [
    isStopped && "stopped",
    plural(frames, "frame"),
    lost > 0 && `${count(lost)} came too fast to show`,
  ].filter(Boolean).join(" · ");
}
