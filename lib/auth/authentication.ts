/** What all connections' proofs of who they are share. `connection_auth.ts` is the proof of one connection. */
import { getLogger } from "@logtape/logtape";
import { CodedError, type Disconnect, DISCONNECTS } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { Connection } from "../core/connection.ts";
import type { Metric } from "../core/metrics.ts";
import type { AuthHome } from "./connection_auth.ts";
import { authCounters } from "./metrics.ts";
import type { Revocations } from "./revocations/revocations.ts";
import type { TokenVerifier } from "./tokens.ts";

const log = getLogger(["notifyli", "auth"]);

export class Authentication implements AuthHome {
  readonly tokens: TokenVerifier | undefined;
  readonly revocations: Revocations;
  #areGuestsTaken = () => false;
  readonly #counters = authCounters();

  /** @param tokens absent on an open server, which believes its clients */
  constructor(tokens: TokenVerifier | undefined, revocations: Revocations) {
    this.tokens = tokens;
    this.revocations = revocations;
  }

  get takesGuests(): boolean {
    return this.#areGuestsTaken();
  }

  /** Sets what says whether a connection that goes on without a token becomes a guest. */
  takeGuests(areTaken: () => boolean): void {
    this.#areGuestsTaken = areTaken;
  }

  /** Counts a refused token, and logs why it was refused. */
  noteRefused(error: unknown): void {
    this.#counters.refused.value++;
    const reason = reasonOf(error);
    if (error instanceof CodedError) log.debug("a token is refused: {reason}", { reason });
    else log.error("a token could not be checked: {reason}", { reason });
  }

  /** Closes a connection that has not proved in time who it is, or whose session has ended. */
  endSession(connection: Connection, disconnect: Disconnect): void {
    const hadSession = disconnect === DISCONNECTS.session_ended;
    this.#counters[hadSession ? "ended" : "late"].value++;
    if (hadSession) connection.disconnect(disconnect);
    else connection.cutOff(disconnect); // whoever proved nothing may go on sending, so no more is read
  }

  get metrics(): readonly Metric[] {
    return Object.values(this.#counters);
  }
}
