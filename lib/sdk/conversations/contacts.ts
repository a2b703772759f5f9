/** The user's contacts, with who of them is there. */
import { NotifyliError } from "../core/errors.ts";
import { Emitter, type Handler } from "../core/events.ts";
import { asObject, type JsonObject, wireUserId } from "../core/frames.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { ContactList, PresenceWatch, Privacy } from "./api.ts";
import type { Contact, ContactsEvents, PrivacySettings, UserPresence } from "./types.ts";
import type { PresenceWatches } from "./watches.ts";
import { list } from "./fields.ts";
import { readContact, readPrivacy } from "./people_wire.ts";

/** Contacts in one answer. */
const PAGE_LIMIT = 200;

export class Contacts implements ContactList {
  readonly #link: Link;
  readonly #events: Emitter<ContactsEvents>;
  readonly #onError: (error: NotifyliError) => void;
  readonly #retry: Retry;
  readonly #presence: PresenceWatches;
  readonly #watch: PresenceWatch;
  #all = new Map<string, Contact>();
  #items: readonly Contact[] = [];
  #isLoaded = false;
  #next: string | undefined;

  constructor(
    link: Link,
    presence: PresenceWatches,
    onError: (error: NotifyliError) => void,
  ) {
    this.#link = link;
    this.#events = new Emitter(onError);
    this.#onError = onError;
    this.#retry = new Retry(link);
    this.#presence = presence;
    const show = (shown: UserPresence) => this.#show(shown) && this.#changed();
    this.#watch = presence.watch([], show, {}, () => {
      // What the contacts were read with is older, also where it is not what the watch has known before.
      const shown = [...this.#watch.users.values()].filter((each) => this.#show(each));
      if (shown.length > 0) this.#changed();
    });
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get items(): readonly Contact[] {
    return this.#items;
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  on<E extends keyof ContactsEvents>(event: E, handler: Handler<ContactsEvents[E]>): () => void {
    return this.#events.on(event, handler);
  }

  async loadMore(): Promise<void> {
    const cursor = this.#next;
    if (cursor === undefined) return;
    await this.#link.enqueue({ type: "contacts", limit: PAGE_LIMIT, cursor }, (data) => {
      if (cursor === this.#next) this.#take(data);
    });
  }

  async add(userId: string | number, name?: string): Promise<Contact> {
    return await this.#change(userId, name === undefined ? {} : { name });
  }

  async remove(userId: string | number): Promise<void> {
    await this.#change(userId, { remove: true });
  }

  block(userId: string | number): Promise<Contact> {
    return this.#change(userId, { blocked: true });
  }

  unblock(userId: string | number): Promise<Contact> {
    return this.#change(userId, { blocked: false });
  }

  /** Asks for the contacts, anew on each connection. */
  load(): void {
    if (!this.#link.online) return;
    this.#link.request({ type: "contacts", limit: PAGE_LIMIT }, (reply) => {
      const read = readReply(reply, (data) => {
        const before = this.#all;
        this.#all = new Map();
        try {
          this.#take(data);
        } catch (error) {
          this.#all = before;
          throw error;
        }
      });
      if (!(read instanceof NotifyliError)) return this.#retry.reset();
      if (read.temporary) return this.#retry.later(() => this.load());
      this.#onError(read);
    });
  }

  interrupt(): void {
    this.#retry.reset();
  }

  close(): void {
    this.#retry.reset();
    this.#watch.end();
  }

  /** A contact was changed on another device of the user. */
  receive(fields: JsonObject): void {
    this.#put(asObject(fields.contact), fields.removed === true);
    this.#changed();
  }

  async #change(
    userId: string | number,
    change: { name?: string; blocked?: boolean; remove?: true },
  ): Promise<Contact> {
    const user_id = wireUserId(String(userId));
    return await this.#link.enqueue({ type: "contact", user_id, ...change }, (data) => {
      const contact = this.#put(asObject(data.contact), data.removed === true);
      this.#changed();
      return contact;
    });
  }

  /** Shows who is there. Returns whether that is another than before. */
  #show({ userId, status, lastSeen }: UserPresence): boolean {
    const contact = this.#all.get(userId);
    if (contact === undefined) return false;
    if (contact.status === status && contact.lastSeen === lastSeen) return false;
    const { lastSeen: _, ...rest } = contact;
    this.#all.set(userId, { ...rest, status, ...(lastSeen === undefined ? {} : { lastSeen }) });
    return true;
  }

  #put(fields: JsonObject, isRemoved: boolean): Contact {
    const answer = readContact(fields);
    const { userId } = answer;
    const known = this.#all.get(userId);
    const watched = this.#presence.isAsked(userId) ? this.#watch.users.get(userId) : undefined;
    // The answer to a change says nothing of who is there, and what is watched is newer than any answer.
    const { status, lastSeen } = watched ??
      (fields.status === undefined ? known ?? answer : answer);
    const contact = { ...answer, status, ...(lastSeen === undefined ? {} : { lastSeen }) };
    if (isRemoved) this.#all.delete(userId);
    else this.#all.set(userId, contact);
    return contact;
  }

  #take(data: JsonObject): void {
    for (const contact of list(data.contacts, "contacts")) this.#put(asObject(contact), false);
    this.#next = typeof data.next === "string" ? data.next : undefined;
    this.#isLoaded = true;
    this.#changed();
  }

  #changed(): void {
    this.#items = [...this.#all.values()].sort((one, other) => one.name.localeCompare(other.name));
    this.#watch.set(this.#items.filter(({ blocked }) => !blocked).map(({ userId }) => userId));
    this.#events.emit("changed", undefined);
  }
}

export function privacyOf(link: Link): Privacy {
  return {
    get: async () => readPrivacy(await link.enqueue({ type: "privacy" })),
    async set({ readReceipts, showOnline, showLastSeen }: Partial<PrivacySettings>) {
      return readPrivacy(
        await link.enqueue({
          type: "privacy",
          ...(readReceipts === undefined ? {} : { read_receipts: readReceipts }),
          ...(showOnline === undefined ? {} : { show_online: showOnline }),
          ...(showLastSeen === undefined ? {} : { show_last_seen: showLastSeen }),
        }),
      );
    },
  };
}
