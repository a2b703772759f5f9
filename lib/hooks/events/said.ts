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
  /** Whether the engine has written it. */
  #isLogged = false;

  constructor(events: AppEvents, parts: SaidParts) {
    this.#events = events;
    this.#parts = parts;
  }

  logged(publication: Publication): LogEntry | undefined {
    const { audience } = this.#parts;
    const entry = this.#events.entryOf(audience, this.#event(publication, undefined));
    this.#isLogged = entry !== undefined;
    return entry;
  }

  told(publication: Publication, published: Published | undefined): Promise<void> | void {
    if (published?.isDuplicate) return; // it was told when it came first
    const { audience, connection } = this.#parts;
    const isToBeWritten = audience.logs.length > 0 && !this.#isLogged;
    if (audience.handlers.length === 0 && !isToBeWritten) return;
    const event = this.#event(publication, published);
    this.#events.call(audience, event, connection);
    if (isToBeWritten) return this.#events.write(audience, event);
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
