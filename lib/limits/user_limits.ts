/**
 * Limits the messages of each connection, and the messages and connections of each user, on this node.
 * `connection_gate.ts` decides earlier who gets in at all.
 */
import type { Limits } from "../base/sizes.ts";
import { CodedError, DISCONNECTS } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { Traffic } from "../core/traffic.ts";
import { type Expense, framesOf } from "../core/work.ts";
import { KeyedBuckets } from "./keyed_buckets.ts";
import { type Rate, TokenBucket } from "./rate.ts";
import type { Rates } from "./settings.ts";

/** The part of the configuration that these limits need. */
interface UserLimitsConfig {
  readonly limits: Pick<Limits, "connectionsPerUser">;
  readonly rates: Pick<Rates, "messages" | "messagesPerUser">;
}

/** A user who has connections on this node. */
interface Present {
  connections: number;
  readonly messages: TokenBucket | undefined;
}

export class UserLimits {
  readonly #rates: UserLimitsConfig["rates"];
  readonly #maxConnections: number;
  readonly #present = new Map<string, Present>();
  /** The buckets of users who have gone: a user who comes back at once gets no new burst. */
  readonly #gone: KeyedBuckets;

  constructor({ limits, rates }: UserLimitsConfig) {
    this.#rates = rates;
    this.#maxConnections = limits.connectionsPerUser;
    this.#gone = new KeyedBuckets(() => rates.messagesPerUser);
  }

  /** The limits of a new connection. */
  newTraffic(): Traffic {
    const { messages, messagesPerUser } = this.#rates;
    return new UserTraffic(this, { own: messages, patience: messages ?? messagesPerUser });
  }

  /** Counts a connection of the user. Throws if there are too many. */
  enter(key: string, user: UserId): Present {
    const present = this.#present.get(key);
    if (present === undefined) {
      const entered = { connections: 1, messages: this.#gone.claim(key, performance.now()) };
      this.#present.set(key, entered);
      return entered;
    }
    if (present.connections >= this.#maxConnections) {
      throw new CodedError(
        "too_many_connections",
        `Cannot connect user ${JSON.stringify(user)}: current number of connections is ` +
          `${present.connections}, the limit is ${this.#maxConnections}`,
        { field: "user_id", disconnect: DISCONNECTS.too_many_connections },
      );
    }
    present.connections++;
    return present;
  }

  /** Counts a call that a user makes over HTTP, by the rate of all of the user's connections. Throws `rate_limited`. */
  takeCall(site: string, user: UserId): void {
    const key = keyOf(site, user);
    const now = performance.now();
    const present = this.#present.get(key);
    const waitMs = present === undefined
      ? this.#gone.take(key, now)
      : present.messages?.take(now) ?? 0;
    if (waitMs > 0) throw tooManyCalls(user, waitMs);
  }

  /** Counts what was done for such a call beside it. */
  chargeCall(site: string, user: UserId, expense: Expense): void {
    const key = keyOf(site, user);
    const now = performance.now();
    const present = this.#present.get(key);
    if (present === undefined) this.#gone.charge(key, framesOf(expense), now);
    else present.messages?.charge(framesOf(expense), now);
  }

  leave(key: string, present: Present): void {
    if (--present.connections > 0) return;
    this.#present.delete(key);
    if (present.messages !== undefined) {
      this.#gone.release(key, present.messages, performance.now());
    }
  }
}

/** Limits what one connection sends. */
class UserTraffic implements Traffic {
  readonly #users: UserLimits;
  readonly #own: TokenBucket | undefined;
  /** The rate of refused messages at which a client seems not to listen: the same as that of messages. */
  readonly #patienceRate: Rate | undefined;
  #patience: TokenBucket | undefined;
  #key = "";
  #present: Present | undefined;
  #hasLeft = false;

  constructor(
    users: UserLimits,
    { own, patience }: Readonly<Record<"own" | "patience", Rate | undefined>>,
  ) {
    this.#users = users;
    this.#own = own && new TokenBucket(own, performance.now());
    this.#patienceRate = patience;
  }

  take(now: number): number {
    return this.#own?.take(now) || this.#present?.messages?.take(now) || 0;
  }

  wait(now: number): number {
    return this.#own?.wait(now) || this.#present?.messages?.wait(now) || 0;
  }

  charge(messages: number, now: number): void {
    this.#own?.charge(messages, now);
    this.#present?.messages?.charge(messages, now);
  }

  isFlood(now: number): boolean {
    if (this.#patienceRate === undefined) return false;
    this.#patience ??= new TokenBucket(this.#patienceRate, now);
    return this.#patience.take(now) > 0;
  }

  identify(site: string, user: UserId): void {
    const key = keyOf(site, user);
    if (this.#hasLeft || key === this.#key) return;
    const present = this.#users.enter(key, user);
    if (this.#present !== undefined) this.#users.leave(this.#key, this.#present);
    this.#present = present;
    this.#key = key;
  }

  leave(): void {
    if (this.#present !== undefined) this.#users.leave(this.#key, this.#present);
    this.#present = undefined;
    this.#hasLeft = true;
  }
}

function keyOf(site: string, user: UserId): string {
  return `${site}\n${user}`;
}

function tooManyCalls(user: UserId, waitMs: number): CodedError {
  return new CodedError(
    "rate_limited",
    `Too many calls and frames of user ${JSON.stringify(user)}: wait ${waitMs} ms`,
    { retryAfterMs: waitMs },
  );
}
