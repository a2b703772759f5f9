/** Puts notifications into their inboxes, those of one turn of the event loop in one step. Used by `redis_inbox.ts`. */
import type { Redis } from "ioredis";
import type { Claim, Notification } from "./store.ts";
import type { Retention } from "../retention.ts";
import { newArrival, othersClaim } from "./redis_arrival.ts";
import { unavailable } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";
import { Together } from "../../engines/redis/together.ts";

/** UTF-16 units of one call; each notification counts for so many at least: 100 are one call. */
const MOST_LENGTH = 262_144;
const LEAST_LENGTH = 2600;

/** What `inbox_append.lua` answers of each inbox. */
type Answer = [refusal: string, taken: number, queued: number, isNew: string];

/** A notification, and its place among those of one call. */
interface Arrival {
  readonly notification: Notification;
  readonly place: number;
}

export class RedisAppends {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #retention: Retention;
  readonly #together: Together<Notification, boolean>;

  constructor(redis: Redis, keys: RedisKeys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
    this.#together = new Together<Notification, boolean>(redis, {
      most: MOST_LENGTH,
      weigh: ({ text }) => Math.max(text.length, LEAST_LENGTH),
      // How far a way was read is written with the last of a call, so all of it come by that way.
      fits: (one, other) => isOneTurn(one.claim, other.claim),
      send: (notifications) => this.#send(notifications),
    });
  }

  /** As {@linkcode Inbox.append}. */
  append(notification: Notification): Promise<boolean> {
    return this.#together.ask(notification);
  }

  async #send(notifications: readonly Notification[]): Promise<(boolean | Error)[]> {
    const arrivals = notifications.map((notification, place) => ({ notification, place }));
    const inboxes = [...Map.groupBy(arrivals, inboxOf).values()];
    const answer = await this.#call(notifications, inboxes);
    if (answer.length === 0) throw othersClaim();
    const outcomes: (boolean | Error)[] = [];
    for (const [index, inbox] of inboxes.entries()) {
      this.#note(inbox, answer.slice(index * 4, index * 4 + 4) as Answer, outcomes);
    }
    return outcomes;
  }

  #call(
    notifications: readonly Notification[],
    inboxes: readonly (readonly Arrival[])[],
  ): Promise<(string | number)[]> {
    const { keys, args } = newArrival(this.#keys, this.#retention, notifications[0]!.claim);
    args.push(notifications.at(-1)!.claim?.progress ?? "");
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

  #note(
    inbox: readonly Arrival[],
    [refusal, taken, queued, isNew]: Answer,
    outcomes: (boolean | Error)[],
  ): void {
    const error = refusal === "" ? undefined : unavailable(new Error(refusal));
    const { user } = inbox[0]!.notification;
    if (taken + queued > 0) this.#retention.onDropped({ user, taken, queued });
    for (const [index, { place }] of inbox.entries()) {
      outcomes[place] = error ?? isNew[index] === "1";
    }
  }
}

function isOneTurn(one: Claim | undefined, other: Claim | undefined): boolean {
  return one?.way === other?.way && one?.holder === other?.holder;
}

function inboxOf({ notification: { site, user } }: Arrival): string {
  return `${site}\n${user}`;
}
