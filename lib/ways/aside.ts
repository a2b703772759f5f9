/** What was refused, and that no sender was told of: operators look at it, send it again or remove it. */
import type { Fields } from "../base/fields.ts";

export interface DeadLetter {
  readonly id: string;
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly reason: string;
  /** What came, as far as it could be read. */
  readonly payload: Fields | string;
}

export interface Aside {
  /** The last ones, the newest first. @param before the id of the last one of the page before */
  list(limit: number, before?: string): Promise<DeadLetter[]>;
  /** Takes it once more as if it had just come, and removes it. Rejects with the refusal where it is refused again. */
  resend(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}
