/** Tells of connections that come and go. */
import { nextId } from "../../base/ids.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import { Slot } from "../../core/slot.ts";
import type { AppEvents, Audience } from "./app_events.ts";
import type { AppEvent } from "./event.ts";

/** What is known of a connection since it was opened. */
interface Opening {
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Whether its end is told should this node die. */
  readonly hasEnding: boolean;
}

const OPENED = new Slot<Opening>();

export class ConnectionEvents implements ConnectionHooks {
  readonly #events: AppEvents;

  constructor(events: AppEvents) {
    this.#events = events;
  }

  opened(connection: Connection): void {
    const [opening, closing] = (["connection.open", "connection.close"] as const)
      .map((event) => this.#events.audienceOf(event, connection.site));
    if (opening === undefined && closing === undefined) return;
    const logs = closing?.logs ?? [];
    OPENED.set(connection, { at: Date.now(), hasEnding: logs.length > 0 });
    const data = { client_id: connection.id };
    const told = eventOf("connection.open", connection, data);
    if (opening !== undefined) this.#events.call(opening, told, connection);
    void this.#events.begin(opening, told, {
      key: keyOf(connection),
      event: eventOf("connection.close", connection, data),
      logs,
    });
  }

  closed(connection: Connection): void {
    const opening = OPENED.of(connection);
    if (opening === undefined) return;
    // Its token may have come in a frame, and have said that it is of another site.
    const audience = this.#events.audienceOf("connection.close", connection.site);
    if (audience === undefined && !opening.hasEnding) return;
    const seconds = Math.round((Date.now() - opening.at) / 1000);
    const told = eventOf("connection.close", connection, { client_id: connection.id, seconds });
    if (audience !== undefined) this.#events.call(audience, told, connection);
    void this.#events.end(audience ?? NOBODY, told, keyOf(connection));
  }
}

const NOBODY: Audience = { logs: [], handlers: [] };

function keyOf({ id }: Connection): string {
  return `connection\n${id}`;
}

function eventOf(
  event: "connection.open" | "connection.close",
  { site, identity, user = identity?.user }: Connection,
  data: Record<string, unknown>,
): AppEvent {
  return { event, id: nextId(), site, user, at: Date.now(), data };
}
