/** What is said in a channel, and its place in the channel's history. */

/**
 * One message in a channel. `text` is the finished frame, so that no node encodes it again; the rest is what a
 * hub needs to route it.
 */
export interface Publication {
  readonly kind: "message" | "notification" | "inbox" | "join" | "leave" | "command";
  readonly id: string;
  /** A client made the id: the same one within ten minutes is the same publication. */
  readonly isClientsId?: boolean;
  /** The room it is said in; for a notification, the room whose clients get it. */
  readonly room: string;
  readonly text: string;
}

/** A place in a channel's history: `offset` rises by one, `epoch` changes when history was lost. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** Before all there is. */
export const NOWHERE: Position = { offset: 0, epoch: "" };

/** Where a publication is in the history, and whether it was there before, under the same client's id. */
export interface Published extends Position {
  readonly isDuplicate: boolean;
}

/** Seconds that an id which a client made is known. */
export const CLIENTS_ID_SECONDS = 600;

/** Seconds that a channel's offset and epoch are kept at the least: they outlive its messages. */
export const POSITION_SECONDS = 3600;

/** The same where the history is persistent. */
const PERSISTENT_POSITION_SECONDS = 30 * 24 * 3600;

export interface HistoryOptions {
  /** Publications kept; 0 keeps none. */
  readonly size: number;
  /** Seconds after the last publication until the channel's messages are dropped. */
  readonly seconds: number;
  /** Also where the engine keeps no history of its own over a restart. @default false */
  readonly persistent?: boolean;
}

/** Seconds after the last publication until a channel's offset and epoch are dropped. */
export function positionSeconds({ seconds, persistent }: HistoryOptions): number {
  const atLeast = persistent ? PERSISTENT_POSITION_SECONDS : POSITION_SECONDS;
  return Math.max(Math.ceil(seconds), atLeast);
}

/** A publication as a history has it; `text` has the offset, too. */
export interface KeptPublication {
  readonly offset: number;
  readonly text: string;
}

export interface History extends Position {
  /** Oldest first. */
  readonly publications: readonly KeptPublication[];
}

/** A finished frame with its place in its channel. */
export function withOffset(text: string, offset: number): string {
  return `{"offset":${offset},${text.slice(1)}`;
}

/** A frame that was finished but for its timestamp, a Unix time in seconds. */
export function withTimestamp(text: string, timestamp: number): string {
  return `${text.slice(0, -1)},"timestamp":${timestamp}}`;
}
