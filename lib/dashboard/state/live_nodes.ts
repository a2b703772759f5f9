/** The nodes as they are now: read once with their last hour, then followed by the stream of events. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Api, reasonOf } from "../api/api.ts";
import type { HistoryPoint, Node } from "../api/shapes.ts";
import { Watch, type WatchState } from "../api/watch.ts";

/** A node says how it is once in so many seconds in its history. */
export const STEP_SECONDS = 10;
/** How far back the history goes. */
export const HOUR_SECONDS = 3600;

export interface LiveNodes {
  readonly nodes: readonly Node[] | undefined;
  /** The id of the node that answers. */
  readonly own: string | undefined;
  /** Why they could not be read. */
  readonly error: string | undefined;
  readonly state: WatchState;
  /** Counts up when what goes on has changed, so that lists of it are read anew. */
  readonly changes: number;
  readonly isPaused: boolean;
  setPaused(isPaused: boolean): void;
  retry(): void;
}

interface NodesAnswer {
  readonly nodes: readonly Node[];
  readonly this?: string;
}

/** Lists of what is live are read anew no more often. */
const CHANGE_MS = 4000;

export function useLiveNodes(api: Api): LiveNodes {
  const [answer, setAnswer] = useState<NodesAnswer | undefined>();
  const [error, setError] = useState<string | undefined>();
  const [state, setState] = useState<WatchState>({ kind: "connecting" });
  const [isPaused, setPaused] = useState(false);
  const [changes, setChanges] = useState(0);
  const watch = useRef<Watch | undefined>(undefined);
  const seen = useRef({ at: 0, sum: "" });

  const read = () =>
    api.get<NodesAnswer>("/nodes").then(
      (read) => {
        setError(undefined);
        setAnswer(read);
      },
      (error) => setError(reasonOf(error)),
    );

  useEffect(() => {
    const watching = new Watch(api, "/watch?streams=nodes", {
      onEvent(event, data) {
        if (event !== "nodes") return;
        const { nodes } = data as NodesAnswer;
        setAnswer((old) => ({ this: old?.this, nodes: joined(old?.nodes, nodes) }));
        const sum = sumOf(nodes);
        if (sum === seen.current.sum || Date.now() - seen.current.at < CHANGE_MS) return;
        seen.current = { at: Date.now(), sum };
        setChanges((changes) => changes + 1);
      },
      onState(state) {
        setState(state);
        if (state.kind === "live") void read(); // with what was missed
      },
    });
    watch.current = watching;
    void read();
    return () => watching.close();
  }, [api]);

  return {
    nodes: answer?.nodes,
    own: answer?.this,
    error,
    state,
    changes,
    isPaused,
    setPaused(isPaused) {
      setPaused(isPaused);
      watch.current?.pause(isPaused);
    },
    retry() {
      watch.current?.retry();
      void read();
    },
  };
}

/** The nodes as they were just told, with the histories that are known, which grow by a point every ten seconds. */
export function joined(old: readonly Node[] | undefined, told: readonly Node[]): Node[] {
  const known = new Map(old?.map((node) => [node.id, node]));
  return told.map((node) => {
    if (node.history !== undefined && node.history.length > 0) return node;
    const history = known.get(node.id)?.history ?? [];
    return { ...node, history: withPoint(history, node) };
  });
}

function withPoint(history: readonly HistoryPoint[], node: Node): readonly HistoryPoint[] {
  const last = history.at(-1)?.at ?? 0;
  if (node.seen_at - last < STEP_SECONDS) return history;
  const point: HistoryPoint = {
    at: node.seen_at,
    connections: node.connections,
    deliveries: node.rates.deliveries,
    lag_p99: node.loop_lag_ms.p99,
    latency_p50: node.latency_ms.p50,
    latency_p99: node.latency_ms.p99,
    cpu: node.cpu,
    rss: node.memory.rss,
  };
  return [...history.filter(({ at }) => at > node.seen_at - HOUR_SECONDS), point];
}

/** What lists of rooms and users depend on. */
function sumOf(nodes: readonly Node[]): string {
  return nodes.map(({ connections, users, rooms, rates }) =>
    [connections, users, rooms, rates.publications].join()
  ).join(";");
}
