/** Who is in a room, as the server tells those who asked. */
import { NotifyliError } from "../core/errors.ts";
import { type PresencePart, readPresence } from "../core/replies.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { SubscriptionEvents } from "./subscription.ts";
import type { User } from "../core/types.ts";

/** How many users are asked for at once: as many as the server names in one answer. */
const PAGE_LIMIT = 1000;

interface PresenceEvents {
  emit<E extends "presence" | "join" | "leave">(event: E, value: SubscriptionEvents[E]): void;
  failed(error: NotifyliError): void;
}

export class Presence {
  readonly #room: string;
  readonly #link: Link;
  readonly #events: PresenceEvents;
  readonly #users = new Map<string, User>();
  /** How many users there are, where the server names none of them. */
  #counted: number | undefined;
  #wanted = false;
  /** We are in the room, so that we may ask. */
  #inRoom = false;
  /** The server was asked on this connection, and has answered or will. */
  #asked = false;
  readonly #retry: Retry;

  constructor(room: string, link: Link, events: PresenceEvents) {
    this.#room = room;
    this.#link = link;
    this.#events = events;
    this.#retry = new Retry(link);
  }

  /** The users that were last known, also while there is no connection. */
  get users(): readonly User[] {
    return [...this.#users.values()];
  }

  /** How many users there are, also where they are too many to be named. */
  get count(): number {
    return this.#counted ?? this.#users.size;
  }

  want(): void {
    this.#wanted = true;
    if (this.#inRoom) this.ask();
  }

  /** We are in the room: asks who else is, once on each connection, where someone wants to know. */
  ask(): void {
    this.#inRoom = true;
    if (!this.#wanted || this.#asked) return;
    this.#asked = true;
    this.#page(undefined);
  }

  /** The server says anew who is there, or, since they are too many by now, how many. */
  replace(part: PresencePart): void {
    if (!this.#wanted) return;
    this.#users.clear();
    this.#take(part);
  }

  /** The connection is gone, or nobody wants to know any more. */
  interrupt(): void {
    this.#inRoom = false;
    this.#asked = false;
    this.#retry.reset();
  }

  change(type: "join" | "leave", user: User): void {
    if (type === "join") this.#users.set(user.userId, user);
    else this.#users.delete(user.userId);
    this.#events.emit(type, user);
    this.#events.emit("presence", this.users);
  }

  /** @param cursor where the page before ended; `undefined` for the first page */
  #page(cursor: string | undefined): void {
    const from = cursor === undefined ? {} : { cursor };
    const command = { type: "presence", room: this.#room, limit: PAGE_LIMIT, ...from } as const;
    this.#link.request(command, (reply) => {
      const part = readReply(reply, readPresence);
      if (part instanceof NotifyliError) return this.#refused(part);
      this.#retry.reset();
      if (cursor === undefined) this.#users.clear();
      this.#take(part);
    });
  }

  #take({ users, count, next }: PresencePart): void {
    for (const user of users) this.#users.set(user.userId, user);
    if (next !== undefined) return this.#page(next);
    this.#counted = count;
    if (count !== undefined) this.#users.clear();
    this.#events.emit("presence", this.users);
  }

  /** Asks again where the server could not answer now. What it does not allow is asked again for the next who wants to know. */
  #refused(error: NotifyliError): void {
    this.#asked = false;
    if (error.temporary) this.#retry.later(() => this.ask());
    this.#events.failed(error);
  }
}
