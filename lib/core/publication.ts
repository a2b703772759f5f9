/** Publications, and their places in a channel's history. */
import type { UserId } from "../base/fields.ts";
import { tracer } from "../base/tracing.ts";
import type { Claim } from "./claim.ts";

/** Who published something: a user, or another system under a name. */
interface Sender {
  readonly user?: UserId;
  readonly name?: string;
  /** The connection that the publication does not come back to; absent where it comes to all. */
  readonly client?: string;
}

/** What is known of a file that a publication has. */
export interface AttachedFile {
  readonly id: string;
  readonly name: string;
  /** A media type, such as "image/png". */
  readonly type: string;
  readonly bytes: number;
  /** Pixels, of images. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** A link to it, made when it is shown. */
  readonly url?: string | undefined;
}

/** What a publication carries, whatever kind it is of. */
export interface Content {
  readonly from?: Sender;
  readonly message?: string;
  /** What happened, such as "read". */
  readonly event?: string;
  /** Any JSON that belongs to the publication. */
  readonly data?: unknown;
  readonly tags?: readonly string[];
  readonly attachments?: readonly AttachedFile[];
  readonly image?: AttachedFile;
  /** More that its capability shows, by the names that frames have. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of which span it is a part, as a `traceparent`, where somebody traces it: another node delivers it as a part of that one. */
  readonly trace?: string;
}

/**
 * One event in a channel, as data. It is stored and fanned out in this form, and each dialect makes a frame of it once
 * on each node (`arrival.ts`).
 */
export interface Publication extends Content {
  /** A word that its capability has chosen, such as "message". */
  readonly kind: string;
  readonly id: string;
  /** Unix time in seconds. */
  readonly at: number;
  /** In a user's channel, the room whose connections get the publication. */
  readonly room?: string;
  /**
   * Whether a client made the id. The same id of the same user within ten minutes is then the same publication. This field
   * is not stored.
   */
  readonly isClientsId?: boolean;
  /** Where it came by a shared way: it is published only while the holder has the turn. This field is not stored. */
  readonly claim?: Claim;
  /** What an engine with such logs writes in one step with the publication. This field is not stored with it. */
  readonly logged?: LogEntry;
}

/** An entry of logs that other parts keep, each of which the engine knows by the name of its stream. */
export interface LogEntry {
  readonly streams: readonly string[];
  /** Names and values in turn. The engine adds `offset` and `epoch`, where there are any. */
  readonly fields: readonly string[];
}

/** The content in JSON, as stores keep it. */
export function encodeContent(content: Content): string {
  const { from, message, event, data, tags, attachments, image, details } = content;
  return JSON.stringify({ from, message, event, data, tags, attachments, image, details });
}

/** As {@linkcode encodeContent}, for what other nodes hear: it says of which span it is a part, where somebody traces it. */
export function encodeHeardContent(content: Content): string {
  const trace = tracer?.traceparent();
  const json = encodeContent(content);
  return trace === undefined
    ? json
    : `${json.slice(0, -1)}${json.length > 2 ? "," : ""}"trace":"${trace}"}`;
}

/** The content that {@linkcode encodeContent} made. */
export function decodeContent(json: string): Content {
  return JSON.parse(json);
}

/** How many characters a frame has beside its texts, for an offset of four digits: names of fields, offset and time. */
const FRAME_CHARACTERS = 103;

/** What JSON may write as several characters: controls, `"`, `\`, and halves of pairs. */
const ESCAPED = /[^ !#-\[\]-\ud7ff\ue000-\uffff]/;

/**
 * How many characters a publication takes in a frame, to within the digits of its offset. An answer is cut by this, before any
 * frame of it is made.
 *
 * @param channel the channel's name, which stands in the frame, too
 */
export function frameLength(
  channel: string,
  { kind, id, room, from, message, event, data, tags, attachments, image, details }: Publication,
): number {
  return FRAME_CHARACTERS + kind.length + jsonLength(id) + jsonLength(channel) + jsonLength(room) +
    jsonLength(from?.user) + jsonLength(from?.name) + jsonLength(message) +
    (event === undefined ? 0 : `,"event":""`.length + jsonLength(event)) +
    (data === undefined ? 0 : `,"data":`.length + JSON.stringify(data).length) +
    (tags === undefined ? 0 : `,"tags":`.length + JSON.stringify(tags).length) +
    (attachments === undefined
      ? 0
      : `,"attachments":`.length + JSON.stringify(attachments).length) +
    (image === undefined ? 0 : `,"image":`.length + JSON.stringify(image).length) +
    (details === undefined ? 0 : JSON.stringify(details).length - 1); // "{" for ","
}

function jsonLength(text = ""): number {
  return ESCAPED.test(text) ? JSON.stringify(text).length - 2 : text.length;
}

/** A place in a channel's history: `offset` rises by one, `epoch` changes when history was lost. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** Where a channel or an inbox stands, and which positions of earlier epochs are still good there. */
export interface Standing extends Position {
  /**
   * Where earlier epochs ended: nothing was lost of what they had up to there. Absent with an engine that keeps nothing of
   * an earlier epoch.
   */
  readonly past?: readonly Position[];
}

/** Whether a position is one of what stands there now, so that what came after it is just what follows it there. */
export function isPlaceIn({ epoch, past = [] }: Standing, position: Position): boolean {
  return position.epoch === epoch ||
    past.some((end) => end.epoch === position.epoch && position.offset <= end.offset);
}

/** The position before every publication. */
export const NOWHERE: Position = { offset: 0, epoch: "" };

/** The position of a publication, and whether it was there before under the same client's id. */
export interface Published extends Position {
  readonly isDuplicate: boolean;
}

/** How long an id that a client made is known. */
export const CLIENTS_ID_SECONDS = 600;

/** How long a channel's offset and epoch are kept at the least. They outlive its messages. */
export const POSITION_SECONDS = 3600;

/** How long the offset and epoch of a channel with a persistent history are kept at the least. */
const PERSISTENT_POSITION_SECONDS = 30 * 24 * 3600;

export interface HistoryOptions {
  /** Publications kept; 0 keeps none. */
  readonly size: number;
  /** Seconds after the last publication until the channel's messages are dropped. */
  readonly seconds: number;
  /** Whether the history outlives a restart also with an engine that keeps others in memory. @default false */
  readonly persistent?: boolean;
}

/** Seconds after the last publication until a channel's offset and epoch are dropped. */
export function positionSeconds({ seconds, persistent }: HistoryOptions): number {
  const atLeast = persistent ? PERSISTENT_POSITION_SECONDS : POSITION_SECONDS;
  return Math.max(Math.ceil(seconds), atLeast);
}

/** A publication in a history. */
export interface KeptPublication {
  readonly offset: number;
  readonly publication: Publication;
}

export interface History extends Standing {
  /** The publications, oldest first. */
  readonly publications: readonly KeptPublication[];
}
