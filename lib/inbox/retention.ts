/** How much of an inbox is kept. */
import type { UserId } from "../base/fields.ts";

export interface Retention {
  /** Notifications of one user; `Infinity` for no limit. */
  readonly size: number;
  /** Days since a notification was accepted; `Infinity` for no limit. */
  readonly days: number;
  /** Told what was dropped, so that it can be counted. */
  readonly onDropped: (dropped: Dropped) => void;
}

/** Notifications that left an inbox because it was full or they were too old. */
export interface Dropped {
  readonly user: UserId;
  /** A client had got them. */
  readonly taken: number;
  /** Nobody ever got them. */
  readonly queued: number;
}

export function retentionMs({ days }: Retention): number {
  return days * 24 * 3600 * 1000;
}
