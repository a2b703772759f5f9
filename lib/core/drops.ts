/**
 * Closes connections for a reason: each reason has its close code, its counter and its line in the log. Of very many that
 * are closed at once, most have a line together.
 */
import { logFor } from "../base/log.ts";
import { type Disconnect, DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import { Counter, type Metric } from "./metrics.ts";

const log = logFor("node");

export class Drops {
  readonly #counters = {
    slow: new Counter("dropped_slow", "Clients that were closed because too much waited for them."),
    stalled: new Counter(
      "dropped_stalled",
      "Clients that were closed because they took nothing of what waited, or were silent for too long.",
    ),
    flood: new Counter("dropped_flood", "Clients that were closed because they sent on and on."),
    tooBig: new Counter(
      "dropped_too_big",
      "Clients that were closed for a message over the limit.",
    ),
    unidentified: new Counter(
      "dropped_unidentified",
      "Clients that were closed because they did not say in time who they are.",
    ),
  };

  get metrics(): readonly Metric[] {
    return Object.values(this.#counters);
  }

  /** The client takes too little of what waits for it. */
  slow(connection: Connection): void {
    this.#counters.slow.value++;
    this.#tell("reads too slowly and is closed", connection);
    connection.disconnect(DISCONNECTS.slow);
  }

  /** The client sends more than may wait, or goes on sending although it is told to wait. */
  flood(connection: Connection): void {
    this.#counters.flood.value++;
    this.#tell("sends too fast and is closed", connection);
    connection.cutOff(DISCONNECTS.too_many_frames);
  }

  /** The client sent a message over the limit. The listener closes the connection. */
  tooBig(connection: Connection): void {
    this.#counters.tooBig.value++;
    this.#tell("sent too big a message", connection);
  }

  /** The client has been silent for too long. */
  silent(connection: Connection): void {
    this.#counters.stalled.value++;
    this.#tell("is silent and is closed", connection);
    connection.disconnect(DISCONNECTS.stalled);
  }

  /** The client took nothing at all of what waits for it, between two looks. */
  stalled(connection: Connection): void {
    this.#counters.stalled.value++;
    this.#tell("takes nothing and is dropped", connection);
    connection.terminate();
  }

  /** The client did not say who it is in time. */
  unidentified(connection: Connection): void {
    this.#counters.unidentified.value++;
    log.info("client {client} did not say who it is and is closed", { client: connection.id });
    connection.cutOff(DISCONNECTS.unidentified);
  }

  /** The connection's token or user is not accepted any more, or an operator closes it. The caller counts it. */
  evicted(connection: Connection, disconnect: Disconnect): void {
    const { reason } = disconnect;
    const closed = { ...named(connection), reason };
    const kind = `a client is closed: ${reason}`;
    log.info("client {client} of user {user} is closed: {reason}", closed, { kind });
    connection.disconnect(disconnect);
  }

  #tell(what: string, connection: Connection): void {
    log.info(`client {client} of user {user} ${what}`, named(connection));
  }
}

function named(connection: Connection): Record<string, unknown> {
  return { client: connection.id, user: connection.user };
}
