/**
 * What clients tell each other in a room beside messages, such as that somebody is typing: it is not kept, comes to the
 * others alone, and has a rate of its own. Next on a message's way: `core/node.ts`, `publish`.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, identifier } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { dataField } from "../base/said_fields.ts";
import type { Limits } from "../base/sizes.ts";
import { unixSeconds } from "../base/times.ts";
import { type Channel, roomChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { Counter } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Publication } from "../core/publication.ts";
import { Slot } from "../core/slot.ts";
import { TokenBucket } from "../limits/rate.ts";
import type { Rates } from "../limits/settings.ts";
import type { RoomAccess } from "./access.ts";
import type { RoomAsking } from "./asking.ts";
import { membershipsOf } from "./membership.ts";
import type { RoomWitness } from "./witness.ts";

/** Most characters of an event's name. */
export const MAX_EVENT = 64;

/** An event as it is told to a room. */
export interface RoomEvent {
  /** What happened, such as "typing". */
  readonly event: string;
  readonly data?: unknown;
}

/** The connections' buckets, each made at its first event. */
const BUCKETS = new Slot<TokenBucket>();

interface EventsParts {
  readonly node: Node;
  readonly access: RoomAccess;
  readonly asking: RoomAsking;
  /** How often one connection may tell something; absent: as often as it may send frames. */
  readonly rates: Pick<Rates, "events">;
}

export class RoomEvents {
  readonly told: Counter = new Counter(
    "events",
    "Events that were told in rooms through this node.",
  );
  readonly #parts: EventsParts;
  #witness: RoomWitness | undefined;

  constructor(parts: EventsParts) {
    this.#parts = parts;
  }

  witnessBy(witness: RoomWitness): void {
    this.#witness = witness;
  }

  /**
   * Tells the others in a room. Throws where the connection may not, or does so too often; rejects where the engine is away.
   *
   * @param name the one that others see of the connection
   */
  async tell(connection: Connection, room: string, name: string, event: RoomEvent): Promise<void> {
    const { access, asking } = this.#parts;
    const user = connection.requireUser();
    const membership = membershipsOf(connection).get(room);
    const isInRoom = membership !== undefined;
    access.requireEvents(connection.identity, room, isInRoom);
    this.#count(connection);
    const asked = asking.event(connection, { room, name, event }, isInRoom);
    const allowed = asked === undefined ? event : await asked;
    if (asked !== undefined && !connection.closed) { // it may have been put out meanwhile
      access.requireEvents(connection.identity, room, membershipsOf(connection).has(room));
    }
    const channel = membership?.channel ?? roomChannel(connection.site, room);
    const telling = this.#witness?.saying("event.received", channel, connection);
    const told = await this.publish(channel, {
      from: { user, name, client: connection.id },
      ...allowed,
    });
    await telling?.told(told, undefined);
  }

  /** Tells all in a room, but for the client that it is from. Rejects where the engine is away. */
  async publish(
    channel: Channel,
    event: RoomEvent & Pick<Publication, "from" | "claim">,
  ): Promise<Publication> {
    this.told.value++;
    const told: Publication = { kind: "event", id: nextId(), at: unixSeconds(), ...event };
    await this.#parts.node.publish(channel, told);
    return told;
  }

  #count(connection: Connection): void {
    const rate = this.#parts.rates.events;
    if (rate === undefined) return;
    const now = performance.now();
    let bucket = BUCKETS.of(connection);
    if (bucket === undefined) BUCKETS.set(connection, bucket = new TokenBucket(rate, now));
    const waitMs = bucket.take(now);
    if (waitMs === 0) return;
    throw new CodedError(
      "rate_limited",
      `Cannot tell an event now: there were too many, wait ${waitMs} ms`,
      { retryAfterMs: waitMs },
    );
  }
}

/** Reads the fields of an event. Throws a `CodedError` that names the field and its value. */
export function eventFields(fields: Fields, limits: Limits): RoomEvent {
  return {
    event: identifier(fields, "event", MAX_EVENT),
    data: dataField(fields, limits.data),
  };
}
