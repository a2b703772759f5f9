/** Tells of connections that come and go. */
import { nextId } from "../../base/ids.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import { Slot } from "../../core/slot.ts";
import type { AppEvents } from "./app_events.ts";

/** When the connection was opened, in Unix milliseconds; of each whose opening was told. */
const OPENED = new Slot<number>();

export class ConnectionEvents implements ConnectionHooks {
  readonly #events: AppEvents;

  constructor(events: AppEvents) {
    this.#events = events;
  }

  opened(connection: Connection): void {
    if (!this.#events.asksFor("connection.open") && !this.#events.asksFor("connection.close")) {
      return;
    }
    OPENED.set(connection, Date.now());
    void this.#tell("connection.open", connection, { client_id: connection.id });
  }

  closed(connection: Connection): void {
    const openedAt = OPENED.of(connection);
    if (openedAt === undefined) return;
    const seconds = Math.round((Date.now() - openedAt) / 1000);
    void this.#tell("connection.close", connection, { client_id: connection.id, seconds });
  }

  #tell(
    event: "connection.open" | "connection.close",
    connection: Connection,
    data: Record<string, unknown>,
  ): Promise<void> {
    const { site, user = connection.identity?.user } = connection;
    return this.#events.emit(
      { event, id: nextId(), site, user, at: Date.now(), data },
      connection,
    );
  }
}
