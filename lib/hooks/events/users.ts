/**
 * Tells of users who are online, by the first of their connections on any node, and offline, a little after the last one
 * is gone. Guests, whom the server has made up, are told of to nobody.
 */
import type { UserId } from "../../base/fields.ts";
import { nextId } from "../../base/ids.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import type { Node } from "../../core/node.ts";
import type { RestoreStep } from "../../core/restoring.ts";
import { Slot } from "../../core/slot.ts";
import { inSlices } from "../../base/slices.ts";
import { every, type Task } from "../../core/task.ts";
import type { AppEvents } from "./app_events.ts";
import type { AppEvent, EventName } from "./event.ts";
import type { OnlineStore, OnlineUser } from "./online_store.ts";

/** How often it is looked who is offline. */
const LOOK_EVERY_MS = 1000;
/** Most users who are told of at one look. */
const MOST_AT_ONCE = 500;
/** How many users are written at once where there are many. */
const AT_ONCE = 200;

/** A user with connections here, or one who had some and is not taken out of the store yet. */
interface Here extends OnlineUser {
  connections: number;
  /** The era in which the store has the user; `undefined` where it has not, or that is not known. */
  writtenIn: string | undefined;
  /** Resolves when the store is asked for nothing more of the user. */
  writing: Promise<void> | undefined;
}

/** Whom a connection counts for. */
const COUNTED = new Slot<Here>();

export class UserEvents implements ConnectionHooks, RestoreStep {
  readonly #events: AppEvents;
  readonly #node: Node;
  readonly #openStore: () => Promise<OnlineStore>;
  #store: OnlineStore | undefined;
  readonly #users = new Map<string, Here>();
  #isFollowing = false;

  /** @param openStore is called once somebody asks for these events */
  constructor(events: AppEvents, node: Node, openStore: () => Promise<OnlineStore>) {
    this.#events = events;
    this.#node = node;
    this.#openStore = openStore;
  }

  get task(): Task {
    return every("look at who is offline", LOOK_EVERY_MS, () => this.#tellOffline());
  }

  /** Begins to follow users, where somebody asks for that. */
  async follow(): Promise<void> {
    if (this.#isFollowing || !this.#asks("user.online", "user.offline")) return;
    this.#isFollowing = true;
    this.#store = await this.#openStore();
    for (const connection of this.#node.connections) {
      if (connection.user !== undefined) this.identified(connection, connection.user);
    }
  }

  identified(connection: Connection, user: UserId): void {
    if (this.#store === undefined) return;
    this.closed(connection); // what it was before
    if (connection.isGuest || connection.identity?.isGuest) return;
    const here = this.#here(connection.site, user);
    here.connections++;
    COUNTED.set(connection, here);
    if (here.connections === 1) this.#sync(here);
  }

  closed(connection: Connection): void {
    const here = COUNTED.of(connection);
    if (here === undefined) return;
    COUNTED.set(connection, undefined);
    here.connections--;
    if (here.connections === 0) this.#sync(here);
  }

  /** Writes anew what the engine has lost of users here. Rejects where the engine is away again. */
  async restore(signal: AbortSignal): Promise<void> {
    await inSlices([...this.#users.values()], (here) => this.#write(here), {
      atOnce: AT_ONCE,
      signal,
    });
  }

  #here(site: string, user: UserId): Here {
    const key = `${site}\n${user}`;
    let here = this.#users.get(key);
    if (here === undefined) {
      here = { site, user, connections: 0, writtenIn: undefined, writing: undefined };
      this.#users.set(key, here);
    }
    return here;
  }

  #sync(here: Here): void {
    this.#node.background.later("user", async () => {
      try {
        await this.#write(here);
      } catch (error) {
        this.#node.noteIncomplete("user", error);
      }
    });
  }

  /** Writes whether the user is here, one thing after the other. Rejects where the engine is away. */
  async #write(here: Here): Promise<void> {
    while (here.writing !== undefined) await here.writing.catch(() => {});
    const store = this.#store;
    if (store === undefined) return;
    here.writing = this.#writeNow(here, store).finally(() => here.writing = undefined);
    await here.writing;
  }

  async #writeNow(here: Here, store: OnlineStore): Promise<void> {
    if (here.connections === 0) {
      await store.remove(here);
      here.writtenIn = undefined;
      if (here.connections === 0) this.#users.delete(`${here.site}\n${here.user}`);
    } else if (here.writtenIn !== store.era) {
      const { era } = store;
      const event = eventOf("user.online", here);
      const audience = this.#events.audienceOf("user.online", here.site);
      const isFirst = await store.add(here, { event, logs: audience?.logs ?? [] });
      here.writtenIn = era;
      if (isFirst && audience !== undefined) this.#events.call(audience, event);
    }
  }

  async #tellOffline(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    const due = await store.due(MOST_AT_ONCE);
    await Promise.all(due.map(async (user) => {
      const event = eventOf("user.offline", user);
      const audience = this.#events.audienceOf("user.offline", user.site);
      const isEnded = await store.end(user, { event, logs: audience?.logs ?? [] });
      if (isEnded && audience !== undefined) this.#events.call(audience, event);
    }));
  }

  #asks(...names: readonly EventName[]): boolean {
    return names.some((name) => this.#events.asksFor(name));
  }
}

function eventOf(event: "user.online" | "user.offline", { site, user }: OnlineUser): AppEvent {
  return { event, id: nextId(), site, user, at: Date.now(), data: {} };
}
