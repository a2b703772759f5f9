/** Reads what other systems say in rooms, the same by every way in: HTTP, Redis, RabbitMQ. */
import {
  digitsAsText,
  type Fields,
  invalid,
  optionalName,
  sendersId,
  type UserId,
  userIdField,
} from "../base/fields.ts";
import { saidFields } from "../base/said_fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { RoomMessage } from "./membership.ts";

/** The name of a system that gives none, as with notifications. */
const DEFAULT_NAME = "system";

/** Reads what a system says. Throws a `CodedError` that names the field and its value. */
export function systemMessageFields(fields: Fields, limits: Limits): Omit<RoomMessage, "room"> {
  const texts = { ...fields, message: digitsAsText(fields, "message") };
  return { id: sendersId(fields), ...saidFields(texts, limits), ...senderFields(fields, limits) };
}

/** Whom a message or an event is shown to be from. The caller may speak for any user of its site. */
export function senderFields(fields: Fields, limits: Limits): { user?: UserId; name: string } {
  const { user_id: user } = fields;
  const isNobody = user === undefined || user === null || user === "";
  const name = optionalName({ name: digitsAsText(fields, "name") }, "name", limits.name);
  if (isNobody) return { name: name ?? DEFAULT_NAME };
  const id = userIdField(fields, limits);
  return { user: id, name: name ?? id };
}

/** Checks that a body which names the room that a path names, too, names the same one. Throws `invalid_field`. */
export function requireSame(field: "room" | "pattern", fields: Fields, room: string): void {
  const named = fields[field] ?? room;
  if (String(named) === room) return;
  throw invalid(field, named, `${JSON.stringify(room)}, as in the address, or none`);
}
