/**
 * What is live on this node, walked through at most once a second, however many ask: with 50,000 connections a walk takes some
 * milliseconds. Next: `live.ts`, which puts the nodes' answers together.
 */
import type { UserId } from "../../base/fields.ts";
import { unixSeconds } from "../../base/times.ts";
import type { HubChannel } from "../../core/hub.ts";
import type { Connection } from "../../core/connection.ts";
import type { Node } from "../../core/node.ts";

/** How long a walk is good. */
const GOOD_MS = 1000;

/** A channel with connections, as far as one node knows it. */
export interface LiveChannel {
  readonly name: string;
  readonly connections: number;
  /** How many messages it had in the last minute. */
  readonly pace: number;
  /** When the last one came, Unix time in seconds; 0 where none has. */
  readonly lastAt: number;
}

export interface LiveUser {
  readonly name: UserId;
  readonly connections: number;
  /** Since when the oldest of them is open, Unix time in seconds. */
  readonly since: number;
}

/** In which order a list is. Those of equal numbers stand by their names. */
export type Order = "name" | "connections" | "messages";

type Named = LiveChannel | LiveUser;

/** One kind of what is live on one site, in the orders that were asked for. */
class LiveList<Entry extends Named> {
  readonly entries: readonly Entry[];
  readonly #sorted = new Map<Order, readonly Entry[]>();

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  in(order: Order): readonly Entry[] {
    let sorted = this.#sorted.get(order);
    if (sorted === undefined) this.#sorted.set(order, sorted = this.entries.toSorted(by(order)));
    return sorted;
  }
}

export class Snapshot {
  readonly #node: Node;
  #channels:
    | { readonly at: number; readonly lists: Map<string, LiveList<LiveChannel>> }
    | undefined;
  #users: {
    readonly at: number;
    readonly bySite: Map<string, Map<UserId, Connection[]>>;
    readonly lists: Map<string, LiveList<LiveUser>>;
  } | undefined;

  constructor(node: Node) {
    this.#node = node;
  }

  /** The channels of a kind, such as "room". */
  channels(site: string, kind: string): LiveList<LiveChannel> {
    const now = performance.now();
    if (this.#channels === undefined || now - this.#channels.at > GOOD_MS) {
      this.#channels = { at: now, lists: new Map() };
    }
    const { lists } = this.#channels;
    const key = `${site}\n${kind}`;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, list = new LiveList(this.#walkChannels(site, kind)));
    return list;
  }

  users(site: string): LiveList<LiveUser> {
    const { bySite, lists } = this.#walked();
    let list = lists.get(site);
    if (list === undefined) {
      const users = [...bySite.get(site) ?? []];
      lists.set(
        site,
        list = new LiveList(users.map(([name, all]) => ({
          name,
          connections: all.length,
          since: all.reduce((since, { openedAt }) => Math.min(since, openedAt), Infinity),
        }))),
      );
    }
    return list;
  }

  /** The connections of a user that are open. */
  of(site: string, user: UserId): Connection[] {
    const here = this.#node.hub.get({ site, kind: "user", name: user })?.connections ?? [];
    const all = new Set([...here, ...this.#walked().bySite.get(site)?.get(user) ?? []]);
    return [...all].filter((each) => !each.closed && each.site === site && each.user === user);
  }

  #walkChannels(site: string, kind: string): LiveChannel[] {
    const now = unixSeconds();
    const found: LiveChannel[] = [];
    for (const channel of this.#node.hub.channels()) {
      if (channel.kind === kind && channel.site === site) found.push(liveChannel(channel, now));
    }
    return found;
  }

  #walked() {
    const now = performance.now();
    if (this.#users !== undefined && now - this.#users.at <= GOOD_MS) return this.#users;
    const bySite = new Map<string, Map<UserId, Connection[]>>();
    for (const connection of this.#node.connections) {
      const { site, user } = connection;
      if (user === undefined) continue;
      let users = bySite.get(site);
      if (users === undefined) bySite.set(site, users = new Map());
      const own = users.get(user);
      if (own === undefined) users.set(user, [connection]);
      else own.push(connection);
    }
    return this.#users = { at: now, bySite, lists: new Map() };
  }
}

function liveChannel({ name, connections, pace }: HubChannel, now: number): LiveChannel {
  return {
    name,
    connections: connections.size,
    pace: pace?.aMinute(now) ?? 0,
    lastAt: pace?.lastAt ?? 0,
  };
}

/** Compares entries for an order. */
export function by(order: Order): (one: Named, other: Named) => number {
  return (one, other) => {
    const more = valueOf(other, order) - valueOf(one, order);
    return more !== 0 ? more : one.name < other.name ? -1 : 1;
  };
}

function valueOf(entry: Named, order: Order): number {
  if (order === "connections") return entry.connections;
  return order === "messages" && "pace" in entry ? entry.pace : 0;
}
