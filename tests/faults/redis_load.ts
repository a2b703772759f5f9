/** Publishers that share the Redis with notifyli: by XADD, tried again until it is added, or by PUBLISH. */
import { Redis } from "ioredis";
import type { Ledger } from "./ledger.ts";
import { passed } from "./time.ts";

export interface RedisLoadOptions {
  readonly port: number;
  readonly way: "xadd" | "publish";
  readonly users: readonly string[];
  readonly ledger: Ledger;
  /** Of each user, notifications a second at most. */
  readonly ratePerUser: number;
  /**
   * Of PUBLISH: whether what is published now must arrive. What no node hears is lost by nature, and so is what was
   * heard by none but nodes that die of it.
   */
  readonly isCounted?: () => boolean;
}

export class RedisLoad implements AsyncDisposable {
  readonly #options: RedisLoadOptions;
  readonly #redis: Redis;
  readonly #running: Promise<unknown>;
  #isEnding = false;
  #ended: Promise<void> | undefined;
  accepted = 0;

  constructor(options: RedisLoadOptions) {
    this.#options = options;
    this.#redis = new Redis({
      host: "127.0.0.1",
      port: options.port,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 100,
    });
    this.#redis.on("error", () => {}); // each command's failure is handled where it was sent
    this.#running = Promise.all(options.users.map((user) => this.#serve(user)));
  }

  /** Sends no new ones, and resolves when what was sent has its answer. */
  end(): Promise<void> {
    this.#isEnding = true;
    return this.#ended ??= this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #end(): Promise<void> {
    await this.#running;
    const isOpen = this.#redis.status === "ready";
    const ended = new Promise((resolve) => this.#redis.once("end", resolve));
    this.#redis.disconnect();
    if (isOpen) await ended; // ioredis has a timer until then
  }

  async #serve(user: string): Promise<void> {
    const { way, ratePerUser } = this.#options;
    for (let count = 1; !this.#isEnding; count++) {
      const id = `${way}-${user}-${String(count).padStart(6, "0")}`;
      this.#options.ledger.sent(user, id);
      await (way === "xadd" ? this.#add(user, id) : this.#publish(user, id));
      await passed(1 / ratePerUser);
    }
  }

  async #add(user: string, id: string): Promise<void> {
    const fields = Object.entries(notification(user, id)).flat();
    while (!this.#isEnding) {
      const added = await this.#redis.xadd("notifyli:notifications", "*", ...fields)
        .catch(() => undefined);
      if (added !== undefined) return this.#accept(user, id);
      await passed(0.1);
    }
  }

  async #publish(user: string, id: string): Promise<void> {
    const { isCounted = () => true } = this.#options;
    const wasCounted = isCounted();
    const payload = JSON.stringify(notification(user, id));
    const heard = await this.#redis.publish("notifyli:messages", payload).catch(() => 0);
    if (heard > 0 && wasCounted && isCounted()) this.#accept(user, id);
  }

  #accept(user: string, id: string): void {
    this.accepted++;
    this.#options.ledger.accepted(user, id, this.#options.way);
  }
}

function notification(user: string, id: string): Record<string, string> {
  return { user_id: user, room: `/user/${user}`, message: id, id };
}
