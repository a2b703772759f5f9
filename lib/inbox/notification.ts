/** Reads a notification that another system sends, the same by every way in. */
import type { Limits } from "../base/sizes.ts";
import {
  digitsAsText,
  type Fields,
  futureField,
  identifier,
  invalid,
  optionalName,
  sendersId,
  timeField,
  type UserId,
  userIdField,
} from "../base/fields.ts";
import type { AttachedIds } from "./attachments.ts";
import { type Said, saidFields } from "../base/said_fields.ts";
import { TIME_ALLOWED, unixSeconds } from "../base/times.ts";
import { type Detailed, detailsOf } from "./details/details.ts";
import { isMissing, listField } from "./details/kinds.ts";
import { type LocalTime, momentOf, readWhen, WHEN_ALLOWED } from "../base/when.ts";

/** The sender of a notification that names none, by the base protocol. */
const DEFAULT_FROM = "system";

/** Most files that a notification has beside its picture. */
export const MOST_ATTACHMENTS = 10;

/** The id of a file. */
export const FILE = /^[\w-]{22}$/;

/** How far ahead a notification can be scheduled. */
export const MAX_DAYS_AHEAD = 366;

/** A notification, whoever it is for. */
export interface ParsedContent extends Said, AttachedIds, Detailed {
  readonly room: string;
  readonly from: string;
  /** Unix time in seconds. */
  readonly timestamp?: number;
  /** An id that the caller made: the same id within a day is the same notification. */
  readonly id?: string;
  /** Unix time in seconds after which nobody gets it any more. */
  readonly expiresAt?: number;
  /**
   * Unix time in seconds at which the notification is delivered, or a time on the receiver's clock; at once where that is
   * past.
   */
  readonly deliverAt?: number | LocalTime;
}

/** A notification for one user. */
export interface ParsedNotification extends ParsedContent {
  readonly user: UserId;
}

export interface NotificationContext {
  readonly limits: Limits;
  /** The room of a notification that names none. */
  readonly defaultRoom: string;
}

/**
 * Reads a notification's fields. What can only mean one thing is taken as that, by whichever way it comes: a number as the
 * text of its digits, text as a number, a time in all of its forms (`base/times.ts`), an empty text, or one of spaces, as
 * a field that is missing. Throws a `CodedError` that names the field and its value.
 */
export function parseNotification(
  fields: Fields,
  context: NotificationContext,
): ParsedNotification {
  return { user: userIdField(fields, context.limits), ...parseContent(fields, context) };
}

/** Reads all of a notification's fields but those that say whom it is for. */
export function parseContent(
  fields: Fields,
  { limits, defaultRoom }: NotificationContext,
): ParsedContent {
  const texts = textsOf(fields);
  const deliverAt = deliverAtField(fields);
  const attached = attachedFields(fields);
  return {
    room: isMissing(texts.room) ? defaultRoom : identifier(texts, "room", limits.room),
    ...saidBeside(attached, { ...texts, data: fields["data"] }, limits),
    ...attached,
    ...detailsOf(fields),
    from: optionalName(texts, "from", limits.name) ?? DEFAULT_FROM,
    timestamp: timeField(fields, "timestamp"),
    id: sendersId(fields),
    expiresAt: expiresAtField(fields, typeof deliverAt === "number" ? deliverAt : undefined),
    deliverAt,
  };
}

/** The fields that are text. It runs for every notification. */
function textsOf(fields: Fields) {
  return {
    room: digitsAsText(fields, "room"),
    message: digitsAsText(fields, "message"),
    from: digitsAsText(fields, "from"),
  };
}

function attachedFields(fields: Fields): AttachedIds {
  const { attachments, image } = fields;
  return {
    ...(!isMissing(attachments) && { attachments: attachmentsField(attachments) }),
    ...(!isMissing(image) && { image: fileId("image", image) }),
  };
}

/** What is said: nothing has to be, where there are files. */
function saidBeside(
  { attachments = [], image }: AttachedIds,
  said: Fields,
  limits: Limits,
): Said {
  const isSaid = !isMissing(said["message"]) || !isMissing(said["data"]);
  const hasFiles = attachments.length > 0 || image !== undefined;
  return isSaid || !hasFiles ? saidFields(said, limits) : {};
}

/** A list of ids; where all is text, the same as JSON, or with commas between. */
function attachmentsField(value: unknown): readonly string[] {
  const list = listField("attachments", value, "a list of the ids of files");
  const ids = [...new Set(list.map((each) => fileId("attachments", each)))];
  if (ids.length <= MOST_ATTACHMENTS) return ids;
  throw invalid("attachments", ids.length, `at most ${MOST_ATTACHMENTS} files`);
}

function fileId(field: string, value: unknown): string {
  const id = typeof value === "string" ? value.trim() : value;
  if (typeof id === "string" && FILE.test(id)) return id;
  throw invalid(field, value, "the id of a file, of 22 characters");
}

function deliverAtField(fields: Fields): number | LocalTime | undefined {
  const value = fields["deliver_at"];
  if (isMissing(value)) return undefined;
  const when = readWhen(value, unixSeconds());
  if (when === undefined) throw invalid("deliver_at", value, `${TIME_ALLOWED}; or ${WHEN_ALLOWED}`);
  return typeof when === "number" ? nearEnough(when, value) : when;
}

/** A time of delivery, unless it is too far ahead. */
function nearEnough(time: number, said: unknown): number {
  if (time <= Date.now() / 1000 + MAX_DAYS_AHEAD * 24 * 3600) return time;
  throw invalid("deliver_at", said, `${TIME_ALLOWED}, at most ${MAX_DAYS_AHEAD} days ahead`);
}

/** The moment at which a notification is delivered to a user in this time zone, in Unix seconds. */
export function deliveryOf(
  { deliverAt, expiresAt }: Pick<ParsedNotification, "deliverAt" | "expiresAt">,
  zone: string,
): number | undefined {
  if (typeof deliverAt !== "object") return deliverAt;
  const time = nearEnough(momentOf(deliverAt, zone, unixSeconds()), deliverAt.text);
  if (expiresAt === undefined || expiresAt > time) return time;
  throw invalid("expires_at", expiresAt, `a time after 'deliver_at', which is ${time}`);
}

/** What has expired already is refused, since nobody would ever get it. */
function expiresAtField(fields: Fields, deliverAt = -1): number | undefined {
  const time = futureField(fields, "expires_at");
  if (time === undefined || time > deliverAt) return time;
  const allowed = `a time after 'deliver_at', which is ${deliverAt}`;
  throw invalid("expires_at", fields["expires_at"], allowed);
}
