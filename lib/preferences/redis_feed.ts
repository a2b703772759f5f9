/** The feed of changes of nodes that share a Redis: a pub/sub channel. */
import type { Redis } from "ioredis";
import { throwUnconfirmed } from "../engines/redis/errors.ts";
import type { RedisStorage } from "../engines/storage.ts";
import type { Change, ChangeFeed, FeedListener } from "./feed.ts";

/** Stands for a change of everything. */
const ALL = "*";

/** Most changes that wait until they can be sent; where there are more, the others are told that everything has changed. */
const MOST_WAITING = 1000;

export class RedisFeed implements ChangeFeed {
  readonly #redis: Redis;
  readonly #listener: FeedListener;
  readonly #channel: string;
  /** The texts of changes that were not sent. */
  #waiting = new Set<string>();

  constructor(storage: RedisStorage, listener: FeedListener) {
    const { redis, subscriber, keys } = storage;
    this.#redis = redis;
    this.#listener = listener;
    this.#channel = `${keys.prefix}preference-events`;
    subscriber.on("message", (channel: string, text: string) => {
      if (channel === this.#channel) this.#take(text);
    });
    subscriber.on("close", () => listener.deaf());
    storage.beforeRestored(async () => {
      await subscriber.subscribe(this.#channel);
      listener.hearing();
    });
  }

  async tell(change: Change): Promise<void> {
    this.#listener.changed(change);
    const { site, user = "", isReach } = change;
    await this.#send(`${site}\n${user}${isReach ? "\nreach" : ""}`);
  }

  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    const texts = waiting.size > MOST_WAITING ? [ALL] : [...waiting];
    const sent = await Promise.allSettled(texts.map((text) => this.#send(text)));
    const failed = sent.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #send(text: string): Promise<void> {
    try {
      await this.#redis.publish(this.#channel, text).catch(throwUnconfirmed);
    } catch (error) {
      if (this.#waiting.size <= MOST_WAITING) this.#waiting.add(text);
      throw error;
    }
  }

  /** @param text a site and a user, in two lines: neither holds a line break; a third one says that it is the user's reach */
  #take(text: string): void {
    if (text === ALL) {
      this.#listener.deaf(); // all that was known is forgotten
      return this.#listener.hearing();
    }
    const [site = "", user = "", what] = text.split("\n");
    if (user === "") return this.#listener.changed({ site });
    this.#listener.changed({ site, user, ...(what === "reach" && { isReach: true }) });
  }
}
