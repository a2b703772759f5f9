/** How much of an inbox is kept. */
import type { UserId } from "../base/fields.ts";

export interface Retention {
  /** Most notifications of one user; `Infinity` for no limit. */
  readonly size: number;
  /** Most bytes of one user's notifications; `Infinity` for no limit. */
  readonly bytes: number;
  /** Days since a notification was accepted; `Infinity` for no limit. */
  readonly days: number;
  /** Is told what was dropped, so that it can be counted. */
  readonly onDropped: (dropped: Dropped) => void;
}

/** Notifications that left an inbox because it was full or they were too old. */
export interface Dropped {
  readonly site: string;
  readonly user: UserId;
  /** How many of them a client had got. */
  readonly taken: number;
  /** How many of them nobody ever got. */
  readonly queued: number;
  /** The ids of those of them that had files, which are no longer in use by them. Others may be among them. */
  readonly withFiles: readonly string[];
}

export function retentionMs({ days }: Retention): number {
  return days * 24 * 3600 * 1000;
}
