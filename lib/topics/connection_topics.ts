/** The subscriptions of one connection to topics, by their numbers. */
import { CodedError } from "../base/errors.ts";
import { shown } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import { Slot } from "../core/slot.ts";
import type { Topic } from "./topic.ts";

interface ConnectionTopics {
  /** The number of the last subscription: numbers only rise. */
  last: number;
  readonly topics: Map<number, Topic>;
}

const TOPICS = new Slot<ConnectionTopics>();

const NONE: ReadonlyMap<number, Topic> = new Map();

/** The topics of a connection by the numbers of its subscriptions. */
export function topicsOf(connection: Connection): ReadonlyMap<number, Topic> {
  return TOPICS.of(connection)?.topics ?? NONE;
}

/** Notes one more subscription of the connection. Returns its number. */
export function addTopic(connection: Connection, topic: Topic): number {
  const own = TOPICS.of(connection) ?? { last: 0, topics: new Map() };
  TOPICS.set(connection, own);
  own.topics.set(++own.last, topic);
  return own.last;
}

export function removeTopic(connection: Connection, sub: number): void {
  TOPICS.of(connection)?.topics.delete(sub);
}

/** Checks that the connection may have so many more subscriptions. Throws `too_many_subscriptions`. */
export function requireSubscriptionsLeft(connection: Connection, most: number, more = 1): void {
  const { size } = topicsOf(connection);
  if (size + more <= most) return;
  throw new CodedError(
    "too_many_subscriptions",
    `Cannot subscribe: this client has ${size} subscriptions to topics, the limit is ${most}`,
    { field: "topic" },
  );
}

/** The topic of one of the connection's subscriptions. Throws `not_found`. */
export function requireSubscription(connection: Connection, sub: number): Topic {
  const topic = topicsOf(connection).get(sub);
  if (topic !== undefined) return topic;
  throw notSubscribed("sub", sub);
}

export function notSubscribed(field: "sub" | "topic", value: unknown): CodedError {
  return new CodedError(
    "not_found",
    `Cannot unsubscribe: this client has no subscription with '${field}' ${shown(value)}`,
    { field },
  );
}

/** The tokens by which the connection has subscribed. */
export function topicTokensOf(connection: Connection): TokenFacts[] {
  const topics = new Set(topicsOf(connection).values());
  return [...topics].flatMap((topic) =>
    [...topic.subscribers.of(connection)?.subscriptions.values() ?? []]
      .flatMap(({ token }) => token ?? [])
  );
}
