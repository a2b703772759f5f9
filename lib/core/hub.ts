/**
 * A node's own clients, by room and by user. Next on a message's way: `client.ts`, whose `send` writes it out.
 */
import type { Connection } from "./connection.ts";
import { type Channel, keyOf } from "./channel.ts";

/** A channel with clients on this node. */
export interface HubChannel extends Channel {
  readonly clients: Set<Connection>;
  /** Those of them that asked for joins and leaves; absent while none has. */
  watchers?: Set<Connection>;
}

export class Hub {
  readonly #channels = new Map<string, HubChannel>();

  get(channel: Channel): HubChannel | undefined {
    return this.#channels.get(keyOf(channel));
  }

  /** Adds the client to the channel; from now on it gets what is published there. */
  add(client: Connection, channel: Channel): HubChannel {
    const key = keyOf(channel);
    let known = this.#channels.get(key);
    if (known === undefined) {
      const { site, kind, name } = channel;
      known = { site, kind, name, key, clients: new Set() };
      this.#channels.set(key, known);
    }
    known.clients.add(client);
    return known;
  }

  remove(client: Connection, channel: Channel): void {
    const key = keyOf(channel);
    const known = this.#channels.get(key);
    known?.watchers?.delete(client);
    if (known?.clients.delete(client) && known.clients.size === 0) this.#channels.delete(key);
  }

  /** Tells the client of joins and leaves, too, if it is in the channel. */
  watch(client: Connection, channel: Channel): void {
    const known = this.#channels.get(keyOf(channel));
    if (known?.clients.has(client)) (known.watchers ??= new Set()).add(client);
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
