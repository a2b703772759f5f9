/** How much of an inbox is kept. */

export interface Retention {
  /** Notifications of one user; `Infinity` for no limit. */
  readonly size: number;
  /** Days since a notification was accepted; `Infinity` for no limit. */
  readonly days: number;
  /** Told what was dropped, so that it can be counted. */
  readonly onDropped: (dropped: { read: number; unread: number }) => void;
}

export function retentionMs({ days }: Retention): number {
  return days * 24 * 3600 * 1000;
}
