/**
 * What one client may do, and all clients of one user together: messages a second, and connections. Per node; where a
 * client is let in at all is `connection_gate.ts`.
 */
import type { Limits } from "../base/sizes.ts";
import { CodedError, DISCONNECTS } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { Traffic } from "../core/traffic.ts";
import { KeyedBuckets } from "./keyed_buckets.ts";
import { type Rate, TokenBucket } from "./rate.ts";
import type { Rates } from "./settings.ts";

/** What it takes of the configuration. */
export interface UserLimitsConfig {
  readonly limits: Pick<Limits, "connectionsPerUser">;
  readonly rates: Pick<Rates, "messages" | "messagesPerUser">;
}

/** A user with clients on this node. */
interface Present {
  connections: number;
  readonly messages: TokenBucket | undefined;
}

export class UserLimits {
  readonly #rates: UserLimitsConfig["rates"];
  readonly #maxConnections: number;
  readonly #present = new Map<string, Present>();
  /** Of users that have gone: who comes back at once gets no new burst. */
  readonly #gone: KeyedBuckets;

  constructor({ limits, rates }: UserLimitsConfig) {
    this.#rates = rates;
    this.#maxConnections = limits.connectionsPerUser;
    this.#gone = new KeyedBuckets(rates.messagesPerUser);
  }

  /** Of a new connection. */
  newTraffic(): Traffic {
    const { messages, messagesPerUser } = this.#rates;
    return new UserTraffic(this, { own: messages, patience: messages ?? messagesPerUser });
  }

  /** One more client of the user. Throws where there are too many. */
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

  leave(key: string, present: Present): void {
    if (--present.connections > 0) return;
    this.#present.delete(key);
    if (present.messages !== undefined) {
      this.#gone.release(key, present.messages, performance.now());
    }
  }
}

/** What one client sends. */
class UserTraffic implements Traffic {
  readonly #users: UserLimits;
  readonly #own: TokenBucket | undefined;
  /** Of messages that are refused: as many again as may be sent, and the client does not listen. */
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

  /** Takes a message; 0 if it may pass, else how many milliseconds to wait. On every message's way. */
  take(now: number): number {
    return this.#own?.take(now) || this.#present?.messages?.take(now) || 0;
  }

  /** A message was refused: whether the client was refused too often to be kept. */
  isFlood(now: number): boolean {
    if (this.#patienceRate === undefined) return false;
    this.#patience ??= new TokenBucket(this.#patienceRate, now);
    return this.#patience.take(now) > 0;
  }

  /** The client is this user from now on. Throws where the user has too many clients. */
  identify(site: string, user: UserId): void {
    if (this.#present !== undefined || this.#hasLeft) return;
    const key = `${site}\n${user}`;
    this.#present = this.#users.enter(key, user);
    this.#key = key;
  }

  /** The client is gone. */
  leave(): void {
    if (this.#present !== undefined) this.#users.leave(this.#key, this.#present);
    this.#present = undefined;
    this.#hasLeft = true;
  }
}
