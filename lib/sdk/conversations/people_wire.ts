/** Reads what the server says of people: who is there, whom the user knows, and what others see of the user. */
import { asObject, type JsonObject, parseUser } from "../core/frames.ts";
import { invalid } from "../core/replies.ts";
import { optional, optionalNumber, text } from "./fields.ts";
import type { Contact, PrivacySettings, UserPresence } from "./types.ts";

export function readUserPresence(value: unknown): UserPresence {
  const { user_id, status, last_seen, devices } = asObject(value);
  return {
    userId: String(user_id),
    status: readPresenceStatus(status),
    ...optional("lastSeen", optionalNumber(last_seen)),
    devices: (Array.isArray(devices) ? devices : []).map((device) => ({
      platform: text(asObject(device).platform) ?? "",
    })),
  };
}

export function readContact(value: unknown): Contact {
  const fields = asObject(value);
  return {
    ...parseUser(fields) ?? invalid("contacts", value),
    isContact: fields.contact !== false,
    blocked: fields.blocked === true,
    status: readPresenceStatus(fields.status),
    ...optional("lastSeen", optionalNumber(fields.last_seen)),
  };
}

export function readPrivacy(fields: JsonObject): PrivacySettings {
  return {
    readReceipts: fields.read_receipts !== false,
    showOnline: fields.show_online !== false,
    showLastSeen: fields.show_last_seen !== false,
  };
}

function readPresenceStatus(status: unknown): UserPresence["status"] {
  return status === "online" || status === "away" ? status : "offline";
}
