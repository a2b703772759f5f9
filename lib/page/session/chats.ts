/**
 * Keeps the user's conversations in the store as the library has them, and does in them what the user wants;
 * `session.ts` makes one for each client, and `open_thread.ts` has the conversation that is open.
 */
import type {
  Client,
  ConversationInfo,
  FoundMessages,
  MemberRole,
  PresenceWatch,
  PrivacySettings,
} from "../../sdk/mod.ts";
import { NotifyliError } from "../../sdk/mod.ts";
import { partnersOf } from "../state/chats.ts";
import { newNotice } from "../state/notices.ts";
import type { Store } from "../state/store.ts";
import { Tray } from "../state/tray.ts";
import { OpenThread } from "./open_thread.ts";

/** Of so many people the page watches the presence at most: those of the newest conversations come first. */
const WATCHED_LIMIT = 200;

export class ChatFeed {
  readonly #client: Client;
  readonly #store: Store;
  readonly #watch: PresenceWatch;
  /** Whose presence is watched, beside the partners and members: who is in the picker. */
  #asked: readonly string[] = [];
  #watched = "";
  /** The archived ones are asked for when somebody wants to see them. */
  #showsArchived = false;
  #showsContacts = false;
  #showsPresences = false;
  #thread: OpenThread | undefined;
  /** What is attached and not sent yet, by conversations: the bytes can be kept in memory alone. */
  readonly #trays = new Map<number, Tray>();
  /** Groups that are being made, by their names and members. */
  readonly #making = new Map<string, Promise<ConversationInfo>>();

  constructor(client: Client, store: Store) {
    this.#client = client;
    this.#store = store;
    this.#watch = client.presence([], () => this.#showPresences());
    client.conversations.on("changed", () => this.#show());
    client.conversations.on("error", (error) => this.tell(Promise.reject(error)));
    this.#show();
  }

  get thread(): OpenThread | undefined {
    return this.#thread;
  }

  /** The files that are attached in a conversation; they stay when another one is opened. */
  trayOf(id: number): Tray {
    const tray = this.#trays.get(id) ?? new Tray();
    this.#trays.set(id, tray);
    return tray;
  }

  /** Opens a conversation, and closes the one that was open. */
  open(id: number, message?: number): OpenThread {
    if (this.#thread?.id !== id) {
      this.close();
      this.#thread = new OpenThread(this.#client.conversation(id), this.#store, this);
    }
    if (message !== undefined) this.#thread?.jumpTo(message);
    return this.#thread as OpenThread;
  }

  /** Closes the conversation that is open. */
  close(): void {
    this.#thread?.close();
    this.#thread = undefined;
  }

  loadMore(): void {
    this.tell(this.#client.conversations.loadMore());
  }

  loadArchived(): void {
    if (this.#showsArchived) return;
    this.#showsArchived = true;
    this.#client.conversations.archived.on("changed", () => this.#show());
    this.#show();
  }

  loadMoreArchived(): void {
    this.tell(this.#client.conversations.archived.loadMore());
  }

  private(userId: string): Promise<ConversationInfo> {
    return this.#client.conversations.private(userId);
  }

  /** Makes a group. As long as that is under way, as without a connection, who asks for the same one again gets that. */
  createGroup(name: string, members: readonly string[]): Promise<ConversationInfo> {
    const asked = JSON.stringify([name, members.toSorted()]);
    const making = this.#making.get(asked);
    if (making !== undefined) return making;
    const made = this.#client.conversations.createGroup({ name, members })
      .finally(() => this.#making.delete(asked));
    this.#making.set(asked, made);
    return made;
  }

  search(text: string, options: { conversation?: number; cursor?: string; signal?: AbortSignal }) {
    return this.#client.conversations.search(text, options) as Promise<FoundMessages>;
  }

  /**
   * Archives a conversation, or takes it back; it can be undone for a few seconds. As `mute()`, it rejects where that is
   * refused, after the user was told.
   */
  archive({ id, name }: ConversationInfo, isArchived: boolean): Promise<unknown> {
    const change = (on: boolean) => this.#with(id, (open) => open.archive(on));
    return this.#doneAtOnce(
      change(isArchived),
      isArchived ? `${name} is archived.` : `${name} is back in the list.`,
      () => change(!isArchived),
    );
  }

  mute({ id, name }: ConversationInfo, mutes: boolean): Promise<unknown> {
    const change = (on: boolean) => this.#with(id, (open) => open.mute(on));
    return this.#doneAtOnce(
      change(mutes),
      mutes ? `${name} is muted.` : `${name} is not muted any more.`,
      () => change(!mutes),
    );
  }

  pin({ id, pinned }: ConversationInfo): void {
    this.tell(this.#with(id, (open) => open.pin(!pinned)));
  }

  markRead({ id, offset }: ConversationInfo): void {
    this.tell(this.#with(id, (open) => Promise.resolve(open.markRead(offset))));
  }

  leave(id: number): Promise<void> {
    return this.#with(id, (open) => open.leave());
  }

  rename(id: number, name: string): Promise<unknown> {
    return this.#with(id, (open) => open.rename(name));
  }

  add(id: number, userIds: readonly string[]): Promise<unknown> {
    return this.#with(id, (open) => open.add(userIds));
  }

  remove(id: number, userId: string): Promise<unknown> {
    return this.#with(id, (open) => open.remove([userId]));
  }

  setRole(id: number, userId: string, role: MemberRole): Promise<unknown> {
    return this.#with(id, (open) => open.setRole(userId, role));
  }

  /** Asks for the contacts, if that was not done yet. */
  loadContacts(): void {
    const { contacts } = this.#client;
    const show = () => {
      if (this.#client.state.kind === "closed") return;
      if (contacts.isLoaded) {
        this.#store.dispatch({ type: "contacts_changed", contacts: contacts.items });
      }
    };
    if (!this.#showsContacts) contacts.on("changed", show);
    this.#showsContacts = true;
    show();
  }

  addContact(userId: string, name?: string): Promise<unknown> {
    return this.#client.contacts.add(userId, name);
  }

  removeContact(userId: string): Promise<unknown> {
    return this.#client.contacts.remove(userId);
  }

  block(userId: string, isBlocked: boolean): Promise<unknown> {
    const { contacts } = this.#client;
    return isBlocked ? contacts.block(userId) : contacts.unblock(userId);
  }

  /** Reads what others see of the user, or changes it first. */
  privacy(change?: Partial<PrivacySettings>): Promise<PrivacySettings> {
    const { privacy } = this.#client;
    return change === undefined ? privacy.get() : privacy.set(change);
  }

  /** Watches these people too, such as a group's members, in place of those of the last call. */
  watch(userIds: readonly string[]): void {
    this.#asked = userIds;
    this.#rewatch();
  }

  /** Tells the user what cannot be done, unless the connection's state says it. */
  tell(doing: Promise<unknown>): void {
    doing.catch((error: unknown) => {
      const isKnown = error instanceof NotifyliError &&
        (error.code === "stopped" || error.code === "closed");
      if (isKnown) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#store.dispatch({ type: "alert_raised", message });
    });
  }

  #doneAtOnce(
    doing: Promise<unknown>,
    text: string,
    undo: () => Promise<unknown>,
  ): Promise<unknown> {
    const done = doing.then(() => {
      const notice = newNotice(text, () => this.tell(undo()));
      this.#store.dispatch({ type: "notice_raised", notice });
    });
    this.tell(done);
    return done;
  }

  /** Does something with a conversation, be it open or not. */
  async #with<T>(
    id: number,
    act: (open: ReturnType<Client["conversation"]>) => Promise<T>,
  ): Promise<T> {
    if (this.#thread?.id === id) return await act(this.#thread.open);
    const open = this.#client.conversation(id, { load: false });
    try {
      return await act(open);
    } finally {
      open.close();
    }
  }

  #show(): void {
    if (this.#client.state.kind === "closed") return; // another user may be shown by now
    const { conversations } = this.#client;
    const { items: list, hasMore, isLoaded, unread } = conversations;
    const { items: archived, hasMore: hasMoreArchived, isLoaded: isArchiveLoaded } =
      this.#showsArchived ? conversations.archived : { items: [], hasMore: false, isLoaded: false };
    this.#store.dispatch({
      type: "chats_changed",
      chats: { list, hasMore, isLoaded, unread, archived, hasMoreArchived, isArchiveLoaded },
    });
    this.#rewatch();
  }

  /** Tells the store once of all that came together. */
  #showPresences(): void {
    if (this.#showsPresences) return;
    this.#showsPresences = true;
    queueMicrotask(() => {
      this.#showsPresences = false;
      if (this.#client.state.kind === "closed") return;
      const presences = new Map(this.#watch.users);
      this.#store.dispatch({ type: "presences_changed", presences });
    });
  }

  #rewatch(): void {
    const partners = partnersOf(this.#store.state.chats).map(({ userId }) => userId);
    const ids = [...new Set([...this.#asked, ...partners])].slice(0, WATCHED_LIMIT);
    const watched = ids.join("\n");
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#watch.set(ids);
  }
}
