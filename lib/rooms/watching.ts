/** Which connections of this node watch which rooms. `watched_room.ts` says what they are told. */
import { Arrival } from "../core/arrival.ts";
import { type Channel, keyOf } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { HubChannel } from "../core/hub.ts";
import { readChangeId } from "./store/change.ts";
import type { PresencePage, PresenceRequest } from "./store/store.ts";
import { type Watched, WatchedRoom } from "./watched_room.ts";
import { MOST_NAMED } from "./wire.ts";

export interface WatchingParts {
  /** Users up to whom watchers of the room are told names. */
  most(channel: Channel): number;
  /** Whether clients may see who is in the room. */
  isShown(channel: Channel): boolean;
  list(site: string, room: string, request: PresenceRequest): Promise<PresencePage>;
}

export class Watching {
  readonly #parts: WatchingParts;
  /** The rooms that are watched here, by the keys of their channels. */
  readonly #rooms = new Map<string, WatchedRoom>();

  constructor(parts: WatchingParts) {
    this.#parts = parts;
  }

  /** Reads who is in a room. From now on the connection, which is in the room, is told who comes and leaves. */
  async ask(
    connection: Connection,
    channel: Channel,
    request: PresenceRequest,
  ): Promise<Watched> {
    const { site, name } = channel;
    const room = this.#roomOf(channel);
    const asked = { ...request, most: this.#parts.most(channel) };
    try {
      return await room.ask(connection, () => this.#parts.list(site, name, asked));
    } catch (error) {
      this.#dropIfEmpty(channel, room);
      throw error;
    }
  }

  /** A user came into a room or left it. */
  change({ key }: HubChannel, { channel, publication }: Arrival): void {
    const room = this.#rooms.get(key);
    if (room === undefined) return;
    // Without its position, since that is none in the room's history.
    room.change({
      ...readChangeId(publication),
      arrival: new Arrival(channel, publication, undefined),
    });
  }

  /** The connection has left the room. */
  forget(connection: Connection, channel: Channel): void {
    const room = this.#rooms.get(keyOf(channel));
    room?.forget(connection);
    if (room !== undefined) this.#dropIfEmpty(channel, room);
  }

  /** What holds for the room has changed: where nobody may see any more who is there, nobody is told. */
  ruleChanged(channel: Channel): void {
    const key = keyOf(channel);
    if (!this.#rooms.has(key) || this.#parts.isShown(channel)) return;
    this.#rooms.get(key)?.forgetAll();
    this.#rooms.delete(key);
  }

  /** The store was lost, and may count its versions from an earlier one on. */
  forgetVersions(): void {
    for (const room of this.#rooms.values()) room.forgetVersions();
  }

  #roomOf(channel: Channel): WatchedRoom {
    const key = keyOf(channel);
    const { site, name } = channel;
    const most = () => this.#parts.most(channel);
    const room = this.#rooms.get(key) ?? new WatchedRoom({
      channel,
      most,
      list: () => this.#parts.list(site, name, { limit: MOST_NAMED, most: most() }),
    });
    this.#rooms.set(key, room);
    return room;
  }

  #dropIfEmpty(channel: Channel, room: WatchedRoom): void {
    const key = keyOf(channel);
    if (room.isEmpty && this.#rooms.get(key) === room) this.#rooms.delete(key);
  }
}
