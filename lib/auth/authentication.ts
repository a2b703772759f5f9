/** What all connections' proofs of who they are share. `connection_auth.ts` is the proof of one connection. */
import { logFor } from "../base/log.ts";
import type { Questions, ShownCredentials } from "../asks/questions.ts";
import { CodedError, type Disconnect, DISCONNECTS } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { Connection } from "../core/connection.ts";
import type { Identity, Shown } from "../core/identity.ts";
import type { Metric } from "../core/metrics.ts";
import { addressKey, isOwnMachine } from "../net/addresses.ts";
import type { AuthHome } from "./connection_auth.ts";
import { FailedAttempts } from "./failed_attempts.ts";
import { authCounters } from "./metrics.ts";
import type { Revocations } from "./revocations/revocations.ts";
import type { TokenVerifier } from "./tokens.ts";

const log = logFor("auth");

export interface AuthenticationParts {
  /** Verifies tokens; absent where there are none. */
  readonly tokens: TokenVerifier | undefined;
  readonly questions: Questions;
  readonly revocations: Revocations;
  /** Whether nothing of the configuration says who clients are. */
  readonly isOpen: boolean;
}

export class Authentication implements AuthHome {
  readonly #parts: AuthenticationParts;
  readonly #areGuestsTaken: (() => boolean)[] = [];
  readonly #counters = authCounters();
  /** Wrong credentials by address, so that no number of them guesses a password. */
  readonly #attempts = new FailedAttempts();

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  get tokens(): TokenVerifier | undefined {
    return this.#parts.tokens;
  }

  get revocations(): Revocations {
    return this.#parts.revocations;
  }

  get isOpen(): boolean {
    return this.#parts.isOpen && !this.asksWho;
  }

  get asksWho(): boolean {
    return this.#parts.questions.asksWho;
  }

  get takesGuests(): boolean {
    return this.#areGuestsTaken.some((areTaken) => areTaken());
  }

  /** Adds what says whether a connection that goes on without a proof becomes a guest. */
  takeGuests(areTaken: () => boolean): void {
    this.#areGuestsTaken.push(areTaken);
  }

  /** Finds out whose a token is, or asks whose credentials are. Rejects with a `CodedError` where they are refused. */
  async identify(shown: Shown, address: string | undefined): Promise<Identity> {
    if ("credentials" in shown) return await this.#askWho(shown, address);
    if (this.tokens !== undefined) return await this.tokens.connection(shown.token);
    const why = this.isOpen ? "this server is open and" : "this server";
    throw new CodedError("invalid_token", `Cannot take the token: ${why} has no key to check it`);
  }

  /** Asks who sends a request, by the headers and cookies that are asked about; `undefined` where it has none. */
  async identifyHandshake(request: Request, address: string): Promise<Identity | undefined> {
    const shown = this.#parts.questions.shownAt(request);
    return shown && await this.#askWho(shown, address);
  }

  /** Counts a refused token, and logs why it was refused. */
  noteRefused(error: unknown): void {
    this.#counters.refused.value++;
    const reason = reasonOf(error);
    if (error instanceof CodedError) log.debug("a client is refused: {reason}", { reason });
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

  async #askWho(shown: ShownCredentials, address: string | undefined): Promise<Identity> {
    const { questions, revocations } = this.#parts;
    if (!questions.asksWho) {
      throw new CodedError(
        "invalid_field",
        "Cannot take field 'credentials': this server asks no application who clients are",
        { field: "credentials" },
      );
    }
    const key = address === undefined || isOwnMachine(address) ? undefined : addressKey(address);
    if (key !== undefined) this.#requireFewFailures(key);
    try {
      const identity = await questions.who(
        shown,
        address,
        (kept) => !isOver(kept) && revocations.refusal(kept) === undefined,
      );
      if (!isOver(identity)) return identity;
      throw new CodedError("expired_token", "The session of these credentials is over");
    } catch (error) {
      const isWrong = error instanceof CodedError && error.code === "forbidden";
      if (isWrong && key !== undefined) this.#attempts.note(key);
      throw error;
    }
  }

  #requireFewFailures(key: string): void {
    if (!this.#attempts.isOver(key)) return;
    throw new CodedError(
      "too_many_attempts",
      `Cannot connect from ${key}: it showed too many wrong credentials; try again in a minute`,
    );
  }
}

function isOver({ expiresAt = Infinity }: Identity): boolean {
  return expiresAt <= Date.now();
}
