/**
 * The service of topics, which their commands and routes use: other systems publish events, clients subscribe to those that
 * concern them. Next on an event's way: `core/node.ts`, `publish`, and then `topic.ts` on every node.
 */
import type { Questions } from "../asks/questions.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { nextId } from "../base/ids.ts";
import type { Limits } from "../base/sizes.ts";
import { inSlices } from "../base/slices.ts";
import { unixSeconds } from "../base/times.ts";
import type { Arrival } from "../core/arrival.ts";
import { type Channel, keyOf, topicChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { HubChannel } from "../core/hub.ts";
import type { TokenFacts } from "../core/identity.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Published } from "../core/publication.ts";
import type { RestoreStep } from "../core/restoring.ts";
import { answerCharacters } from "../core/work.ts";
import type { AccessProofs } from "../rooms/access.ts";
import { TopicAccess } from "./access.ts";
import { TopicCache } from "./cache.ts";
import {
  addTopic,
  notSubscribed,
  removeTopic,
  requireSubscription,
  requireSubscriptionsLeft,
  topicsOf,
} from "./connection_topics.ts";
import { EVENT } from "./frames.ts";
import { topicMetrics } from "./metrics.ts";
import { prepare, requireLog } from "./preparing.ts";
import type { PublishedEvent, Subscribed, SubscribeRequest, TopicEvent } from "./requests.ts";
import type { TopicRules } from "./rules.ts";
import type { TopicsConfig } from "./settings.ts";
import { lengthOf, NO_HISTORY, syncOf } from "./sync.ts";
import { Topic } from "./topic.ts";

/** How long an event is waited for after a gap that is stored already. */
const ARRIVAL_MS = 2000;

/** How many topics are asked about at once after a gap. */
const DOUBTED_AT_ONCE = 100;

/** What topics are made of. */
export interface TopicsParts {
  readonly rules: TopicRules;
  readonly proofs: AccessProofs;
  readonly questions: Questions;
  readonly revocations: Revocations;
  readonly limits: Pick<Limits, "queue">;
  readonly config: TopicsConfig;
}

export class Topics implements RestoreStep {
  readonly access: TopicAccess;
  readonly #node: Node;
  readonly #parts: TopicsParts;
  readonly #characters: number;
  readonly #cache: TopicCache;
  /** The topics to which connections here have subscribed, by the keys of their channels. */
  readonly #topics = new Map<string, Topic>();
  /** Topics of which the node may have missed something. */
  #doubted: readonly Topic[] = [];
  readonly #published = new Counter(
    "topic_publications",
    "Events that were published in topics through this node.",
  );

  constructor(node: Node, parts: TopicsParts) {
    this.#node = node;
    this.#parts = parts;
    this.access = new TopicAccess(parts);
    this.#characters = answerCharacters(parts.limits);
    this.#cache = new TopicCache(parts.config.cacheBytes);
  }

  get metrics(): readonly Metric[] {
    return [...topicMetrics(this), this.#published];
  }

  /** How many topics somebody here has subscribed to. */
  get count(): number {
    return this.#topics.size;
  }

  /** How many subscriptions connections here have. */
  get subscriptions(): number {
    let count = 0;
    for (const { subscribers } of this.#topics.values()) count += subscribers.count;
    return count;
  }

  /** How many events are at hand for those who come back. */
  get cached(): number {
    return this.#cache.events;
  }

  /** Publishes an event to all who want it, on all nodes. Rejects where the engine is away. */
  publish(
    site: string,
    topic: string,
    { id: callersId, data, madeId, claim }: TopicEvent,
  ): Promise<PublishedEvent> | PublishedEvent {
    const id = callersId ?? madeId ?? nextId();
    const isClientsId = callersId !== undefined;
    const publication = { kind: EVENT, id, at: unixSeconds(), data, isClientsId, claim };
    const { history } = this.#parts.rules.of(topic);
    const published = this.#node.publish(topicChannel(site, topic), publication, history);
    return published instanceof Promise
      ? published.then((published) => this.#counted(id, published))
      : this.#counted(id, published);
  }

  /**
   * Subscribes a connection to a topic, once for each filter. Throws where it may not, or has too many; rejects where the
   * engine is away. From now on its events are held back, until the caller has told the client and releases the channel.
   */
  async subscribe(connection: Connection, request: SubscribeRequest): Promise<Subscribed> {
    connection.requireUser();
    const { config: { subscriptions, filters: mostFilters }, revocations } = this.#parts;
    const { filters } = request;
    const token = await this.access.require(connection, request.topic, request);
    requireSubscriptionsLeft(connection, subscriptions, filters.length);
    const topic = this.#openTopic(topicChannel(connection.site, request.topic));
    topic.pending++;
    try {
      topic.subscribers.requirePlaces(filters, mostFilters);
      await this.#node.subscribe(connection, topic.channel);
      await prepare(topic, request);
      // From here on nothing waits: what has arrived by now is in the answer, and what arrives from now on comes after it.
      requireLog(topic);
      if (token !== undefined) revocations.require(token);
      requireSubscriptionsLeft(connection, subscriptions, filters.length);
      topic.subscribers.requirePlaces(filters, mostFilters);
      return this.#enter(connection, topic, request, token);
    } finally {
      topic.pending--;
      this.#settle(connection, topic);
    }
  }

  /** Ends one subscription of a connection. Returns its topic. */
  async unsubscribe(connection: Connection, sub: number): Promise<string> {
    const topic = requireSubscription(connection, sub);
    this.#remove(connection, topic, sub);
    await this.#settle(connection, topic);
    return topic.channel.name;
  }

  /** Ends all of a connection's subscriptions to a topic. Returns their numbers. */
  async unsubscribeAll(connection: Connection, name: string): Promise<number[]> {
    const topic = this.#topics.get(keyOf(topicChannel(connection.site, name)));
    const subs = [...topic?.subscribers.of(connection)?.subscriptions.keys() ?? []];
    if (topic === undefined || subs.length === 0) throw notSubscribed("topic", name);
    for (const sub of subs) this.#remove(connection, topic, sub);
    await this.#settle(connection, topic);
    return subs;
  }

  /** Takes a connection that is gone out of its topics. */
  leaveAll(connection: Connection): void {
    for (const [sub, topic] of [...topicsOf(connection)]) this.#remove(connection, topic, sub);
  }

  /** Gives an event that has come to this node to those who want it. It runs for every event. */
  arrive({ key }: HubChannel, arrival: Arrival): void {
    this.#topics.get(key)?.arrive(arrival);
  }

  /** The engine lost what it had, so what this node knows of topics may have gaps. */
  lost(): void {
    for (const topic of this.#topics.values()) topic.reset();
  }

  begin(hasGap: boolean): void {
    this.#doubted = hasGap ? [...this.#topics.values()].filter(({ log }) => log !== undefined) : [];
  }

  /** Ends the connections that have missed something, since the node did not hear their topic for a while. */
  async restore(signal: AbortSignal): Promise<void> {
    await inSlices(this.#doubted, (topic) => topic.endIfMissed(ARRIVAL_MS), {
      atOnce: DOUBTED_AT_ONCE,
      signal,
    });
    this.#doubted = [];
  }

  /** Tells subscribers how far their topics are, who got nothing for long. */
  tellPositions(): void {
    const now = performance.now();
    for (const topic of this.#topics.values()) topic.tellPositions(now);
  }

  #counted(id: string, published: Published | undefined): PublishedEvent {
    const { offset, epoch, isDuplicate = false } = published ?? {};
    if (!isDuplicate) this.#published.value++;
    return { id, offset, epoch, isDuplicate };
  }

  #openTopic(channel: Channel): Topic {
    const key = keyOf(channel);
    const known = this.#topics.get(key);
    if (known !== undefined) return known;
    const { history } = this.#parts.rules.of(channel.name);
    const topic = new Topic(channel, history, {
      broker: this.#node.broker,
      account: this.#cache,
    });
    this.#topics.set(key, topic);
    return topic;
  }

  #enter(
    connection: Connection,
    topic: Topic,
    request: SubscribeRequest,
    token: TokenFacts | undefined,
  ): Subscribed {
    const { log, channel } = topic;
    const sync = log === undefined
      ? NO_HISTORY
      : syncOf(log, request, { characters: this.#characters });
    if (log !== undefined) this.#cache.touch(log);
    if (request.since !== undefined) this.#node.figures.recovered("topic", sync.recovered);
    const { events } = sync;
    connection.charge({ entries: events.length, characters: lengthOf(events) });
    if (connection.closed) return { ...sync, channel, subs: [] };
    connection.hold(channel);
    const subs = request.filters.map((filter) => {
      const sub = addTopic(connection, topic);
      topic.subscribers.add(connection, { sub, filter, token }, sync.offset);
      return sub;
    });
    return { ...sync, channel, subs };
  }

  #remove(connection: Connection, topic: Topic, sub: number): void {
    removeTopic(connection, sub);
    topic.subscribers.remove(connection, sub);
    if (topic.subscribers.of(connection) !== undefined) return;
    connection.forget(topic.channel);
    if (connection.closed) this.#settle(connection, topic);
  }

  /** Resolves when the engine knows that the connection, or the node, does not hear the topic any more. */
  #settle(connection: Connection, topic: Topic): Promise<void> | undefined {
    if (topic.isIdle && this.#topics.get(topic.key) === topic) {
      topic.reset();
      this.#topics.delete(topic.key);
    }
    if (topic.subscribers.of(connection) !== undefined) return undefined;
    if (connection.closed) return void this.#node.unsubscribeLater(connection, topic.channel);
    return this.#node.unsubscribe(connection, topic.channel);
  }
}
