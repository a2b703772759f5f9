/** Writes contacts and privacy settings as answers and frames show them. */
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { cursorOnWire } from "./fields.ts";
import type { ChangedContact, Contact, ContactPage, ContactStatus, Privacy } from "./types.ts";

export function contactOnWire({ user, name, isContact, isBlocked }: Contact): object {
  return {
    user_id: userIdOnWire(user),
    ...(name !== undefined && { name }),
    ...(!isContact && { contact: false }),
    ...(isBlocked && { blocked: true }),
  };
}

/** What became of a contact. The same is told to who asked for it, and to the user's other devices. */
export function changedOnWire({ contact, isRemoved }: ChangedContact): object {
  return { contact: contactOnWire(contact), ...(isRemoved && { removed: true }) };
}

/** @param statuses of those whose presence the owner may see */
export function pageOnWire(
  { contacts, next }: ContactPage,
  statuses: ReadonlyMap<UserId, ContactStatus>,
): object {
  const shown = contacts.map((contact) => withStatus(contact, statuses.get(contact.user)));
  return { contacts: shown, ...(next !== undefined && { next: cursorOnWire(next) }) };
}

export function withStatus(contact: Contact, status: ContactStatus | undefined): object {
  if (status === undefined) return contactOnWire(contact);
  const { status: word, lastSeen } = status;
  const seen = lastSeen === undefined ? {} : { last_seen: lastSeen };
  return { ...contactOnWire(contact), status: word, ...seen };
}

export function privacyOnWire({ readReceipts, showOnline, showLastSeen }: Privacy): object {
  return {
    read_receipts: readReceipts,
    show_online: showOnline,
    show_last_seen: showLastSeen,
  };
}
