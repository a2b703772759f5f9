/** Limits how many messages one user sends in conversations, on this node. Applications have limits of their own. */
import { CodedError } from "../base/errors.ts";
import { KeyedBuckets } from "../limits/keyed_buckets.ts";
import type { Rate } from "../limits/rate.ts";
import type { Actor } from "./types.ts";

export class MessagePaceLimit {
  readonly #users: KeyedBuckets;

  constructor(rate: Rate | undefined) {
    this.#users = new KeyedBuckets(rate);
  }

  /** Counts a message. Throws `rate_limited` where the user sends too many. */
  limit({ site, user, isApplication }: Actor): void {
    if (user === undefined || isApplication) return;
    const waitMs = this.#users.take(`${site}\n${user}`, performance.now());
    if (waitMs === 0) return;
    throw new CodedError(
      "rate_limited",
      `Cannot send now: user ${user} has sent too many messages, wait ${waitMs} ms`,
      { retryAfterMs: waitMs },
    );
  }
}
