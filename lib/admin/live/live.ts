/** Lists what is live on all nodes: rooms, topics and users. Each node answers with its own part, which `snapshot.ts` makes. */
import type { Fields } from "../../base/fields.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";
import { by, type LiveChannel, type LiveUser, type Order, type Snapshot } from "./snapshot.ts";

/** The furthest place in a list that is not in the order of names. */
export const MOST_PLACES = 5000;

export type LiveKind = "room" | "topic" | "user";

export interface LiveRequest {
  readonly site: string;
  readonly kind: LiveKind;
  /** Only names that contain this. */
  readonly q: string;
  readonly order: Order;
  readonly limit: number;
  /** Where the page before ended: a name, or in another order a place. */
  readonly after: string | undefined;
}

export interface LivePage<Entry> {
  readonly entries: readonly Entry[];
  /** How many match. With several nodes, what is on several of them and on no page that was read may count more than once. */
  readonly total: number;
  readonly next?: string;
  /** The ids of nodes that have not answered, and whose part is missing. */
  readonly missing: readonly string[];
}

/** What one node answers. */
interface Part {
  readonly entries: readonly (LiveChannel | LiveUser)[];
  readonly total: number;
}

export class Live {
  readonly #nodes: Nodes;
  readonly #snapshot: Snapshot;

  constructor(nodes: Nodes, peers: Peers, snapshot: Snapshot) {
    this.#nodes = nodes;
    this.#snapshot = snapshot;
    peers.answer("live", (fields) => this.#part(fields as unknown as LiveRequest));
    peers.answer("live of names", (fields) => this.#named(fields));
  }

  channels(request: LiveRequest): Promise<LivePage<LiveChannel>> {
    return this.#page(request, (one, other) => ({
      name: one.name,
      connections: one.connections + other.connections,
      // Each node that has a connection in a channel hears all of it.
      pace: Math.max(one.pace, other.pace),
      lastAt: Math.max(one.lastAt, other.lastAt),
    }));
  }

  users(request: LiveRequest): Promise<LivePage<LiveUser>> {
    return this.#page(request, (one, other) => ({
      name: one.name,
      connections: one.connections + other.connections,
      since: Math.min(one.since, other.since),
    }));
  }

  async #page<Entry extends LiveChannel | LiveUser>(
    request: LiveRequest,
    merge: (one: Entry, other: Entry) => Entry,
  ): Promise<LivePage<Entry>> {
    const { answers, missing } = await this.#nodes.ask<Part>("live", { ...request });
    const parts = [...answers.values()];
    const merged = mergeAll(parts.map(({ entries }) => entries as readonly Entry[]), merge);
    const isByName = request.order === "name";
    const start = isByName ? 0 : placeOf(request.after);
    const sorted = [...merged.values()].sort(by(request.order));
    let entries = sorted.slice(start, start + request.limit);
    if (!isByName && parts.length > 1) entries = await this.#exact(request, entries, merge);
    const end = start + entries.length;
    const isWhole = parts.every((part) => part.total === part.entries.length);
    const total = isWhole && (!isByName || request.after === undefined)
      ? merged.size
      : parts.reduce((sum, part) => sum + part.total, 0);
    const isMore = sorted.length > end || parts.some((part) => part.entries.length < part.total) &&
        entries.length === request.limit;
    const last = entries.at(-1);
    const next = isByName ? last?.name : String(end);
    const hasNext = isMore && last !== undefined && (isByName || end < MOST_PLACES);
    return { entries, total, missing, ...(hasNext && { next }) };
  }

  /** What is first at one node may be further behind at another one, which left it out. */
  async #exact<Entry extends LiveChannel | LiveUser>(
    { site, kind }: LiveRequest,
    entries: readonly Entry[],
    merge: (one: Entry, other: Entry) => Entry,
  ): Promise<Entry[]> {
    const names = entries.map(({ name }) => name);
    const { answers } = await this.#nodes.ask<Entry[]>("live of names", { site, kind, names });
    const exact = mergeAll([...answers.values()], merge);
    return entries.map((each) => exact.get(each.name) ?? each);
  }

  #part({ site, kind, q, order, limit, after }: LiveRequest): Part {
    const list = this.#list(site, kind).in(order);
    const matching = q === "" ? list : list.filter(({ name }) => name.includes(q));
    const behind = order === "name" && after !== undefined
      ? matching.filter(({ name }) => name > after)
      : matching;
    const most = order === "name" ? limit + 1 : Math.min(MOST_PLACES, placeOf(after) + limit + 1);
    return { entries: behind.slice(0, most), total: matching.length };
  }

  #named({ site, kind, names }: Fields): (LiveChannel | LiveUser)[] {
    const meant = new Set(names as string[]);
    return this.#list(site as string, kind as LiveKind).entries.filter(({ name }) =>
      meant.has(name)
    );
  }

  #list(site: string, kind: LiveKind) {
    return kind === "user" ? this.#snapshot.users(site) : this.#snapshot.channels(site, kind);
  }
}

function placeOf(after: string | undefined): number {
  return after === undefined ? 0 : Math.min(MOST_PLACES, Number(after));
}

function mergeAll<Entry extends { readonly name: string }>(
  parts: readonly (readonly Entry[])[],
  merge: (one: Entry, other: Entry) => Entry,
): Map<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const entry of parts.flat()) {
    const known = merged.get(entry.name);
    merged.set(entry.name, known === undefined ? entry : merge(known, entry));
  }
  return merged;
}
