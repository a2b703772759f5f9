/**
 * One connection's proof of who it is: given at the handshake or in its first frame, and renewed before its session ends.
 * The kernel's connection asks for the proof before it does anything.
 */
import { CodedError, type Disconnect, DISCONNECTS, type ErrorCode } from "../base/errors.ts";
import type { Connection } from "../core/connection.ts";
import type { Identity, Proof, Shown, TokenFacts } from "../core/identity.ts";
import type { TokenCheck } from "./handshake.ts";
import { isSameMember, newGuest } from "./identity.ts";
import { SessionTimer } from "./session_timer.ts";

/** How long a connection may stay without having proved who it is. */
const PROOF_DEADLINE_MS = 5000;

/** How long before its end a session is announced to end; a short session is announced in its last quarter. */
const WARNING_MS = 30_000;

/** Most tokens beside its own that a connection is held to; where there are more, the oldest is forgotten. */
const MAX_COMPANIONS = 100;

/** The empty list that all connections without companions share. */
const NO_COMPANIONS: readonly TokenFacts[] = [];

/** Commands that a connection may use without a proof. */
const FREE_COMMANDS: readonly unknown[] = ["auth", "ping"];

/** What the proofs of all connections share. */
export interface AuthHome extends TokenCheck {
  /** Whether a connection that goes on without a proof becomes a guest. */
  readonly takesGuests: boolean;
  /** Finds out whose a token is, or asks whose credentials are. Rejects where they are refused. */
  identify(shown: Shown, address: string | undefined): Promise<Identity>;
  /** Closes a connection that has not proved in time who it is, or whose session has ended. */
  endSession(connection: Connection, disconnect: Disconnect): void;
}

export class ConnectionAuth implements Proof {
  readonly #home: AuthHome;
  readonly #connection: Connection;
  /** The client's address, where an application may be asked who it is. */
  readonly #address: string | undefined;
  #identity: Identity | undefined;
  #companions: readonly TokenFacts[] | undefined;
  /** Absent as long as nothing was waited for, since there are many thousand connections. */
  #timer: SessionTimer | undefined;

  /** @param identity what the handshake has proved */
  constructor(
    home: AuthHome,
    connection: Connection,
    { identity, address }: { identity: Identity | undefined; address: string | undefined },
  ) {
    this.#home = home;
    this.#connection = connection;
    this.#address = address;
    if (identity !== undefined) this.#accept(identity);
    else this.#awaitProof();
  }

  /** Who the connection is, as a member or as a guest; `undefined` where that is not known. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Tokens of the same member that came later: tabs that share this connection rely on it by them. */
  get companions(): readonly TokenFacts[] {
    return this.#companions ?? NO_COMPANIONS;
  }

  /**
   * Checks that the connection may use a command by now. Where guests may come, this makes the connection a guest's.
   * Throws `unauthorized`.
   */
  admit(type: unknown): void {
    if (this.#identity !== undefined || this.#home.isOpen) return;
    if (FREE_COMMANDS.includes(type)) return;
    if (this.#home.takesGuests) return this.#accept(newGuest());
    throw new CodedError(
      "unauthorized",
      `This connection has not proved who it is: send 'auth' with ${this.#wanted}`,
    );
  }

  /** Takes a connection token or credentials. Rejects where they are refused; then the connection has to be closed. */
  async authenticate(shown: Shown): Promise<Identity> {
    const identity = await this.#verified(shown);
    if (this.#connection.closed) return identity;
    const before = this.#identity;
    if (before !== undefined && (before.user !== identity.user || before.site !== identity.site)) {
      const what = "token" in shown ? "token: it is" : "credentials: they are";
      throw this.#closing(
        new CodedError("invalid_token", `Cannot take the ${what} for another user`),
      );
    }
    this.requireUnrevoked(identity);
    this.#connection.enter(identity);
    if (before !== undefined && this.#companions !== undefined) this.#keep(before);
    this.#accept(identity);
    // With other rights, the client has to come back and enter its rooms anew.
    if (before !== undefined && !isSameMember(before, identity)) {
      this.#end(DISCONNECTS.session_ended);
    }
    return identity;
  }

  /**
   * Says whose a token or whose credentials are, and leaves the connection what it is. Where they are of the same member, the
   * connection is held to them as well. Rejects where they are refused.
   */
  async examine(shown: Shown): Promise<Identity> {
    const identity = await this.#home.identify(shown, this.#address);
    const refusal = this.#home.revocations.refusal(identity);
    if (refusal !== undefined) throw new CodedError(refusal.code, refusal.message);
    if (this.#identity !== undefined && isSameMember(this.#identity, identity)) {
      this.#keep(identity);
    }
    return identity;
  }

  /** Checks that a token counts, by default the connection's own. Where it throws, the connection has to be closed. */
  requireUnrevoked(token = this.#identity): void {
    const refusal = token && this.#home.revocations.refusal(token);
    if (refusal !== undefined) throw this.#closing(refusal);
  }

  /** The connection is gone. */
  close(): void {
    this.#session.close();
  }

  get #session(): SessionTimer {
    return this.#timer ??= new SessionTimer();
  }

  #end(disconnect: Disconnect): void {
    this.#home.endSession(this.#connection, disconnect);
  }

  /** Makes an error one for which the connection is closed after the answer. */
  #closing(error: unknown): unknown {
    const refusal = withDisconnect(error);
    if (refusal instanceof CodedError && refusal.options.disconnect && refusal.code !== "blocked") {
      this.#home.noteRefused(refusal);
    }
    return refusal;
  }

  /** An answer takes its time, in which the connection is not late: what is refused gives it no more time. */
  async #verified(shown: Shown): Promise<Identity> {
    if (this.#identity === undefined) this.#timer?.hold();
    try {
      return await this.#home.identify(shown, this.#address);
    } catch (error) {
      if (this.#identity === undefined) this.#timer?.goOn();
      throw this.#home.isOpen ? error : this.#closing(error);
    }
  }

  /** Ends the connection where its client does not say in time who it is. */
  #awaitProof(): void {
    if (this.#home.isOpen || this.#home.takesGuests) return;
    this.#session.after(PROOF_DEADLINE_MS, () => this.#end(DISCONNECTS.not_authenticated));
  }

  /** By what a client can say who it is. */
  get #wanted(): string {
    const { tokens, asksWho } = this.#home;
    if (!asksWho) return "a token";
    return tokens === undefined ? "credentials" : "a token or credentials";
  }

  #keep(companion: Identity): void {
    this.#companions = [...this.companions, factsOf(companion)].slice(-MAX_COMPANIONS);
  }

  #accept(identity: Identity): void {
    this.#identity = identity;
    const { expiresAt } = identity;
    this.#timer?.clear();
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    this.#session.at(expiresAt - Math.min(WARNING_MS, left / 4), () => {
      this.#connection.protocol.warn(this.#connection, expiresAt);
      this.#session.at(expiresAt, () => this.#end(DISCONNECTS.session_ended));
    });
  }
}

function factsOf({ site, user, session, tokenId, issuedAt }: Identity): TokenFacts {
  return { site, user, session, tokenId, issuedAt };
}

const DISCONNECT_AFTER: Readonly<Partial<Record<ErrorCode, Disconnect>>> = {
  expired_token: DISCONNECTS.token_expired,
  revoked_token: DISCONNECTS.token_revoked,
  blocked: DISCONNECTS.blocked,
};

/**
 * A refused token ends the connection after the answer, and so do refused credentials. What could not be checked does not: it
 * may be sent again.
 */
function withDisconnect(error: unknown): unknown {
  if (!(error instanceof CodedError)) return error;
  const { code, message, options } = error;
  if (code === "unavailable" || code === "too_many_attempts") return error;
  const disconnect = DISCONNECT_AFTER[code] ?? DISCONNECTS.token_refused;
  return new CodedError(code, message, { ...options, disconnect });
}
