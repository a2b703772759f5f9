/** Tells of what push services say of pushes: an event is written in one transaction with what it tells of. */
import { nextId } from "../../base/ids.ts";
import type { PushOutcome, PushTelling, PushWitness } from "../../push/witness.ts";
import type { AppEvents } from "./app_events.ts";
import type { EventWriter } from "./carrier.ts";
import type { AppEvent, EventName } from "./event.ts";

export class PushEvents implements PushWitness {
  readonly #events: AppEvents;
  readonly #writer: EventWriter;

  constructor(events: AppEvents, writer: EventWriter) {
    this.#events = events;
    this.#writer = writer;
  }

  telling({ site, user, id, device, provider, state, why, at }: PushOutcome) {
    const name = nameOf(state);
    const audience = name && this.#events.audienceOf(name, site);
    if (name === undefined || audience === undefined) return undefined;
    const isFailed = name === "push.failed";
    const event: AppEvent = {
      ...{ event: name, id: nextId(), site, user, at },
      data: { id, device, provider, ...(isFailed && { state }), ...(why && { why }) },
    };
    return {
      statements: this.#writer.statements(audience.logs, event),
      stored: () => {
        this.#events.call(audience, event);
        this.#writer.stored(audience, event);
      },
    } satisfies PushTelling;
  }
}

/** What was spared, or closed, was not for the device to show. */
function nameOf(state: PushOutcome["state"]): EventName | undefined {
  switch (state) {
    case "taken":
      return "push.taken";
    case "gone":
    case "refused":
    case "failed":
      return "push.failed";
    case "waiting":
    case "spared":
    case "closed":
      return undefined;
  }
}
