/** The topics that a client subscribes to; `topic_feed.ts` is one of them as the server has it. */
import { closedError, NotifyliError } from "../core/errors.ts";
import type { Handler } from "../core/events.ts";
import { asObject, type JsonObject } from "../core/frames.ts";
import { requireLifetime, watchLifetime } from "../core/lifetime.ts";
import type { Part } from "../core/part.ts";
import type { Link } from "../core/requests.ts";
import type { Position, TopicMessage } from "../core/types.ts";
import { filterKey, readFilter, type TopicFilter } from "./filter.ts";
import { TopicFeed } from "./topic_feed.ts";
import type { TopicOptions, TopicSubscription } from "./topic_subscription.ts";

/** What follows a topic's name: the filter may be left out. */
export type TopicArguments =
  | [handler: Handler<TopicMessage>, options?: TopicOptions]
  | Filtered;

type Filtered = [
  filter: TopicFilter | null | undefined,
  handler: Handler<TopicMessage>,
  options?: TopicOptions,
];

interface TopicsEvents {
  failed(error: NotifyliError): void;
  /** Why the client does not come back; `undefined` where it does. */
  stopped(): NotifyliError | undefined;
}

/** A topic that the user follows. */
export interface FollowedTopic {
  readonly topic: string;
  /** Unix seconds. */
  readonly since: number;
}

export class Topics implements Part {
  readonly #link: Link;
  readonly #events: TopicsEvents;
  readonly #feeds = new Set<TopicFeed>();
  /** What the server has taken on this connection, by its numbers. */
  readonly #taken = new Map<number, TopicFeed>();
  /** Subscriptions that programs know by an id. */
  readonly #known = new Map<number, TopicSubscription>();
  #lastId = 0;

  constructor(link: Link, events: TopicsEvents) {
    this.#link = link;
    this.#events = events;
  }

  /**
   * Subscribes as `client.topic()` does, and resolves with an id when the server has taken it, for programs that would rather
   * keep a number than a handle.
   *
   * Rejects with a `NotifyliError`: one from the server, `stopped`, `closed`, or `ended` where `signal` or `element` ended it
   * before.
   */
  subscribe(name: string, ...asked: TopicArguments): Promise<number> {
    const stopped = this.#events.stopped();
    if (stopped !== undefined) return Promise.reject(stopped);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const subscription = this.open(name, ...asked);
      this.#known.set(id, subscription);
      subscription.onSettled((error) => {
        if (error === undefined) return resolve(id);
        reject(error);
        subscription.unsubscribe();
      });
      subscription.atEnd(() => {
        this.#known.delete(id);
        const message = `The subscription to topic '${name}' ended before the server had taken it`;
        reject(new NotifyliError("ended", message));
      });
    });
  }

  /** Ends what `subscribe()` gave an id for. An id that is not known, or no more, is harmless. */
  unsubscribe(id: number): void {
    this.#known.get(id)?.unsubscribe();
  }

  /**
   * Has the user follow a topic: notifications that are sent to its followers come into the user's inbox, whether the user is
   * there or not. It lasts until `unfollow()`. Rejects with a `NotifyliError`.
   */
  async follow(name: string, { token }: { readonly token?: string } = {}): Promise<void> {
    await this.#link.enqueue({
      type: "follow",
      topic: name,
      ...(token !== undefined && { token }),
    });
  }

  /** Ends what `follow()` has begun; harmless where the user does not follow the topic. */
  async unfollow(name: string): Promise<void> {
    await this.#link.enqueue({ type: "unfollow", topic: name });
  }

  /** The topics that the user follows, by name. */
  async followed(): Promise<readonly FollowedTopic[]> {
    const all: FollowedTopic[] = [];
    let cursor: string | undefined;
    do {
      const page: JsonObject = await this.#link.enqueue({
        ...{ type: "followed", limit: 1000 },
        ...(cursor !== undefined && { cursor }),
      });
      for (const each of Array.isArray(page.topics) ? page.topics : []) {
        const { topic, since } = asObject(each);
        all.push({ topic: String(topic), since: Number(since) });
      }
      cursor = typeof page.next === "string" ? page.next : undefined;
    } while (cursor !== undefined);
    return all;
  }

  /** The client calls this and what follows. */
  open(name: string, ...asked: TopicArguments): TopicSubscription {
    const { filter, handler, options } = readArguments(name, asked);
    requireLifetime(options);
    const feed = this.#feedOf(name, filter, options);
    const subscription = feed.add(options);
    subscription.on("message", handler);
    subscription.atEnd(watchLifetime(options, () => subscription.unsubscribe()));
    feed.enter();
    return subscription;
  }

  connected(): void {
    for (const feed of [...this.#feeds]) feed.enter();
  }

  /** What matches several subscriptions comes once, and is each one's. The others know by it how far the topic is. */
  receive(subs: readonly number[], message: TopicMessage): void {
    const { topic, offset } = message;
    for (const feed of this.#taken.values()) if (feed.topic === topic) feed.passed(offset);
    for (const sub of new Set(subs)) this.#taken.get(sub)?.receive(message);
  }

  moved(topic: string, position: Position): void {
    for (const feed of this.#taken.values()) if (feed.topic === topic) feed.moved(position);
  }

  interrupt(): void {
    this.#taken.clear();
    for (const feed of this.#feeds) feed.interrupt();
  }

  /** Nothing can be subscribed to any more, or not before the program connects again. */
  rejectAll(error: NotifyliError): void {
    for (const feed of [...this.#feeds]) feed.reject(error);
  }

  close(): void {
    this.rejectAll(closedError());
    for (const feed of this.#feeds) feed.close();
    this.#feeds.clear();
    this.#taken.clear();
  }

  #feedOf(topic: string, filter: TopicFilter, options: TopicOptions): TopicFeed {
    const key = filterKey(filter);
    return [...this.#feeds].find((each) => each.suits(topic, key, options)) ??
      this.#newFeed(topic, filter, options);
  }

  #newFeed(topic: string, filter: TopicFilter, options: TopicOptions): TopicFeed {
    let taken: number | undefined;
    const feed = new TopicFeed({ topic, filter }, this.#link, {
      failed: (error) => this.#events.failed(error),
      taken: (sub) => void this.#taken.set(taken = sub, feed),
      emptied: () => {
        this.#feeds.delete(feed);
        if (taken !== undefined && this.#taken.get(taken) === feed) this.#taken.delete(taken);
      },
    }, options);
    this.#feeds.add(feed);
    return feed;
  }
}

function readArguments(topic: string, asked: TopicArguments) {
  const [filter, handler, options = {}]: Filtered = isFiltered(asked)
    ? asked
    : [undefined, ...asked];
  if (typeof handler !== "function") {
    const given = typeof handler;
    throw new TypeError(`Cannot subscribe to topic '${topic}': the handler is ${given}`);
  }
  return { filter: readFilter(topic, filter), handler, options };
}

function isFiltered(asked: TopicArguments): asked is Filtered {
  return typeof asked[0] !== "function";
}
