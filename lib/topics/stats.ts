/** Writes once a minute into the log how much there is to do, while there are clients. */
import { logFor } from "../base/log.ts";
import type { Node } from "../core/node.ts";
import { every, type Task } from "../core/task.ts";

const log = logFor("stats");

const STATS_INTERVAL_MS = 60_000;

/** What topics have on this node. */
interface TopicFigures {
  readonly subscriptions: number;
  readonly cached: number;
}

export function statsTask(node: Node, topics: TopicFigures): Task {
  return every("statistics", STATS_INTERVAL_MS, () => tellStats(node, topics));
}

/** Writes the line, if anybody is connected. */
export function tellStats(node: Node, topics: TopicFigures): void {
  const connections = countOf(node.connections);
  if (connections === 0) return;
  const { subscriptions: ofTopics, cached } = topics;
  const subscriptions = ofTopics + roomSubscriptions(node);
  log.info(
    "{connections} connections, {subscriptions} subscriptions, {cached} cached messages",
    { connections, subscriptions, cached },
  );
}

/** How many connections are in how many rooms, added up. */
function roomSubscriptions({ hub }: Node): number {
  let count = 0;
  for (const { kind, connections } of hub.channels()) {
    if (kind === "room") count += connections.size;
  }
  return count;
}

function countOf(things: Iterable<unknown>): number {
  let count = 0;
  for (const _ of things) count++;
  return count;
}
