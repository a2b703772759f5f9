/** Publishers that put notifications into a queue of RabbitMQ, each again until it is confirmed. */
import { type Rabbit, RabbitSender } from "../support/rabbit.ts";
import type { Ledger } from "./ledger.ts";
import { passed } from "./time.ts";

export interface RabbitLoadOptions {
  readonly rabbit: Rabbit;
  readonly queue: string;
  readonly users: readonly string[];
  readonly ledger: Ledger;
  /** Of each user, notifications a second at most. */
  readonly ratePerUser: number;
}

export class RabbitLoad implements AsyncDisposable {
  readonly #options: RabbitLoadOptions;
  readonly #running: Promise<unknown>;
  #opening: Promise<RabbitSender> | undefined;
  #isEnding = false;
  accepted = 0;

  constructor(options: RabbitLoadOptions) {
    this.#options = options;
    this.#running = Promise.all(options.users.map((user) => this.#serve(user)));
  }

  /** Sends no new ones, and resolves when what was sent is confirmed, or given up. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#running;
    await (await this.#opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
    this.#opening = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #serve(user: string): Promise<void> {
    const { ledger, ratePerUser } = this.#options;
    for (let count = 1; !this.#isEnding; count++) {
      const id = `rabbit-${user}-${String(count).padStart(6, "0")}`;
      ledger.sent(user, id);
      while (!this.#isEnding && !await this.#send(user, id)) await passed(0.1);
      await passed(1 / ratePerUser);
    }
  }

  /** Says whether RabbitMQ has confirmed it. */
  async #send(user: string, id: string): Promise<boolean> {
    const opening = this.#opening ??= this.#open();
    try {
      const sender = await opening;
      await sender.send({ user_id: user, room: `/user/${user}`, message: id }, { messageId: id });
    } catch {
      if (this.#opening === opening) this.#opening = undefined;
      return false;
    }
    this.accepted++;
    this.#options.ledger.accepted(user, id, "rabbit");
    return true;
  }

  #open(): Promise<RabbitSender> {
    const { rabbit, queue } = this.#options;
    return RabbitSender.open(rabbit.url, queue);
  }
}
