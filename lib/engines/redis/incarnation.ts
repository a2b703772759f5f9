/**
 * Knows which incarnation of Redis this node writes to: each start of a Redis and each failover is one, and may be without
 * the last of what was there before. `epoch.lua` says what that means for the places that clients were given.
 */
import type { Redis } from "ioredis";
import type { Calls } from "./functions.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { RedisKeys } from "./keys.ts";
import type { FunctionLibrary } from "./library.ts";

/** Stands for a number that this node does not know: Redis finds it out then. */
const UNKNOWN = "0";

export class Incarnation {
  readonly #functions: Calls<typeof KERNEL_FUNCTIONS>;
  readonly #key: string;
  #number = UNKNOWN;
  /** The number before the connection was lost. */
  #last = UNKNOWN;
  #origin: string;

  constructor(
    { redis, keys, functions }: { redis: Redis; keys: RedisKeys; functions: FunctionLibrary },
  ) {
    this.#functions = functions.calls(KERNEL_FUNCTIONS);
    this.#key = keys.incarnation;
    this.#origin = this.#newOrigin();
    redis.on("close", () => this.#know(UNKNOWN));
    redis.on("ready", () => void this.enter().catch(() => {})); // until then Redis finds it out with each call
  }

  /** What functions make epochs of, as `epoch.lua` reads it. It is the same text for many calls. */
  get origin(): string {
    return this.#origin;
  }

  /** Asks which incarnation this is. Says whether it is the one that it was when this was asked last. */
  async enter(): Promise<boolean> {
    const number = String(await this.#functions.enter([this.#key], []));
    const isSame = this.#last === UNKNOWN || this.#last === number;
    this.#know(number);
    this.#last = number;
    return isSame;
  }

  #know(number: string): void {
    if (number === this.#number) return;
    this.#number = number;
    this.#origin = this.#newOrigin();
  }

  #newOrigin(): string {
    return `${crypto.randomUUID().slice(0, 8)} ${this.#number} ${this.#key}`;
  }
}
