/** Limits what one connection sends. `limits/user_limits.ts` implements it. */
import type { UserId } from "../base/fields.ts";

export interface Traffic {
  /** Counts a message. Returns 0 if it may pass, else how many milliseconds to wait. It runs for every message. */
  take(now: number): number;
  /** Counts a message that was refused. Says whether the client was refused too often to stay connected. */
  isFlood(now: number): boolean;
  /** The client is this user from now on. Throws if the user has too many connections. */
  identify(site: string, user: UserId): void;
  /** The connection is gone. */
  leave(): void;
}
