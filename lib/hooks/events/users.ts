/**
 * Tells of users who are online, by the first of their connections on any node, and offline, a little after the last one
 * is gone. Guests, whom the server has made up, are told of to nobody. `lib/presence/` knows who is online.
 */
import { nextId } from "../../base/ids.ts";
import type { OnlineWitness, Told } from "../../presence/following.ts";
import type { OnlineUser } from "../../presence/online_store.ts";
import type { UserPresence } from "../../presence/user_presence.ts";
import type { AppEvents } from "./app_events.ts";
import type { AppEvent } from "./event.ts";
import type { EventStore } from "./store.ts";

type UserEventName = "user.online" | "user.offline";

export class UserEvents implements OnlineWitness {
  readonly #events: AppEvents;
  readonly #presence: UserPresence;
  readonly #store: EventStore | undefined;
  #isFollowing = false;

  /** @param store keeps the logs; absent where there are none */
  constructor(events: AppEvents, presence: UserPresence, store: EventStore | undefined) {
    this.#events = events;
    this.#presence = presence;
    this.#store = store;
  }

  /** Begins to follow users, where somebody asks for that. */
  async follow(): Promise<void> {
    const isAsked = this.#events.asksFor("user.online") || this.#events.asksFor("user.offline");
    if (this.#isFollowing || !isAsked) return;
    this.#isFollowing = true;
    await this.#presence.witnessBy(this);
  }

  online(user: OnlineUser): Told | undefined {
    return this.#told("user.online", user);
  }

  offline(user: OnlineUser): Told | undefined {
    return this.#told("user.offline", user);
  }

  #told(name: UserEventName, { site, user }: OnlineUser): Told | undefined {
    const audience = this.#events.audienceOf(name, site);
    if (audience === undefined) return undefined;
    const event: AppEvent = { event: name, id: nextId(), site, user, at: Date.now(), data: {} };
    return {
      note: audience.logs.length === 0 ? {} : this.#store?.noteOf(audience.logs, event) ?? {},
      done: () => this.#events.call(audience, event),
    };
  }
}
