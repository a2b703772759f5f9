/**
 * Contacts, blocks and what users show of themselves. What decides over messages is a work, so that it is asked within the
 * transaction that keeps the message: nobody gets through between the question and the message.
 */
import { CodedError } from "../base/errors.ts";
import { shown, type UserId, userIdOnWire } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { unixSeconds } from "../base/times.ts";
import type { Node } from "../core/node.ts";
import type { Database, Work } from "../engines/database/database.ts";
import { contactsChannel } from "./channel.ts";
import type { ContactCounters } from "./metrics.ts";
import { changePrivacy, readPrivacies } from "./privacy_store.ts";
import {
  blocksBetween,
  changeContact,
  findContacts,
  isBlockBetween,
  listContacts,
  ownersOf,
  type StoredContact,
} from "./store.ts";
import {
  type ChangedContact,
  type Changer,
  type Contact,
  type ContactChange,
  type ContactPage,
  type ContactQuery,
  type ContactStatus,
  OPEN_PRIVACY,
  type Privacy,
} from "./types.ts";
import { changedOnWire, contactOnWire, privacyOnWire } from "./wire.ts";

/** Knows what users call themselves. */
export type Names = (
  site: string,
  users: readonly UserId[],
) => Promise<ReadonlyMap<UserId, string>>;

/** Knows who of the users is online, as far as the viewer may see that. */
export type Statuses = (
  site: string,
  viewer: UserId,
  users: readonly UserId[],
) => Promise<ReadonlyMap<UserId, ContactStatus>>;

/** Is told on the node where a change was asked for, once it is kept. */
export interface ContactListener {
  /** The owner may be seen by the other, or see the other, in another way than before. */
  contactChanged?(site: string, owner: UserId, other: UserId): void;
  privacyChanged?(site: string, user: UserId, privacy: Privacy): void;
}

interface ContactsParts {
  readonly database: Database;
  /** Contacts of one user, and as many blocks; `Infinity` for no limit. */
  readonly limit: number;
  readonly counters: ContactCounters;
}

export class Contacts {
  readonly #node: Node;
  readonly #parts: ContactsParts;
  readonly #listeners: ContactListener[] = [];
  #names: Names = () => Promise.resolve(new Map());
  #statuses: Statuses = () => Promise.resolve(new Map());

  constructor(node: Node, parts: ContactsParts) {
    this.#node = node;
    this.#parts = parts;
  }

  /** Has somebody told of changes. */
  listen(listener: ContactListener): void {
    this.#listeners.push(listener);
  }

  /** Has the names of contacts to whom their owner gave none asked for here. */
  useNames(names: Names): void {
    this.#names = names;
  }

  /** Has the presence of contacts asked for here. */
  useStatuses(statuses: Statuses): void {
    this.#statuses = statuses;
  }

  /** Whether one of the two has blocked the other: then neither writes to the other, nor hears of the other. */
  *isBlocked(site: string, one: UserId, other: UserId): Work<boolean> {
    return (yield* this.blocked(site, one, [other])).size > 0;
  }

  /** Those of the others who have blocked the user, or whom the user has blocked. */
  *blocked(site: string, user: UserId, others: Iterable<UserId>): Work<ReadonlySet<UserId>> {
    return yield* blocksBetween({ site, user }, others);
  }

  /** As {@linkcode Contacts.isBlocked}, as a condition of a statement: all three are expressions of it, such as columns. */
  isBlockBetween(site: string, one: string, other: string): string {
    return isBlockBetween(site, one, other);
  }

  /** Those of the others who have the user as a contact, where neither has blocked the other. */
  *acquainted(site: string, user: UserId, others: Iterable<UserId>): Work<ReadonlySet<UserId>> {
    const owners = yield* ownersOf({ site, user }, others);
    const blocked = yield* blocksBetween({ site, user }, owners);
    return owners.difference(blocked);
  }

  /** What the user shows of itself. */
  *privacy(site: string, user: UserId): Work<Privacy> {
    return (yield* readPrivacies(site, [user])).get(user) ?? OPEN_PRIVACY;
  }

  /** What each of the users shows of itself. */
  *privacies(site: string, users: Iterable<UserId>): Work<ReadonlyMap<UserId, Privacy>> {
    return yield* readPrivacies(site, users);
  }

  /** A page of the user's contacts and blocked users. */
  async list(site: string, user: UserId, query: ContactQuery): Promise<ContactPage> {
    const { users, limit, isBlocked } = query;
    const owner = { site, user };
    const found = await this.#parts.database.transaction(function* () {
      if (users === undefined) return yield* listContacts(owner, query);
      const named = yield* findContacts(owner, users);
      return named.filter((each) => isBlocked === undefined || each.isBlocked === isBlocked);
    });
    if (users !== undefined) return { contacts: await this.#named(site, found) };
    const contacts = await this.#named(site, found.slice(0, limit));
    const shown = cutToLength(contacts, query.characters);
    const last = shown.at(-1);
    return shown.length === found.length || last === undefined
      ? { contacts: shown }
      : { contacts: shown, next: last.user };
  }

  /** One of the user's contacts, or somebody whom the user has blocked. */
  async find(site: string, user: UserId, other: UserId): Promise<Contact | undefined> {
    const { contacts: [contact] } = await this.list(site, user, {
      ...{ users: [other], limit: 1, characters: Infinity },
    });
    return contact;
  }

  /** Who of the user's contacts is online, as far as the user may see that. Whom it has blocked, it does not see. */
  async statuses(
    site: string,
    user: UserId,
    contacts: readonly Contact[],
  ): Promise<ReadonlyMap<UserId, ContactStatus>> {
    const seen = contacts.filter(({ isBlocked }) => !isBlocked);
    if (seen.length === 0) return new Map();
    return await this.#statuses(site, user, seen.map(({ user }) => user));
  }

  /** Adds, names, blocks or removes a contact, and tells the user's other devices. */
  async change({ site, user, client }: Changer, change: ContactChange): Promise<ChangedContact> {
    requireOther(user, change.user);
    const { database, limit, counters } = this.#parts;
    const now = Date.now();
    const { before, after } = await database.transaction(
      () => changeContact({ site, user }, change, { limit, now }),
      contactsKey(site, user),
    );
    const [contact = after] = await this.#named(site, [after]);
    const changed = { contact, isRemoved: !isKept(after), isNew: before === undefined };
    if (!isSame(before, after)) {
      counters.changes.value++;
      await this.#tell("contacts_changed", { site, user, client }, changedOnWire(changed));
      for (const each of this.#listeners) each.contactChanged?.(site, user, change.user);
    }
    return changed;
  }

  /** Reads the user's privacy settings. */
  readPrivacy(site: string, user: UserId): Promise<Privacy> {
    return this.#parts.database.transaction(() => this.privacy(site, user));
  }

  /** Changes what is named of the user's privacy settings, and tells the user's other devices. Returns all of them. */
  async changePrivacy({ site, user, client }: Changer, change: Partial<Privacy>): Promise<Privacy> {
    const { before, after } = await this.#parts.database.transaction(
      () => changePrivacy({ site, user }, change),
      contactsKey(site, user),
    );
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      const privacy = privacyOnWire(after);
      await this.#tell("privacy_changed", { site, user, client }, { privacy });
      for (const each of this.#listeners) each.privacyChanged?.(site, user, after);
    }
    return after;
  }

  /** The change is kept: a device that cannot be told now reads it when it comes back. */
  async #tell(kind: string, { site, user, client }: Changer, data: object): Promise<void> {
    const from = client === undefined ? {} : { from: { user, client } };
    const publication = { kind, id: nextId(), at: unixSeconds(), ...from, data };
    try {
      await this.#node.publish(contactsChannel(site, user), publication);
    } catch (error) {
      this.#node.logFailure("telling devices of a change of contacts", error);
    }
  }

  async #named(site: string, found: readonly StoredContact[]): Promise<Contact[]> {
    const unnamed = found.flatMap(({ user, name }) => name === undefined ? [user] : []);
    const names = unnamed.length === 0 ? undefined : await this.#names(site, unnamed);
    return found.map(({ user, name = names?.get(user), isContact, isBlocked }) => ({
      ...{ user, isContact, isBlocked },
      ...(name !== undefined && { name }),
    }));
  }
}

/** The works on one user's contacts run one after the other. */
export function contactsKey(site: string, user: UserId): string {
  return `contacts ${site}\n${user}`;
}

function requireOther(user: UserId, other: UserId): void {
  if (user !== other) return;
  throw new CodedError(
    "invalid_field",
    `Cannot take field 'user_id': current value is ${
      shown(userIdOnWire(other))
    }, allowed is another ` +
      "user than oneself",
    { field: "user_id" },
  );
}

function isKept({ isContact, isBlocked }: StoredContact): boolean {
  return isContact || isBlocked;
}

function isSame(before: StoredContact | undefined, after: StoredContact): boolean {
  if (before === undefined) return !isKept(after);
  return before.name === after.name && before.isContact === after.isContact &&
    before.isBlocked === after.isBlocked;
}

/** The contacts whose JSON has so many characters, and one at the least. */
function cutToLength(contacts: readonly Contact[], characters: number): readonly Contact[] {
  let length = 0;
  const over = contacts.findIndex((each) =>
    (length += JSON.stringify(contactOnWire(each)).length + 1) > characters
  );
  return over < 0 ? contacts : contacts.slice(0, Math.max(1, over));
}
