/** The nodes as they are now: read once with their last hour, then followed by the stream of events. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Api, reasonOf } from "../api/api.ts";
import type { Node } from "../api/shapes.ts";
import { Watch, type WatchState } from "../api/watch.ts";
import { joined } from "./history.ts";

export interface LiveNodes {
  /** Whether the session sees the whole server, and not one of its sites alone. */
  readonly isWhole: boolean;
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
/** The server's lists may be a second old. */
const LISTED_MS = 1200;

/** @param isWhole whether the session may see the nodes: those of other sites may not, and look for themselves */
export function useLiveNodes(api: Api, isWhole: boolean): LiveNodes {
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
    if (!isWhole) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watching = new Watch(api, "/watch?streams=nodes", {
      onEvent(event, data) {
        if (event !== "nodes") return;
        const { nodes } = data as NodesAnswer;
        setAnswer((old) => ({ this: old?.this, nodes: joined(old?.nodes, nodes) }));
        const sum = sumOf(nodes);
        if (sum === seen.current.sum) return;
        seen.current.sum = sum;
        const rest = seen.current.at + CHANGE_MS - Date.now();
        timer ??= setTimeout(() => {
          timer = undefined;
          seen.current.at = Date.now();
          setChanges((changes) => changes + 1);
        }, Math.max(LISTED_MS, rest));
      },
      onState(state) {
        setState(state);
        if (state.kind !== "live") return;
        void read(); // with what was missed
        // What happened meanwhile may have left the same numbers.
        seen.current.sum = "";
      },
    });
    watch.current = watching;
    void read();
    return () => {
      watching.close();
      clearTimeout(timer);
    };
  }, [api, isWhole]);

  return {
    isWhole,
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
      setChanges((changes) => changes + 1);
      if (!isWhole) return;
      watch.current?.retry();
      void read();
    },
  };
}

/** What lists of rooms and users depend on. */
function sumOf(nodes: readonly Node[]): string {
  return nodes.map(({ connections, users, rooms, rates }) =>
    [connections, users, rooms, rates.publications].join()
  ).join(";");
}
