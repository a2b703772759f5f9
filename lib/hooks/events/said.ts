/** Tells of what clients say in rooms, and tell each other there. */
import { nextId } from "../../base/ids.ts";
import type { Channel } from "../../core/channel.ts";
import type { Connection } from "../../core/connection.ts";
import type { LogEntry, Publication, Published } from "../../core/publication.ts";
import type { RoomWitness, Telling } from "../../rooms/witness.ts";
import type { AppEvents, Audience } from "./app_events.ts";
import type { AppEvent } from "./event.ts";

type Said = "message.received" | "event.received";

export class SaidWitness implements RoomWitness {
  readonly #events: AppEvents;

  constructor(events: AppEvents) {
    this.#events = events;
  }

  saying(what: Said, channel: Channel, connection: Connection): Telling | undefined {
    if (!this.#events.asksFor(what)) return undefined;
    const audience = this.#events.audienceOf(what, channel.site, channel.name);
    return audience && new OneSaid(this.#events, { what, audience, channel, connection });
  }
}

interface SaidParts {
  readonly what: Said;
  readonly audience: Audience;
  readonly channel: Channel;
  readonly connection: Connection;
}

/** One thing that is said. */
class OneSaid implements Telling {
  readonly #events: AppEvents;
  readonly #parts: SaidParts;
  readonly #id = nextId();

  constructor(events: AppEvents, parts: SaidParts) {
    this.#events = events;
    this.#parts = parts;
  }

  logged(_publication: Publication): LogEntry | undefined {
    return undefined;
  }

  told(publication: Publication, published: Published | undefined): Promise<void> | void {
    if (published?.isDuplicate) return; // it was told when it came first
    const { audience, connection } = this.#parts;
    const event = this.#event(publication, published);
    this.#events.call(audience, event, connection);
    if (audience.logs.length > 0) return this.#events.write(audience, event);
  }

  #event(publication: Publication, published: Published | undefined): AppEvent {
    const { what, channel: { site, name: room }, connection } = this.#parts;
    const { id, from, message, event, data } = publication;
    return {
      event: what,
      id: this.#id,
      site,
      room,
      user: from?.user,
      at: Date.now(),
      data: {
        ...(what === "message.received" ? { id } : { event }),
        client_id: connection.id,
        name: from?.name,
        message,
        data,
      },
      ...(published && { offset: published.offset, epoch: published.epoch }),
    };
  }
}
