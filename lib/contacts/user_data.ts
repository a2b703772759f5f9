/** What is kept of a user's contacts and privacy, and of the user among the contacts of others. */
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import { type Database, rows, type Work } from "../engines/database/database.ts";
import { contactsKey } from "./contacts.ts";
import { readPrivacies } from "./privacy_store.ts";
import { OPEN_PRIVACY } from "./types.ts";
import { privacyOnWire } from "./wire.ts";

/** How many rows are read or erased at once. */
const AT_ONCE = 500;

export class ContactData implements UserData {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    for (let after: string | undefined = ""; after !== undefined;) {
      const found = await this.#database.query(
        `SELECT contact, name, is_contact, blocked, changed_at FROM contacts
         WHERE site = $1 AND owner = $2 AND contact > $3 ORDER BY contact LIMIT ${AT_ONCE}`,
        ...[site, user, after],
      );
      for (const { contact, name, is_contact, blocked, changed_at } of found) {
        yield {
          type: "contact",
          user_id: userIdOnWire(String(contact)),
          ...(typeof name === "string" && { name }),
          contact: is_contact === 1,
          blocked: blocked === 1,
          changed_at: inSeconds(Number(changed_at)),
        };
      }
      const last: unknown = found.at(-1)?.["contact"];
      after = found.length < AT_ONCE ? undefined : String(last);
    }
    const privacies = await this.#database.transaction(() => readPrivacies(site, [user]));
    const privacy = privacies.get(user) ?? OPEN_PRIVACY;
    if (privacy !== OPEN_PRIVACY) yield { type: "privacy", ...privacyOnWire(privacy) };
  }

  /** Others lose the user as a contact, and the name they gave. Their blocks stay: they hold for whoever has the id next. */
  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const { own, others } = await this.#database.transaction(
      () => eraseSome(site, user),
      contactsKey(site, user),
    );
    return {
      erased: { contacts: own, contacts_of_others: others },
      more: own === AT_ONCE || others === AT_ONCE,
    };
  }
}

function* eraseSome(site: string, user: string): Work<{ own: number; others: number }> {
  const own = yield* rows(
    `DELETE FROM contacts WHERE site = $1 AND owner = $2 AND contact IN (
       SELECT contact FROM contacts WHERE site = $1 AND owner = $2 LIMIT ${AT_ONCE}
     ) RETURNING contact`,
    ...[site, user],
  );
  const others = yield* rows(
    `UPDATE contacts SET is_contact = 0, name = NULL
     WHERE site = $1 AND contact = $2 AND owner IN (
       SELECT owner FROM contacts
       WHERE site = $1 AND contact = $2 AND (is_contact = 1 OR name IS NOT NULL) LIMIT ${AT_ONCE}
     ) RETURNING owner`,
    ...[site, user],
  );
  yield* rows(
    "DELETE FROM contacts WHERE site = $1 AND contact = $2 AND is_contact = 0 AND blocked = 0",
    ...[site, user],
  );
  yield* rows("DELETE FROM contact_privacy WHERE site = $1 AND owner = $2", site, user);
  return { own: own.length, others: others.length };
}
