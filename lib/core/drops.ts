/** Closes connections from the server's side: each reason has its code, its counter and its line in the log. */
import { getLogger } from "@logtape/logtape";
import { type Disconnect, DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import type { Counters } from "./counters.ts";

const log = getLogger(["notifyli", "node"]);

export class Drops {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** The other end takes too little of what waits for it. */
  slow(connection: Connection): void {
    this.#counters.dropped_slow++;
    log.info("client {client} of user {user} reads too slowly and is closed", named(connection));
    connection.disconnect(DISCONNECTS.slow);
  }

  /** The other end sends more than can wait, or on and on although it is told to wait. */
  flood(connection: Connection): void {
    this.#counters.dropped_flood++;
    log.info("client {client} of user {user} sends too fast and is closed", named(connection));
    connection.cutOff(DISCONNECTS.too_many_frames);
  }

  /** The other end sent a message over the limit; the listener closes it. */
  tooBig(connection: Connection): void {
    this.#counters.dropped_too_big++;
    log.info("client {client} of user {user} sent too big a message", named(connection));
  }

  /** The other end has not said anything for too long. */
  silent(connection: Connection): void {
    this.#counters.dropped_stalled++;
    log.info("client {client} of user {user} is silent and is closed", named(connection));
    connection.disconnect(DISCONNECTS.stalled);
  }

  /** The other end took nothing at all of what waits for it, between two looks. */
  stalled(connection: Connection): void {
    this.#counters.dropped_stalled++;
    log.info("client {client} of user {user} takes nothing and is dropped", named(connection));
    connection.terminate();
  }

  /** The client did not say who it is in time. */
  unidentified(connection: Connection): void {
    this.#counters.dropped_unidentified++;
    log.info("client {client} did not say who it is and is closed", { client: connection.id });
    connection.cutOff(DISCONNECTS.unidentified);
  }

  /** The client has not proved who it is, or its session has ended. */
  unproved(connection: Connection, disconnect: Disconnect): void {
    const hadSession = disconnect === DISCONNECTS.session_ended;
    this.#counters[hadSession ? "auth_ended" : "auth_late"]++;
    if (hadSession) connection.disconnect(disconnect);
    else connection.cutOff(disconnect); // it may be there to send and send
  }

  /** What the connection has proved counts no more, or an operator has closed it. */
  evicted(connection: Connection, disconnect: Disconnect): void {
    const counter = EVICTED[disconnect.code];
    if (counter !== undefined) this.#counters[counter]++;
    log.info("client {client} of user {user} is closed: {reason}", {
      ...named(connection),
      reason: disconnect.reason,
    });
    connection.disconnect(disconnect);
  }
}

const EVICTED: Readonly<Record<number, keyof Counters & `closed_${string}`>> = {
  [DISCONNECTS.token_revoked.code]: "closed_revoked",
  [DISCONNECTS.blocked.code]: "closed_blocked",
  [DISCONNECTS.disconnected.code]: "closed_disconnected",
};

function named(connection: Connection): Record<string, unknown> {
  return { client: connection.id, user: connection.user };
}
