/** A system that shares the Redis and speaks in a room: by XADD, tried again until it is added, or by PUBLISH. */
import { Redis } from "ioredis";
import type { RoomLedger } from "./room_ledger.ts";
import { passed } from "./time.ts";

export interface RoomLoadOptions {
  readonly port: number;
  readonly way: "xadd" | "publish";
  readonly room: string;
  readonly ledger: RoomLedger;
  /** Messages a second, at most. */
  readonly rate: number;
  /** Of PUBLISH: whether what is published now must arrive, since a node that does not die has heard it. */
  readonly isCounted?: () => boolean;
}

export class RoomLoad implements AsyncDisposable {
  readonly #options: RoomLoadOptions;
  readonly #redis: Redis;
  readonly #running: Promise<void>;
  #isEnding = false;
  #ended: Promise<void> | undefined;
  accepted = 0;

  constructor(options: RoomLoadOptions) {
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
    this.#running = this.#run();
  }

  /** Says nothing new; resolves when what was said has its answer. */
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

  async #run(): Promise<void> {
    const { way, rate, ledger } = this.#options;
    for (let count = 1; !this.#isEnding; count++) {
      // It brings no id: nothing but the way itself keeps it from coming twice.
      const message = `${way}-${String(count).padStart(6, "0")}`;
      ledger.sent(message);
      if (await (way === "xadd" ? this.#add(message) : this.#publish(message))) {
        this.accepted++;
        ledger.accepted(message);
      }
      await passed(1 / rate);
    }
  }

  async #add(message: string): Promise<boolean> {
    const fields = ["room", this.#options.room, "message", message];
    while (!this.#isEnding) {
      const added = await this.#redis.xadd("notifyli:publications:stream", "*", ...fields)
        .catch(() => undefined);
      if (added !== undefined) return true;
      await passed(0.1);
    }
    return false;
  }

  async #publish(message: string): Promise<boolean> {
    const { room, isCounted = () => true } = this.#options;
    const wasCounted = isCounted();
    const payload = JSON.stringify({ room, message });
    const heard = await this.#redis.publish("notifyli:publications", payload).catch(() => 0);
    return heard > 0 && wasCounted && isCounted();
  }
}
