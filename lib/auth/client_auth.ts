/**
 * One connection's proof of who it is: at the handshake or in its first frame, then renewed before its session ends.
 * `client.ts` asks it before it does anything.
 */
import { type Disconnect, DISCONNECTS, type ErrorCode, NotifyliError } from "../errors.ts";
import { type Identity, isSameMember, newGuest } from "./identity.ts";
import type { Revocations } from "./revocations.ts";
import type { TokenVerifier } from "./tokens.ts";

/** How long a connection may stay without having proved who it is. */
const AUTH_DEADLINE_MS = 5000;

/** How long before its end a session is announced to end; in a short one, a quarter of what is left. */
const WARNING_MS = 30_000;

/** More than this, a timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What needs no proof. */
const FREE_COMMANDS: readonly unknown[] = ["auth", "ping"];

export interface AuthParts {
  /** Absent: the server is open, and believes its clients. */
  readonly tokens: TokenVerifier | undefined;
  readonly revocations: Revocations;
}

/** What has a session: the client. */
export interface SessionOwner {
  /** The session ends at this Unix time in milliseconds, unless it is renewed. */
  sessionEnding(expiresAt: number): void;
  /** The connection has to be closed. */
  sessionEnded(disconnect: Disconnect): void;
}

export class ClientAuth {
  readonly #tokens: TokenVerifier | undefined;
  readonly #revocations: Revocations;
  readonly #owner: SessionOwner;
  readonly #takesGuests: boolean;
  #identity: Identity | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /**
   * @param identity what the handshake has proved
   * @param takesGuests one that goes on without a token is a guest
   */
  constructor(
    { tokens, revocations }: AuthParts,
    { identity, takesGuests }: { identity: Identity | undefined; takesGuests: boolean },
    owner: SessionOwner,
  ) {
    this.#tokens = tokens;
    this.#revocations = revocations;
    this.#takesGuests = takesGuests;
    this.#owner = owner;
    if (identity !== undefined) this.#accept(identity);
    else if (tokens !== undefined && !takesGuests) {
      this.#after(AUTH_DEADLINE_MS, () => owner.sessionEnded(DISCONNECTS.not_authenticated));
    }
  }

  /** Who this is, a guest too; `undefined` where that is not known. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Checks that a command may be worked on by now; it may make the connection a guest's. Throws `unauthorized`. */
  admit(type: unknown): void {
    if (this.#tokens === undefined || this.#identity !== undefined) return;
    if (FREE_COMMANDS.includes(type)) return;
    if (this.#takesGuests) return this.#accept(newGuest());
    throw new NotifyliError(
      "unauthorized",
      "This connection has not proved who it is: send 'auth' with a token",
    );
  }

  /** Takes a connection token; rejects where it is refused, and then the connection has to be closed. */
  async authenticate(token: string): Promise<Identity> {
    if (this.#tokens === undefined) {
      throw new NotifyliError(
        "invalid_token",
        "Cannot take the token: this server is open and has no key to check it",
      );
    }
    const before = this.#identity;
    const identity = await this.#tokens.connection(token).catch((error) => {
      throw withDisconnect(error);
    });
    if (before !== undefined && (before.user !== identity.user || before.site !== identity.site)) {
      throw new NotifyliError("invalid_token", "Cannot take the token: it is for another user", {
        disconnect: DISCONNECTS.token_refused,
      });
    }
    this.requireUnrevoked(identity);
    this.#accept(identity);
    // What it has entered by its former rights is checked again when it comes back.
    if (before !== undefined && !isSameMember(before, identity)) {
      this.#owner.sessionEnded(DISCONNECTS.session_ended);
    }
    return identity;
  }

  /** Checks that its token counts, or another one. Throws why not; then the connection has to be closed. */
  requireUnrevoked(token = this.#identity): void {
    const refusal = token && this.#revocations.refusal(token);
    if (refusal !== undefined) throw withDisconnect(refusal);
  }

  /** The connection is gone. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #accept(identity: Identity): void {
    this.#identity = identity;
    const { expiresAt } = identity;
    clearTimeout(this.#timer);
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    this.#at(expiresAt - Math.min(WARNING_MS, left / 4), () => {
      this.#owner.sessionEnding(expiresAt);
      this.#at(expiresAt, () => this.#owner.sessionEnded(DISCONNECTS.session_ended));
    });
  }

  /** @param time Unix time in milliseconds */
  #at(time: number, callback: () => void): void {
    const left = time - Date.now();
    if (left <= MAX_TIMER_MS) this.#after(left, callback);
    else this.#after(MAX_TIMER_MS, () => this.#at(time, callback));
  }

  #after(ms: number, callback: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(callback, ms);
  }
}

const DISCONNECT_AFTER: Readonly<Partial<Record<ErrorCode, Disconnect>>> = {
  expired_token: DISCONNECTS.token_expired,
  revoked_token: DISCONNECTS.token_revoked,
  blocked: DISCONNECTS.blocked,
};

/** A refused token ends the connection after the answer; where it could not be checked, it may be sent again. */
function withDisconnect(error: unknown): unknown {
  if (!(error instanceof NotifyliError)) return error;
  const { code, message, options } = error;
  if (code === "unavailable") return error;
  const disconnect = DISCONNECT_AFTER[code] ?? DISCONNECTS.token_refused;
  return new NotifyliError(code, message, { ...options, disconnect });
}
