/**
 * A node's own connections, by channel. Next on a message's way: `connection.ts`, whose `send` writes it out.
 */
import type { Connection } from "./connection.ts";
import { type Channel, keyOf } from "./channel.ts";

/** A channel with connections on this node. */
export interface HubChannel extends Channel {
  readonly key: string;
  readonly connections: Set<Connection>;
  /** Those of them that asked for joins and leaves; absent while none has. */
  watchers?: Set<Connection>;
}

export class Hub {
  readonly #channels = new Map<string, HubChannel>();

  get(channel: Channel): HubChannel | undefined {
    return this.#channels.get(keyOf(channel));
  }

  /** Adds the connection to the channel; from now on it gets what is published there. */
  add(connection: Connection, channel: Channel): HubChannel {
    const key = keyOf(channel);
    let known = this.#channels.get(key);
    if (known === undefined) {
      const { site, kind, name } = channel;
      known = { site, kind, name, key, connections: new Set() };
      this.#channels.set(key, known);
    }
    known.connections.add(connection);
    return known;
  }

  remove(connection: Connection, channel: Channel): void {
    const key = keyOf(channel);
    const known = this.#channels.get(key);
    known?.watchers?.delete(connection);
    if (known?.connections.delete(connection) && known.connections.size === 0) {
      this.#channels.delete(key);
    }
  }

  /** Tells the connection of joins and leaves, too, if it is in the channel. */
  watch(connection: Connection, channel: Channel): void {
    const known = this.#channels.get(keyOf(channel));
    if (known?.connections.has(connection)) (known.watchers ??= new Set()).add(connection);
  }

  channels(): Iterable<HubChannel> {
    return this.#channels.values();
  }

  stats(): { rooms: number; users: number } {
    const count = { room: 0, user: 0, session: 0 };
    for (const { kind } of this.#channels.values()) count[kind]++;
    return { rooms: count.room, users: count.user };
  }
}
