/**
 * What other systems publish by Redis and by message brokers, read by the same rules as HTTP: something that is said in a
 * room, an event there, or one in a topic. Next on a message's way: `rooms/rooms.ts`, `say`, or `topics/topics.ts`, `publish`.
 */
import { siteField } from "../auth/keys/fields.ts";
import { CodedError } from "../base/errors.ts";
import { digitsAsText, type Fields, identifier, isBlank } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { type Channel, roomChannel } from "../core/channel.ts";
import type { Claim } from "../core/claim.ts";
import { eventFields } from "../rooms/events.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { senderFields, systemMessageFields } from "../rooms/system_fields.ts";
import { topicEventFields, topicField } from "../topics/fields.ts";
import type { Topics } from "../topics/topics.ts";

/** What the way knows by which a publication came. */
export interface PublicationOrigin {
  /** The site of a publication that names none. */
  readonly site?: string;
  /**
   * The id of a publication that brings none. Under the same one it is the same publication for ten minutes, where its
   * channel keeps a history.
   */
  readonly id?: string;
  /** The id that the way made for one that has none of these, by which it is not known again. */
  readonly madeId?: string;
  /** Where it came by a way that nodes share: it is published only while this node has the turn. */
  readonly claim?: Claim;
}

/** What became of a publication. */
export interface PublicationResult {
  /** Absent where it is an event in a room, by whose id nobody could ask for anything. */
  readonly id?: string;
  /** Whether its id was there before; then nothing was sent again. */
  readonly isDuplicate: boolean;
}

/** Publishes what was read. */
export type Publishing = () => Promise<PublicationResult>;

interface PublicationsParts {
  readonly rooms: Rooms;
  readonly topics: Topics;
  readonly limits: Limits;
}

export class Publications {
  readonly #parts: PublicationsParts;

  constructor(parts: PublicationsParts) {
    this.#parts = parts;
  }

  /** Publishes what an object says, as {@linkcode Publications.read} reads it. Rejects as that throws, and as its result does. */
  async publish(fields: Fields, origin: PublicationOrigin = {}): Promise<PublicationResult> {
    return await this.read(fields, origin)();
  }

  /**
   * Reads what an object says: `room` with `message`, `data` or both, `room` with `event`, or `topic` with `data`. Gives what
   * publishes it, which rejects where the engine is away or refuses it. Throws at once, before anything is sent, a
   * `CodedError` that names the field and its value.
   */
  read(fields: Fields, origin: PublicationOrigin = {}): Publishing {
    const { rooms, limits } = this.#parts;
    const { site: named } = fields;
    const isNamed = named !== undefined && named !== null && !isBlank(named);
    const site = siteField({ site: isNamed ? named : origin.site ?? DEFAULT_SITE });
    if (isGiven(fields["topic"])) return this.#readTopic(site, fields, origin);
    if (!isGiven(fields["room"])) {
      throw new CodedError("missing_field", "Missing field 'room' or 'topic'", { field: "room" });
    }
    const room = identifier({ room: digitsAsText(fields, "room") }, "room", limits.room);
    rooms.access.requireOpen(site, room);
    const channel = roomChannel(site, room);
    return isGiven(fields["event"])
      ? this.#readEvent(channel, fields, origin)
      : this.#readMessage(channel, fields, origin);
  }

  #readTopic(
    site: string,
    fields: Fields,
    { id: ownId, madeId, claim }: PublicationOrigin,
  ): Publishing {
    const { topics, limits } = this.#parts;
    for (const field of ["room", "message", "event"]) {
      if (isGiven(fields[field])) throw notBeside(field, "topic", "a topic has data alone");
    }
    const topic = topicField({ topic: digitsAsText(fields, "topic") }, limits);
    const event = topicEventFields(fields, limits);
    return async () =>
      await topics.publish(site, topic, { ...event, ...{ id: event.id ?? ownId, madeId, claim } });
  }

  #readMessage(
    channel: Channel,
    fields: Fields,
    { id: ownId, madeId, claim }: PublicationOrigin,
  ): Publishing {
    const { rooms, limits } = this.#parts;
    const message = systemMessageFields(fields, limits);
    return async () => {
      const { id, published } = await rooms.say(channel, {
        ...message,
        ...{ id: message.id ?? ownId, madeId, claim },
        room: channel.name,
      });
      return { id, isDuplicate: published?.isDuplicate ?? false };
    };
  }

  #readEvent(channel: Channel, fields: Fields, { claim }: PublicationOrigin): Publishing {
    const { rooms, limits } = this.#parts;
    if (isGiven(fields["message"])) {
      throw notBeside("event", "message", "an event is told, a message is said");
    }
    const event = { ...eventFields(fields, limits), from: senderFields(fields, limits), claim };
    return async () => {
      await rooms.events.publish(channel, event);
      return { isDuplicate: false };
    };
  }
}

function notBeside(field: string, other: string, reason: string): CodedError {
  const message = `Cannot take field '${field}' beside '${other}': ${reason}`;
  return new CodedError("invalid_field", message, { field });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
