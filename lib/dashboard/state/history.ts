/** The last hour of each node, which goes on with what the stream of events says. */
import type { HistoryPoint, Node } from "../api/shapes.ts";

/** A node says how it is once in so many seconds in its history. */
export const STEP_SECONDS = 10;
/** How far back the history goes. */
const HOUR_SECONDS = 3600;

/** The nodes as they were just told, with the histories that are known, which grow by a point every ten seconds. */
export function joined(old: readonly Node[] | undefined, told: readonly Node[]): Node[] {
  const known = new Map(old?.map((node) => [node.id, node]));
  return told.map((node) => {
    if (node.history !== undefined && node.history.length > 0) return node;
    return { ...node, history: withPoint(known.get(node.id)?.history ?? [], node) };
  });
}

function withPoint(history: readonly HistoryPoint[], node: Node): readonly HistoryPoint[] {
  const last = history.at(-1)?.at ?? 0;
  if (node.seen_at - last < STEP_SECONDS) return history;
  return [...history.filter(({ at }) => at > node.seen_at - HOUR_SECONDS), pointOf(node)];
}

/** What a node said last, as a point of its history. */
export function pointOf(node: Node): HistoryPoint {
  return {
    at: node.seen_at,
    connections: node.connections,
    deliveries: node.rates.deliveries,
    lag_p99: node.loop_lag_ms.p99,
    latency_p50: node.latency_ms.p50,
    latency_p99: node.latency_ms.p99,
    cpu: node.cpu,
    rss: node.memory.rss,
  };
}
