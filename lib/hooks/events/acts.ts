/** Tells of what users do with the actions of notifications: an event is written in one transaction with what it tells of. */
import { nextId } from "../../base/ids.ts";
import type { Act, ActWitness, Telling } from "../../inbox/acts/types.ts";
import type { AppEvents } from "./app_events.ts";
import type { EventWriter } from "./carrier.ts";
import type { AppEvent } from "./event.ts";

export class ActEvents implements ActWitness {
  readonly #events: AppEvents;
  readonly #writer: EventWriter;

  constructor(events: AppEvents, writer: EventWriter) {
    this.#events = events;
    this.#writer = writer;
  }

  telling({ site, user, id, action, doneAt, result }: Act): Telling | undefined {
    const audience = this.#events.audienceOf("notification.action", site);
    if (audience === undefined) return undefined;
    const event: AppEvent = {
      ...{ event: "notification.action", id: nextId(), site, user, at: doneAt },
      data: { id, action: action.id, type: action.type, label: action.label, ...result },
    };
    return {
      statements: this.#writer.statements(audience.logs, event),
      stored: () => {
        this.#events.call(audience, event);
        this.#writer.stored(audience, event);
      },
    };
  }
}
