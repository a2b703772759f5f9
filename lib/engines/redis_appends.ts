/**
 * Puts notifications into their inboxes: those of one turn of the event loop in one call, which Redis does as one step.
 * A call of its own for each cost more than the storing itself. Used by `redis_inbox.ts`.
 */
import type { Redis } from "ioredis";
import type { Claim, Notification } from "../engine.ts";
import type { Retention } from "../retention.ts";
import { newArrival, othersClaim } from "./redis_arrival.ts";
import { unavailable } from "./redis_client.ts";
import type { RedisKeys } from "./redis_keys.ts";
import { run, runSoon, SCRIPTS } from "./redis_scripts.ts";

/** Most notifications, and UTF-16 units of their frames, of one call: Redis does nothing else meanwhile. */
const MAX_TOGETHER = 100;
const MAX_LENGTH = 262_144;

/** One that waits for the end of this turn. */
interface Waiting {
  readonly notification: Notification;
  resolve(isNew: boolean): void;
  reject(error: unknown): void;
}

/** What `inbox_append.lua` answers of each inbox. */
type Answer = [refusal: string, taken: number, queued: number, isNew: string];

export class RedisAppends {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #retention: Retention;
  /** In the order they came; bounded by `MAX_TOGETHER` and `MAX_LENGTH`. */
  #waiting: Waiting[] = [];
  #length = 0;

  constructor(redis: Redis, keys: RedisKeys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
  }

  /** As {@linkcode Inbox.append}. */
  append(notification: Notification): Promise<boolean> {
    const [first] = this.#waiting;
    // In the order they came: how far a way was read is written with the last of a call.
    if (first !== undefined && !isOneTurn(first.notification.claim, notification.claim)) {
      this.#flush();
    }
    return new Promise((resolve, reject) => {
      this.#length += notification.text.length;
      if (this.#waiting.push({ notification, resolve, reject }) === 1) {
        runSoon(this.#redis, () => this.#flush());
      }
      if (this.#waiting.length === MAX_TOGETHER || this.#length > MAX_LENGTH) this.#flush();
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#length = 0;
    void this.#send(waiting);
  }

  /** Never rejects. */
  async #send(waiting: readonly Waiting[]): Promise<void> {
    const inboxes = byInbox(waiting);
    try {
      const answer = await this.#call(waiting, inboxes);
      if (answer.length === 0) throw othersClaim();
      for (const [index, inbox] of inboxes.entries()) {
        this.#settle(inbox, answer.slice(index * 4, index * 4 + 4) as Answer);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #call(
    waiting: readonly Waiting[],
    inboxes: readonly (readonly Waiting[])[],
  ): Promise<(string | number)[]> {
    const [first, last] = [waiting[0]!.notification.claim, waiting.at(-1)!.notification.claim];
    const { keys, args } = newArrival(this.#keys, this.#retention, first);
    args.push(last?.progress ?? "");
    for (const inbox of inboxes) {
      const { site, user } = inbox[0]!.notification;
      keys.push(...this.#keys.inbox(site, user));
      args.push(site, this.#keys.channel({ site, kind: "user", name: user }), inbox.length);
      for (const { notification: { id, room, text, expiresAt, isCallersId } } of inbox) {
        args.push(id, room, text, expiresAt ?? "", isCallersId ? 1 : 0);
      }
    }
    return run(this.#redis, SCRIPTS.inboxAppend, keys, args) as Promise<(string | number)[]>;
  }

  #settle(inbox: readonly Waiting[], [refusal, taken, queued, isNew]: Answer): void {
    if (refusal !== "") {
      const error = unavailable(new Error(refusal));
      for (const { reject } of inbox) reject(error);
      return;
    }
    const { user } = inbox[0]!.notification;
    if (taken + queued > 0) this.#retention.onDropped({ user, taken, queued });
    for (const [index, { resolve }] of inbox.entries()) resolve(isNew[index] === "1");
  }
}

function isOneTurn(one: Claim | undefined, other: Claim | undefined): boolean {
  return one?.way === other?.way && one?.holder === other?.holder;
}

/** Each user's in their order. */
function byInbox(waiting: readonly Waiting[]): Waiting[][] {
  const inboxes = Map.groupBy(
    waiting,
    ({ notification: { site, user } }) => `${site}\n${user}`,
  );
  return [...inboxes.values()];
}
