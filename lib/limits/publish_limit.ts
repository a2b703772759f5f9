/** Limits how often a caller of the HTTP API may send. */
import { CodedError } from "../base/errors.ts";
import { KeyedBuckets } from "./keyed_buckets.ts";
import type { Rates } from "./settings.ts";

export class PublishLimit {
  readonly #callers: KeyedBuckets;

  /** @param rates has the rate in force */
  constructor(rates: Pick<Rates, "publishes">) {
    this.#callers = new KeyedBuckets(() => rates.publishes);
  }

  /** Counts a notification. Throws if its caller, an API key or an address, sends too often. */
  limitPublish(keyOrAddress: string): void {
    const waitMs = this.#callers.take(keyOrAddress, performance.now());
    if (waitMs === 0) return;
    throw new CodedError(
      "rate_limited",
      `Cannot send now: there were too many from ${keyOrAddress}, wait ${waitMs} ms`,
      { retryAfterMs: waitMs },
    );
  }
}
