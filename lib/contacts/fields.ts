/** Reads the fields of contacts and privacy settings, of frames and bodies alike. */
import {
  type Fields,
  invalid,
  isBlank,
  optionalName,
  type UserId,
  userIdField,
} from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { flag, pageSize } from "../core/command_fields.ts";
import type { ContactChange, ContactQuery, Privacy } from "./types.ts";

/** How many users one request may name. */
export const MOST_USERS = 1000;

/** What is changed of a contact: whoever is neither blocked, unblocked nor removed is added. */
export function contactFields(fields: Fields, limits: Limits): ContactChange {
  const user = userIdField(fields, limits);
  const isBlocked = optionalFlag(fields, "blocked");
  const blocked = isBlocked === undefined ? {} : { isBlocked };
  if (flag(fields, "remove")) return { user, isContact: false, ...blocked };
  const name = optionalName(fields, "name", limits.name);
  const isNamed = name !== undefined;
  return {
    user,
    ...blocked,
    ...(fields["name"] !== undefined && { name: name ?? null }),
    ...((isNamed || isBlocked === undefined) && { isContact: true }),
  };
}

/** Which contacts are asked for: a page of all, or those of some users. */
export function contactsFields(
  fields: Fields,
  limits: Limits,
): Omit<ContactQuery, "characters"> {
  const isBlocked = optionalFlag(fields, "blocked");
  const only = isBlocked === undefined ? {} : { isBlocked };
  const users = usersField(fields, limits);
  if (users !== undefined) return { limit: users.length, users, ...only };
  const after = cursorField(fields);
  return { limit: pageSize(fields), ...only, ...(after !== undefined && { after }) };
}

/** What is changed of privacy settings. */
export function privacyFields(fields: Fields): Partial<Privacy> {
  const readReceipts = optionalFlag(fields, "read_receipts");
  const showOnline = optionalFlag(fields, "show_online");
  const showLastSeen = optionalFlag(fields, "show_last_seen");
  return {
    ...(readReceipts !== undefined && { readReceipts }),
    ...(showOnline !== undefined && { showOnline }),
    ...(showLastSeen !== undefined && { showLastSeen }),
  };
}

/** The `cursor` of a page of contacts, as the page before has it in `next`. */
export function cursorOnWire(after: UserId): string {
  return new TextEncoder().encode(after).toBase64({ alphabet: "base64url", omitPadding: true });
}

function cursorField({ cursor }: Fields): UserId | undefined {
  if (cursor === undefined || cursor === null) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(String(cursor), { alphabet: "base64url" });
    const after = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!after.includes("\0")) return after; // a database may take no such text
  } catch { // it is no text at all
  }
  throw invalid("cursor", cursor, "the 'next' of the page before");
}

function usersField({ user_ids: value }: Fields, limits: Limits): UserId[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_USERS) {
    throw invalid("user_ids", value, `a list of 1 to ${MOST_USERS} users`);
  }
  return value.map((user) => userIdField({ user_id: user }, limits));
}

/** A boolean; forms and queries write it as a text. */
function optionalFlag(fields: Fields, field: string): boolean | undefined {
  const value = fields[field];
  if (value === undefined || value === null || isBlank(value)) return undefined;
  if (value === "true") return true;
  if (value === "false") return false;
  if (typeof value === "boolean") return value;
  throw invalid(field, value, "true or false");
}
