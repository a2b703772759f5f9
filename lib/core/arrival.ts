/** A publication that has come to this node, for all who hear its channel here: each dialect makes its frame once. */
import type { Channel } from "./channel.ts";
import { Outgoing } from "./outgoing.ts";
import type { Position, Publication } from "./publication.ts";

/** How one protocol writes publications. Protocols that write them in the same way share one of these. */
export interface Dialect {
  /** The frame as an object, as answers have it inside of them. @param offset absent where the channel keeps no history */
  frame(
    channel: Channel,
    publication: Publication,
    offset?: number,
  ): Readonly<Record<string, unknown>>;
  /** The frame as text, without a line break. */
  encode(channel: Channel, publication: Publication, offset?: number): string;
}

export class Arrival {
  readonly channel: Channel;
  readonly publication: Publication;
  /** Absent where the channel keeps no history. */
  readonly position: Position | undefined;
  #dialect: Dialect | undefined;
  #outgoing: Outgoing | undefined;
  /** Of the dialects beside the first; most nodes need none. */
  #others: Map<Dialect, Outgoing> | undefined;

  constructor(channel: Channel, publication: Publication, position: Position | undefined) {
    this.channel = channel;
    this.publication = publication;
    this.position = position;
  }

  /** In one dialect: made on first use, and shared by all receivers. */
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
