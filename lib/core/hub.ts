/**
 * A node's own connections, by channel. Next on a message's way: `connection.ts`, whose `send` writes it out.
 */
import type { Arrival, Dialect } from "./arrival.ts";
import type { Connection } from "./connection.ts";
import { type Channel, keyOf } from "./channel.ts";
import { Pace } from "./pace.ts";
import type { Position } from "./publication.ts";

/** A channel with connections on this node. */
export interface HubChannel extends Channel {
  readonly key: string;
  readonly connections: Set<Connection>;
  /** The dialect of the first connection, and of all others unless `isMixed`. */
  readonly dialect: Dialect;
  isMixed: boolean;
  /** The kinds that all of its connections have frames for; `undefined` while they have all. */
  kinds: ReadonlySet<string> | undefined;
  /** The position up to which nothing arrives here any more; `undefined` while the node knows of none. */
  arrivedUpTo: Position | undefined;
  /** How much has arrived here lately; `undefined` while nothing has. */
  pace: Pace | undefined;
}

/**
 * Gives an arrival to all connections of its channel that have a frame for its kind. If they speak one dialect, the frame is
 * looked up once for all.
 */
export function deliverToAll(here: HubChannel, arrival: Arrival): void {
  if (here.kinds !== undefined && !here.kinds.has(arrival.publication.kind)) {
    return deliverToSome(here, arrival);
  }
  const offset = arrival.position?.offset ?? 0;
  if (!here.isMixed) {
    const outgoing = arrival.in(here.dialect);
    for (const connection of here.connections) connection.deliver(here.key, offset, outgoing);
    return;
  }
  for (const connection of here.connections) {
    connection.deliver(here.key, offset, arrival.in(connection.protocol.dialect));
  }
}

/** As {@linkcode deliverToAll}, but for the connection that it is from. */
export function deliverToOthers(here: HubChannel, arrival: Arrival): void {
  const { client } = arrival.publication.from ?? {};
  deliverToSome(here, arrival, ({ id }) => id !== client);
}

/** Gives an arrival to the connections that have a frame for its kind. @param gets whether a connection gets it */
function deliverToSome(
  { key, connections }: HubChannel,
  arrival: Arrival,
  gets: (connection: Connection) => boolean = () => true,
): void {
  const offset = arrival.position?.offset ?? 0;
  for (const connection of connections) {
    const { protocol } = connection;
    if (!gets(connection)) continue;
    if (protocol.kinds === undefined || protocol.kinds.has(arrival.publication.kind)) {
      connection.deliver(key, offset, arrival.in(protocol.dialect));
    } else protocol.take?.(connection, arrival);
  }
}

/** Notes that something has arrived that people or systems have said. It runs for every message, once for all receivers. */
export function notePace(here: HubChannel, at: number): void {
  (here.pace ??= new Pace()).note(at);
}

export class Hub {
  readonly #channels = new Map<string, HubChannel>();
  /** How many channels of each kind there are. */
  readonly #counts = new Map<Channel["kind"], number>();

  get(channel: Channel): HubChannel | undefined {
    return this.#channels.get(keyOf(channel));
  }

  /** Adds the connection to the channel; from now on it gets what is published there. */
  add(connection: Connection, channel: Channel): HubChannel {
    const key = keyOf(channel);
    const { dialect, kinds } = connection.protocol;
    let known = this.#channels.get(key);
    if (known === undefined) {
      const { site, kind, name } = channel;
      known = {
        ...{ site, kind, name, key, connections: new Set(), dialect, isMixed: false, kinds },
        arrivedUpTo: undefined,
        pace: undefined,
      };
      this.#channels.set(key, known);
      this.#counts.set(kind, this.count(kind) + 1);
    }
    known.connections.add(connection);
    if (dialect !== known.dialect) known.isMixed = true;
    if (kinds !== undefined) known.kinds = kinds;
    return known;
  }

  remove(connection: Connection, channel: Channel): void {
    const key = keyOf(channel);
    const known = this.#channels.get(key);
    if (known?.connections.delete(connection) && known.connections.size === 0) {
      this.#channels.delete(key);
      this.#counts.set(known.kind, this.count(known.kind) - 1);
    }
  }

  channels(): Iterable<HubChannel> {
    return this.#channels.values();
  }

  /** How many channels of a kind anybody here hears. */
  count(kind: Channel["kind"]): number {
    return this.#counts.get(kind) ?? 0;
  }
}
