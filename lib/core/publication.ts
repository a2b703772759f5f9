/** What is said in a channel, and its place in the channel's history. */
import type { UserId } from "../base/fields.ts";

/** Who said it: a user, or another system under a name. */
export interface Sender {
  readonly user?: UserId;
  readonly name?: string;
}

/** What a publication carries, whatever kind it is of. */
export interface Content {
  readonly from?: Sender;
  readonly message?: string;
  /** What happened, such as "read". */
  readonly event?: string;
  /** Whatever else belongs to it, as JSON has it. */
  readonly data?: unknown;
  readonly tags?: readonly string[];
}

/**
 * One message in a channel, as data: that is what is stored and fanned out. Each dialect makes its own frame of it, once
 * on each node (`arrival.ts`).
 */
export interface Publication extends Content {
  /** A word that its capability has chosen, such as "message". */
  readonly kind: string;
  readonly id: string;
  /** Unix time in seconds. */
  readonly at: number;
  /** In a user's channel: the room whose connections get it. */
  readonly room?: string;
  /** A client made the id: the same one within ten minutes is the same publication. It is not stored. */
  readonly isClientsId?: boolean;
}

/** The content as it is stored, in JSON. */
export function encodeContent({ from, message, event, data, tags }: Content): string {
  return JSON.stringify({ from, message, event, data, tags });
}

/** The content that {@linkcode encodeContent} made. */
export function decodeContent(json: string): Content {
  return JSON.parse(json);
}

/** Characters of a publication in a frame, about: to see whether an answer becomes too long for its client. */
export function lengthOf({ from, message, data }: Content): number {
  return FRAME_LENGTH + (message?.length ?? 0) + (from?.name?.length ?? 0) +
    (data === undefined ? 0 : JSON.stringify(data).length);
}

/** Of what is in every frame beside its content: type, ids, room and time. */
const FRAME_LENGTH = 120;

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

/** A publication as a history has it. */
export interface KeptPublication {
  readonly offset: number;
  readonly publication: Publication;
}

export interface History extends Position {
  /** Oldest first. */
  readonly publications: readonly KeptPublication[];
}
