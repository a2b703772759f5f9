/** What a `Publisher` sends, checked by the rules of the server and in the fields that servers read. */
import { siteField } from "../auth/keys/fields.ts";
import type { Fields } from "../base/fields.ts";
import { digitsAsText, identifier, isBlank, userIdOnWire } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { isBroadcast, type ParsedBroadcast } from "../inbox/broadcasts/audience.ts";
import type { ParsedNotification } from "../inbox/notification.ts";
import { eventFields } from "../rooms/events.ts";
import { senderFields, systemMessageFields } from "../rooms/system_fields.ts";
import { topicEventFields, topicField } from "../topics/fields.ts";

/** Who says something; nobody in particular where there is no `userId`. */
export interface From {
  /** @default the user's id, or "system" */
  readonly name?: string;
  readonly userId?: number | bigint | string;
}

/** The payload of the message channel, in which servers of all versions understand each field. */
export function notificationPayload(
  sending: ParsedNotification | ParsedBroadcast,
): Fields {
  const { room, message, data, from, timestamp, id, expiresAt, deliverAt, ...files } = sending;
  const { attachments, image, tags, details } = files;
  const at = typeof deliverAt === "object" ? deliverAt.text : deliverAt;
  const times = { timestamp, expires_at: expiresAt, deliver_at: at };
  return {
    ...recipientsOf(sending),
    room,
    message,
    data,
    from,
    id,
    ...times,
    attachments,
    image,
    tags,
    ...details,
  };
}

function recipientsOf(sending: ParsedNotification | ParsedBroadcast): Fields {
  if (!isBroadcast(sending)) return { user_id: userIdOnWire(sending.user) };
  const { audience } = sending;
  if (audience.kind === "users") return { user_ids: audience.users.map(userIdOnWire) };
  return audience.kind === "topic" ? { topic: audience.topic } : { everyone: true };
}

export function messagePayload(room: string, fields: Fields, limits: Limits): Fields {
  const { id, message, data, user, name } = systemMessageFields(fields, limits);
  return { ...placeOf(room, fields, limits), message, data, name, user_id: user, id };
}

export function eventPayload(room: string, fields: Fields, limits: Limits): Fields {
  const { user, name } = senderFields(fields, limits);
  return { ...placeOf(room, fields, limits), ...eventFields(fields, limits), name, user_id: user };
}

export function topicPayload(topic: string, fields: Fields, limits: Limits): Fields {
  const site = siteOf(fields);
  return { topic: topicField({ topic }, limits), site, ...topicEventFields(fields, limits) };
}

/** A payload as the fields of a stream's entry, which are all text. */
export function entryOf(payload: Fields): string[] {
  return Object.entries(payload).flatMap(([field, value]) => {
    if (value === undefined) return [];
    const isText = typeof value !== "object" && field !== "data";
    return [field, isText ? String(value) : JSON.stringify(value)];
  });
}

function placeOf(room: string, fields: Fields, limits: Limits): Fields {
  return {
    room: identifier({ room: digitsAsText({ room }, "room") }, "room", limits.room),
    site: siteOf(fields),
  };
}

/** A blank site is the usual one to servers, too. */
function siteOf({ site }: Fields): string | undefined {
  return site === undefined || site === null || isBlank(site) ? undefined : siteField({ site });
}
