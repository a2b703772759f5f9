/** Makes the frames of a topic once for all who get the same, by the dialects of their connections. */
import { Arrival, type Dialect } from "../core/arrival.ts";
import type { Channel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { Outgoing } from "../core/outgoing.ts";
import type { Position } from "../core/publication.ts";
import type { Receiver } from "./subscribers.ts";

/** The kinds of publications of topics. */
export const EVENT = "topic_event";
const POSITION = "topic_position";

/** An event's frames, which differ by the subscriptions that they are for. */
export class AddressedFrames {
  readonly #arrival: Arrival;
  readonly #dialects = new Map<Dialect, Map<string, Outgoing>>();
  /** The last one, which is that of most. */
  #last: { readonly dialect: Dialect; readonly key: string; readonly frame: Outgoing } | undefined;

  constructor(arrival: Arrival) {
    this.#arrival = arrival;
  }

  of({ subscriber: { connection }, subs, key }: Receiver): Outgoing {
    const { dialect } = connection.protocol;
    const last = this.#last;
    if (last !== undefined && last.key === key && last.dialect === dialect) return last.frame;
    let frames = this.#dialects.get(dialect);
    if (frames === undefined) this.#dialects.set(dialect, frames = new Map());
    let frame = frames.get(key);
    if (frame === undefined) {
      const { text, place } = this.#arrival.in(dialect);
      frame = new Outgoing(dialect.addressed(text, subs), place);
      frames.set(key, frame);
    }
    this.#last = { dialect, key, frame };
    return frame;
  }
}

/** The frames that say how far a topic is. */
export class PositionFrames {
  readonly #arrival: Arrival;

  constructor(channel: Channel, position: Position) {
    const { epoch } = position;
    const publication = { kind: POSITION, id: "-", at: 0, data: { epoch } };
    this.#arrival = new Arrival(channel, publication, position);
  }

  of({ connection }: { readonly connection: Connection }): Outgoing {
    return this.#arrival.in(connection.protocol.dialect);
  }
}
