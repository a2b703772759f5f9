/** Has a topic's log ready for what somebody asks for who subscribes: it is opened, waited for and read as far as necessary. */
import { CodedError } from "../base/errors.ts";
import { hasEnough, type SyncRequest } from "./sync.ts";
import type { Topic } from "./topic.ts";

/** How often a node tries to have at hand what somebody asks for. */
const MOST_TRIES = 8;

/** How long an event is waited for that is stored already. */
const ARRIVAL_MS = 2000;

/** Resolves when the node has at hand what the client gets, or as much as it may. Rejects where the engine is away. */
export async function prepare(topic: Topic, request: SyncRequest): Promise<void> {
  if (topic.history.size === 0) return;
  const { since } = request;
  let hasWaited = false;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { log } = topic;
    if (log === undefined) await topic.open();
    else if (!hasWaited && since?.epoch === log.epoch && since.offset > log.offset) {
      hasWaited = true;
      await topic.arrival(since.offset, ARRIVAL_MS);
    } else if (hasEnough(log, request)) return;
    else await topic.load();
  }
}

/** Checks that the topic's log is there, right before it is used: it may have been lost again. Throws `unavailable`. */
export function requireLog(topic: Topic): void {
  if (topic.history.size === 0 || topic.log !== undefined) return;
  throw new CodedError("unavailable", "Cannot subscribe: the topic cannot be read right now");
}
