/** Lets a program's own function say who clients are. */
import type { Asker, ConnectAnswer, ConnectQuestion } from "../asks/asker.ts";

/** Who a client is: what an {@linkcode Authenticator} answers. */
export interface KnownUser {
  /** A whole number or a text. */
  readonly userId: number | string;
  /** The name that others see; if absent, the client chooses it. */
  readonly name?: string;
  readonly site?: string;
  /** Patterns of private rooms that the user may enter. */
  readonly rooms?: readonly string[];
  /** Patterns of topics that the user may subscribe to. */
  readonly topics?: readonly string[];
  /** When the session ends, Unix time in seconds or an ISO 8601 text; absent: not by itself. */
  readonly expiresAt?: number | string;
}

/** What a client shows to say who it is: any fields, as it has sent them. Nothing in them has been checked. */
export type Credentials = Readonly<Record<string, unknown>>;

/**
 * Says who shows these credentials: `false` for nobody, `true` where their `user_id` (or `username`) is right, or who it is.
 * A function that throws has no answer, and the client may try again.
 */
export type Authenticator = (
  credentials: Credentials,
) => boolean | KnownUser | Promise<boolean | KnownUser>;

export function askerOf(authenticator: Authenticator): Asker {
  return {
    async authenticate({ credentials = {} }: ConnectQuestion): Promise<ConnectAnswer> {
      const known = await authenticator(credentials);
      if (typeof known !== "object" || known === null) return known;
      const { userId, name, site, rooms, topics, expiresAt } = known;
      return { user_id: userId, name, site, rooms, topics, expires_at: expiresAt };
    },
  };
}
