/** A publication that has come to this node: each dialect makes its frame once, for all connections in the channel. */
import type { Channel } from "./channel.ts";
import { Outgoing } from "./outgoing.ts";
import type { Position, Publication } from "./publication.ts";

/** How a protocol writes publications. Protocols that write them in the same way share a dialect. */
export interface Dialect {
  /**
   * The frame as an object, for answers that contain frames.
   *
   * @param offset absent if the channel keeps no history
   */
  frame(
    channel: Channel,
    publication: Publication,
    offset?: number,
  ): Readonly<Record<string, unknown>>;
  /** The frame as text, without a line break. */
  encode(channel: Channel, publication: Publication, offset?: number): string;
  /** A frame that {@linkcode Dialect.encode} made, with which of its receiver's subscriptions it is for. */
  addressed(frame: string, subs: readonly number[]): string;
}

export class Arrival {
  readonly channel: Channel;
  readonly publication: Publication;
  /** Absent if the channel keeps no history. */
  readonly position: Position | undefined;
  #dialect: Dialect | undefined;
  #outgoing: Outgoing | undefined;
  /** Frames in dialects other than the first; most nodes need none. */
  #others: Map<Dialect, Outgoing> | undefined;

  constructor(channel: Channel, publication: Publication, position: Position | undefined) {
    this.channel = channel;
    this.publication = publication;
    this.position = position;
  }

  /** The frame in a dialect, which is made on first use and shared by all receivers. */
  in(dialect: Dialect): Outgoing {
    if (this.#outgoing === undefined) {
      this.#dialect = dialect;
      return this.#outgoing = this.#encode(dialect);
    }
    if (dialect === this.#dialect) return this.#outgoing;
    const others = this.#others ??= new Map();
    let outgoing = others.get(dialect);
    if (outgoing === undefined) others.set(dialect, outgoing = this.#encode(dialect));
    return outgoing;
  }

  #encode(dialect: Dialect): Outgoing {
    const { channel, publication, position } = this;
    const text = dialect.encode(channel, publication, position?.offset);
    return new Outgoing(text, position && { channel, position });
  }
}
