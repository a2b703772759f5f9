/** Reads to whom a notification goes: to one user, to several, to the followers of a topic, or to everyone of a site. */
import { CodedError } from "../../base/errors.ts";
import { digitsAsText, type Fields, invalid, type UserId, userIdField } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import { topicField } from "../../topics/fields.ts";
import { flagField, isMissing, listField } from "../details/kinds.ts";
import {
  type NotificationContext,
  parseContent,
  type ParsedContent,
  type ParsedNotification,
  parseNotification,
} from "../notification.ts";

/** Those to whom something goes at once. */
export type Audience =
  | { readonly kind: "users"; readonly users: readonly UserId[] }
  | { readonly kind: "topic"; readonly topic: string }
  | { readonly kind: "everyone" };

/** A notification for many, as it is asked for. */
export interface ParsedBroadcast extends ParsedContent {
  readonly audience: Audience;
}

export interface SendingContext extends NotificationContext {
  /** Most users of one notification. */
  readonly recipients: number;
}

/** The fields that say to whom it goes, of which there is one. */
export const TO = ["user_id", "user_ids", "topic", "everyone"];

/** Reads a notification for one user or for many. Throws a `CodedError` that names the field and its value. */
export function parseSending(
  fields: Fields,
  context: SendingContext,
): ParsedNotification | ParsedBroadcast {
  const audience = audienceOf(fields, context);
  if (audience === undefined) return parseNotification(fields, context);
  return { audience, ...parseContent(fields, context) };
}

export function isBroadcast(
  sending: ParsedNotification | ParsedBroadcast,
): sending is ParsedBroadcast {
  return "audience" in sending;
}

/** Bytes of a body that has as many ids of a usual length as one may send to. */
export function mostBytes({ limits, recipients }: SendingContext): number {
  return limits.frame + (Number.isFinite(recipients) ? recipients : 100_000) * 64;
}

/** `undefined` where it is for one user. */
function audienceOf(fields: Fields, { limits, recipients }: SendingContext): Audience | undefined {
  const everyone = flagField(fields, "everyone");
  const given = TO.filter((field) => field === "everyone" ? everyone : !isMissing(fields[field]));
  const [field] = given;
  if (given.length > 1) {
    throw invalid(given[1] ?? "", fields[given[1] ?? ""], `one of ${TO.join(", ")}`);
  }
  if (field === "user_ids") {
    return { kind: "users", users: usersOf(fields["user_ids"], limits, recipients) };
  }
  if (field === "topic") {
    return { kind: "topic", topic: topicField({ topic: digitsAsText(fields, "topic") }, limits) };
  }
  return field === "everyone" ? { kind: "everyone" } : undefined;
}

/** Each once, in the order of their ids. */
function usersOf(value: unknown, limits: Limits, most: number): readonly UserId[] {
  const allowed = "a list of users' ids";
  const given = listField("user_ids", value, allowed);
  const users = new Set(given.map((each) => {
    const id = typeof each === "string" ? each.trim() : each;
    try {
      return userIdField({ user_id: id }, limits);
    } catch {
      throw invalid("user_ids", each, allowed);
    }
  }));
  if (users.size === 0) throw invalid("user_ids", value, "a list of at least one user's id");
  if (users.size <= most) return [...users].sort();
  throw new CodedError(
    "too_many_recipients",
    `Field 'user_ids' has too many users: there are ${users.size}, the limit is ${most}`,
    { field: "user_ids" },
  );
}
