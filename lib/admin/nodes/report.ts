/** What a node tells the others of itself, and what stores keep of it. */
import type { LoopLag } from "../../observe/loop_lag.ts";

/** How long notifications took from when they were accepted to when a client acknowledged them, in milliseconds. */
export interface Latency {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What a node says of itself, in the shape in which callers are shown it. Times are Unix times in seconds. */
export interface NodeReport {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly started_at: number;
  readonly ready: boolean;
  readonly reason?: string;
  /** How many cores it uses. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: {
    readonly rss: number;
    readonly heap_used: number;
    readonly heap_total: number;
  };
  readonly loop_lag_ms: LoopLag;
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  /** Per second. */
  readonly rates: Rates;
  readonly latency_ms: Latency;
}

export interface Rates {
  readonly publications: number;
  readonly deliveries: number;
  readonly requests: number;
  readonly dropped: number;
}

/** One point of a node's history. */
export interface HistoryPoint {
  readonly at: number;
  readonly connections: number;
  readonly deliveries: number;
  readonly lag_p99: number;
  readonly latency_p50: number | null;
  readonly latency_p99: number | null;
  readonly cpu: number;
  readonly rss: number;
}

/** A report, and when it came. */
export interface SeenReport {
  readonly report: NodeReport;
  /** Unix time in milliseconds, by the clock of the store. */
  readonly seenAt: number;
  /** How long ago that was. */
  readonly silentMs: number;
}

/** Most points of a node's history. */
export const MOST_POINTS = 360;

/** After so long nothing is told any more of a node that says nothing. */
export const FORGET_MS = 5 * 60_000;

/** Where all nodes see each other's reports. */
export interface ReportStore {
  /** @param point where it is time for one */
  write(report: NodeReport, point?: HistoryPoint): Promise<void>;
  /** The last report of each node of which there was one in the last `FORGET_MS`. */
  read(): Promise<SeenReport[]>;
  /** The histories of nodes, oldest point first. */
  histories(nodes: readonly string[]): Promise<ReadonlyMap<string, readonly HistoryPoint[]>>;
  /** This node ends. */
  remove(node: string): Promise<void>;
}

/** As a caller is shown a node. */
export function nodeOnWire(
  { report, seenAt, silentMs }: SeenReport,
  history?: readonly HistoryPoint[],
): object {
  const isSilent = silentMs > SILENT_MS;
  const since = new Date(seenAt).toISOString().slice(0, 19);
  return {
    ...report,
    ...(isSilent && { ready: false, reason: `silent since ${since}Z` }),
    seen_at: seenAt / 1000,
    ...(history !== undefined && { history }),
  };
}

/** A node that says nothing for so long is taken for one that does not work. */
export const SILENT_MS = 10_000;
