/** Who of some users is there: all that are watched are one question to the server, asked anew on each connection. */
import { NotifyliError } from "../core/errors.ts";
import type { Handler } from "../core/events.ts";
import { asObject, type JsonObject, wireUserId } from "../core/frames.ts";
import { type Lifetime, requireLifetime, watchLifetime } from "../core/lifetime.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { PresenceWatch } from "./api.ts";
import type { UserPresence } from "./types.ts";
import { list } from "./fields.ts";
import { readUserPresence } from "./people_wire.ts";

/** Most users that the server watches for a connection; those that were asked for last are left out. */
const WATCHED_LIMIT = 500;

interface Watch {
  ids: ReadonlySet<string>;
  readonly users: Map<string, UserPresence>;
  readonly tell: Handler<UserPresence>;
  /** The server has answered who is there. */
  readonly answered: () => void;
}

export class PresenceWatches {
  readonly #link: Link;
  readonly #onError: (error: NotifyliError) => void;
  readonly #watches = new Set<Watch>();
  readonly #retry: Retry;
  /** Whom the server watches for us on this connection. */
  #asked = new Set<string>();
  #isAsking = false;
  #cancel: (() => void) | undefined;
  #isAway = false;

  constructor(link: Link, onError: (error: NotifyliError) => void) {
    this.#link = link;
    this.#onError = onError;
    this.#retry = new Retry(link);
  }

  watch(
    userIds: readonly (string | number)[],
    handler: Handler<UserPresence>,
    lifetime: Lifetime = {},
    answered = () => {},
  ): PresenceWatch {
    requireLifetime(lifetime);
    const tell = this.#guarded(handler);
    const watch: Watch = { ids: new Set(), users: new Map(), tell, answered };
    this.#watches.add(watch);
    let unwatch = () => {};
    const end = () => {
      unwatch();
      if (this.#watches.delete(watch)) this.#schedule();
    };
    const set = (ids: readonly (string | number)[]) => this.#set(watch, ids);
    set(userIds);
    unwatch = watchLifetime(lifetime, end);
    return { users: watch.users, set, end };
  }

  /** Whether the server tells us on this connection who of them is there, so that no other answer is newer. */
  isAsked(userId: string): boolean {
    return this.#asked.has(userId);
  }

  /** Whether the user is away from the device, until the next call. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (this.#link.online) this.#link.request({ type: "away", away: isAway }, () => {});
  }

  connected(): void {
    if (this.#isAway) this.setAway(true);
    this.#schedule();
  }

  interrupt(): void {
    this.#isAsking = false;
    this.#asked.clear();
    this.#retry.reset();
  }

  close(): void {
    this.#cancel?.();
    this.#retry.reset();
    this.#watches.clear();
  }

  receive(fields: JsonObject): void {
    const presence = readUserPresence(fields);
    for (const watch of this.#watches) {
      if (!watch.ids.has(presence.userId)) continue;
      if (isSame(watch.users.get(presence.userId), presence)) continue;
      watch.users.set(presence.userId, presence);
      watch.tell(presence);
    }
  }

  /** Who is not in the answer may not be seen any more, and looks like one who was never there. */
  #hide(wanted: ReadonlySet<string>, seen: ReadonlySet<string>): void {
    for (const id of wanted) {
      const isKnown = [...this.#watches].some(({ users }) => users.has(id));
      if (isKnown && !seen.has(id)) this.receive({ user_id: id, status: "offline" });
    }
  }

  #guarded(handler: Handler<UserPresence>): Handler<UserPresence> {
    return (presence) => {
      try {
        handler(presence);
      } catch (cause) {
        const message = `A handler of presence failed: ${cause}`;
        this.#onError(new NotifyliError("handler_failed", message, { cause }));
      }
    };
  }

  #set(watch: Watch, userIds: readonly (string | number)[]): void {
    watch.ids = new Set(userIds.map(String));
    for (const id of watch.users.keys()) if (!watch.ids.has(id)) watch.users.delete(id);
    for (const id of watch.ids) {
      const known = [...this.#watches].find(({ users }) => users.has(id))?.users.get(id);
      if (known !== undefined && !watch.users.has(id)) {
        watch.users.set(id, known);
        watch.tell(known);
      }
    }
    this.#schedule();
  }

  /** Asks at the end of this tick: many watches may begin at once. */
  #schedule(): void {
    this.#cancel ??= this.#link.clock.after(0, () => {
      this.#cancel = undefined;
      this.#ask();
    });
  }

  #ask(): void {
    if (!this.#link.online || this.#isAsking) return;
    const all = [...this.#watches].flatMap(({ ids }) => [...ids]);
    const wanted = new Set([...new Set(all)].slice(0, WATCHED_LIMIT));
    if (wanted.size === this.#asked.size && [...wanted].every((id) => this.#asked.has(id))) return;
    this.#isAsking = true;
    this.#link.request({ type: "presence", user_ids: [...wanted].map(wireUserId) }, (reply) => {
      this.#isAsking = false;
      const users = readReply(reply, (data) => list(data.users, "users"));
      if (users instanceof NotifyliError) {
        if (users.temporary) return this.#retry.later(() => this.#ask());
        this.#asked = wanted; // the same is not asked again before the next connection
        return this.#onError(users);
      }
      this.#retry.reset();
      this.#asked = wanted;
      for (const user of users) this.receive(asObject(user));
      this.#hide(wanted, new Set(users.map((user) => readUserPresence(asObject(user)).userId)));
      for (const { answered } of this.#watches) answered();
      this.#ask();
    });
  }
}

function isSame(one: UserPresence | undefined, other: UserPresence): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
