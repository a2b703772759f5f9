/** Contacts and blocks in the database: works, each a part of somebody's transaction. */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { type Row, row, rows, type Work } from "../engines/database/database.ts";
import { idLists } from "../engines/database/id_list.ts";
import type { Contact, ContactChange, ContactQuery } from "./types.ts";

/** A contact with the name that its owner gave it, if any. */
export type StoredContact = Contact;

/** Whose contacts they are. */
export interface Owner {
  readonly site: string;
  readonly user: UserId;
}

const COLUMNS = "contact, name, is_contact, blocked";

/** Some of the owner's contacts, one more than `limit` where there are more. */
export function* listContacts(
  { site, user }: Owner,
  { after = "", isBlocked, limit }: Pick<ContactQuery, "after" | "isBlocked" | "limit">,
): Work<StoredContact[]> {
  const only = isBlocked === undefined ? "" : `AND blocked = ${isBlocked ? 1 : 0}`;
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM contacts WHERE site = $1 AND owner = $2 AND contact > $3 ${only}
     ORDER BY contact LIMIT $4`,
    ...[site, user, after, limit + 1],
  );
  return found.map(contactOf);
}

/** Those of the users whom the owner has as a contact or has blocked. */
export function* findContacts(
  { site, user }: Owner,
  users: readonly UserId[],
): Work<StoredContact[]> {
  const found: StoredContact[] = [];
  for (const { sql, ids } of idLists(users, 3)) {
    const part = yield* rows(
      `SELECT ${COLUMNS} FROM contacts WHERE site = $1 AND owner = $2 AND contact ${sql}`,
      ...[site, user, ...ids],
    );
    found.push(...part.map(contactOf));
  }
  return found;
}

/** The row after a change, which may be neither a contact nor blocked any more, and the one before it. */
interface ChangedRow {
  readonly before: StoredContact | undefined;
  readonly after: StoredContact;
}

/**
 * Changes one of the owner's contacts. Each column is written by itself, so that two devices that change different things at
 * once both succeed. Throws where the owner has as many as one may have.
 *
 * @param limit contacts, and blocks, that the owner may have
 */
export function* changeContact(
  owner: Owner,
  change: ContactChange,
  { limit, now }: { limit: number; now: number },
): Work<ChangedRow> {
  const { site, user } = owner;
  const [before] = yield* findContacts(owner, [change.user]);
  const wanted = wantedOf(change);
  const { name = null, isContact = false, isBlocked = false } = { ...before, ...wanted };
  if (isContact && !before?.isContact) yield* requireRoom(owner, "is_contact", limit);
  if (isBlocked && !before?.isBlocked) yield* requireRoom(owner, "blocked", limit);
  const columns = [
    ...(wanted.name === undefined ? [] : ["name"]),
    ...(wanted.isContact === undefined ? [] : ["is_contact"]),
    ...(wanted.isBlocked === undefined ? [] : ["blocked"]),
    "changed_at",
  ];
  const changed = yield* row(
    `INSERT INTO contacts (site, owner, contact, name, is_contact, blocked, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (site, owner, contact)
     DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}
     RETURNING ${COLUMNS}`,
    ...[site, user, change.user, name, Number(isContact), Number(isBlocked), now],
  );
  yield* rows(
    `DELETE FROM contacts
     WHERE site = $1 AND owner = $2 AND contact = $3 AND is_contact = 0 AND blocked = 0`,
    ...[site, user, change.user],
  );
  return { before, after: contactOf(changed ?? {}) };
}

/** Who is no contact has no name, either: it would come back with the contact. */
function wantedOf({ isContact, name, isBlocked }: ContactChange): Omit<ContactChange, "user"> {
  return {
    ...(name !== undefined && { name }),
    ...(isContact !== undefined && { isContact }),
    ...(isContact === false && { name: null }),
    ...(isBlocked !== undefined && { isBlocked }),
  };
}

function* requireRoom(
  { site, user }: Owner,
  column: "is_contact" | "blocked",
  limit: number,
): Work<void> {
  if (!Number.isFinite(limit)) return;
  const counted = yield* row(
    `SELECT count(*) AS count FROM contacts WHERE site = $1 AND owner = $2 AND ${column} = 1`,
    ...[site, user],
  );
  const count = Number(counted?.["count"]);
  if (count < limit) return;
  const [verb, noun] = column === "blocked" ? ["block", "blocked users"] : ["add", "contacts"];
  throw new CodedError(
    "too_many_contacts",
    `Cannot ${verb} the user: user ${user} has ${count} ${noun}, the limit is ${limit}`,
    { field: "user_id" },
  );
}

/** Those of the others between whom and the user somebody has blocked the other. */
export function* blocksBetween(
  { site, user }: Owner,
  others: Iterable<UserId>,
): Work<Set<UserId>> {
  const found = new Set<UserId>();
  for (const { sql, ids } of idLists(others, 3)) {
    const part = yield* rows(
      `SELECT contact AS other FROM contacts
       WHERE site = $1 AND owner = $2 AND blocked = 1 AND contact ${sql}
       UNION SELECT owner AS other FROM contacts
       WHERE site = $1 AND contact = $2 AND blocked = 1 AND owner ${sql}`,
      ...[site, user, ...ids],
    );
    for (const { other } of part) found.add(String(other));
  }
  return found;
}

/** A condition in SQL: one of two users has blocked the other. All three are expressions, such as columns. */
export function isBlockBetween(site: string, one: string, other: string): string {
  const hasBlocked = (owner: string, contact: string) =>
    `EXISTS (SELECT 1 FROM contacts blocks WHERE blocks.site = ${site} AND blocks.owner = ${owner}
       AND blocks.contact = ${contact} AND blocks.blocked = 1)`;
  return `(${hasBlocked(one, other)} OR ${hasBlocked(other, one)})`;
}

/** Those of the owners who have the user as a contact. */
export function* ownersOf({ site, user }: Owner, owners: Iterable<UserId>): Work<Set<UserId>> {
  const found = new Set<UserId>();
  for (const { sql, ids } of idLists(owners, 3)) {
    const part = yield* rows(
      `SELECT owner FROM contacts
       WHERE site = $1 AND contact = $2 AND is_contact = 1 AND owner ${sql}`,
      ...[site, user, ...ids],
    );
    for (const { owner } of part) found.add(String(owner));
  }
  return found;
}

function contactOf({ contact, name, is_contact, blocked }: Row): StoredContact {
  return {
    user: String(contact),
    ...(typeof name === "string" && { name }),
    isContact: is_contact === 1,
    isBlocked: blocked === 1,
  };
}
