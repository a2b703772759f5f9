/** How much one connection sends, as the kernel asks for it; `limits/user_limits.ts` counts. */
import type { UserId } from "../base/fields.ts";

export interface Traffic {
  /** Takes a message; 0 if it may pass, else how many milliseconds to wait. On every message's way. */
  take(now: number): number;
  /** A message was refused: whether the client was refused too often to be kept. */
  isFlood(now: number): boolean;
  /** The client is this user from now on. Throws where the user has too many connections. */
  identify(site: string, user: UserId): void;
  /** The connection is gone. */
  leave(): void;
}
