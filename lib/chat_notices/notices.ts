/**
 * Notifies users of messages while none of their clients hears conversations, on any node. A user has one notification of a
 * conversation, which says of how many messages it tells; it is taken back when the user reads the conversation.
 */
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { pause } from "../base/clock.ts";
import { inSlices } from "../base/slices.ts";
import { inSeconds } from "../base/times.ts";
import type { Contacts } from "../contacts/contacts.ts";
import type {
  ConversationListener,
  Happening,
  Place,
  ReadRecipients,
  Recipient,
} from "../conversations/listener.ts";
import type { Message } from "../conversations/types.ts";
import { chatChannel } from "../core/channel.ts";
import type { Counter } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Database } from "../engines/database/database.ts";
import type { InboxService } from "../inbox/inbox.ts";
import type { Notifier } from "../inbox/notify.ts";
import { forgetNotice, forgetPrevious, idsOf, noteNotice, OF_USER, QUOTING } from "./store.ts";
import { WithoutNotice } from "./without_notice.ts";
import { wordsOf } from "./words.ts";

/** How many users of a conversation are notified at once. */
const AT_ONCE = 50;

/** What is said in a conversation within this time after it was told of is told together. */
const WINDOW_MS = 250;

const WHAT = "a notification of a conversation";

export interface NoticesParts {
  readonly node: Node;
  readonly database: Database;
  readonly contacts: Contacts;
  readonly inbox: InboxService;
  readonly notifier: Notifier;
  /** The room of the notifications. */
  readonly room: string;
  readonly counter: Counter;
}

/** What a user was told. */
interface Notified {
  readonly notification: string;
  /** That of the last message of which it tells. */
  readonly offset: number;
}

/** A message that is new. */
type Said = Extract<Happening, { what: "message" }>;

/** What is to be told of one conversation. While that is under way, more of it waits here, and is told together. */
interface Waiting {
  readonly place: Place;
  readonly messages: Message[];
  members: readonly UserId[];
  recipients: ReadRecipients;
}

export class ChatNotices implements ConversationListener {
  readonly #parts: NoticesParts;
  /** The conversations that are being told of, with what has come meanwhile. */
  readonly #waiting = new Map<number, Waiting | undefined>();
  readonly #free = new WithoutNotice();

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  stored(place: Place, happening: Happening, recipients: ReadRecipients): void {
    switch (happening.what) {
      case "message":
        return this.#said(place, happening, recipients);
      case "changed":
        if (happening.change !== "deleted") return;
        return this.#parts.node.background.run(WHAT, this.#deleted(place, happening.message));
      case "read":
        return this.#withdraw(place, [happening.user]);
      case "removed":
        return this.#withdraw(place, happening.users);
    }
  }

  #said(
    place: Place,
    { message, members, isCaughtUp }: Said,
    recipients: ReadRecipients,
  ): void {
    if (message.kind === "system") return;
    const { user } = message;
    // Who writes has read what was there.
    if (user !== undefined && !(isCaughtUp && this.#free.has(place.id, user))) {
      this.#withdraw(place, [user]);
    }
    const known = this.#waiting.get(place.id);
    if (known !== undefined) {
      known.messages.push(message);
      Object.assign(known, { members, recipients });
      return;
    }
    const isUnderWay = this.#waiting.has(place.id);
    this.#waiting.set(place.id, { place, messages: [message], members, recipients });
    if (!isUnderWay) this.#parts.node.background.run(WHAT, this.#tell(place.id));
  }

  /** Tells of what waits, and of what has come by then. */
  async #tell(conversation: number): Promise<void> {
    for (;;) {
      const waiting = this.#waiting.get(conversation);
      if (waiting === undefined) break;
      this.#waiting.set(conversation, undefined);
      await this.#tellNow(waiting).catch((error) => this.#parts.node.logFailure(WHAT, error));
      await pause(WINDOW_MS);
    }
    this.#waiting.delete(conversation);
  }

  async #tellNow({ place, messages, members, recipients }: Waiting): Promise<void> {
    const offline = await this.#offline(place.site, messages, members);
    if (offline.length === 0) return;
    const concerned = concernedBy(messages, await recipients(offline));
    const unblocked = place.kind === "private" // a block has kept the message itself out
      ? concerned
      : await this.#unblocked(place.site, concerned);
    if (unblocked.length === 0) return;
    const notified = new Map<UserId, Notified>();
    await inSlices(unblocked, async ({ user, heard }) => {
      const last = heard.at(-1);
      if (last !== undefined) notified.set(user, await this.#notify(place, user, heard, last));
    }, { atOnce: AT_ONCE });
    await this.#withdrawRead(place, notified, await recipients([...notified.keys()]));
  }

  /** The members who do not hear what others say. */
  async #offline(
    site: string,
    messages: readonly Message[],
    members: readonly UserId[],
  ): Promise<UserId[]> {
    const author = messages.at(-1)?.user; // has read what others have said before
    const channels = members.filter((user) => user !== author)
      .map((user) => ({ ...chatChannel(site, user), user }));
    return (await this.#parts.node.unheard(channels)).map(({ user }) => user);
  }

  /** Takes back what was read, or concerns its user no more, while it was being told. */
  async #withdrawRead(
    place: Place,
    notified: ReadonlyMap<UserId, Notified>,
    members: readonly Recipient[],
  ): Promise<void> {
    const reads = new Map(members.map(({ user, read }) => [user, read]));
    const over = [...notified].filter(([user, { offset }]) =>
      offset <= (reads.get(user) ?? Infinity)
    );
    await inSlices(over, async ([user, { notification }]) => {
      await this.#parts.inbox.change(place.site, user, "delete", [notification]);
      await this.#withdrawFrom(place, user);
    }, { atOnce: AT_ONCE });
  }

  /** Leaves out what is of people whom a user has blocked, or who have blocked the user. */
  async #unblocked(site: string, users: readonly Concerned[]): Promise<Concerned[]> {
    if (users.length === 0) return [];
    const { database, contacts } = this.#parts;
    const authors = new Set(
      users.flatMap(({ heard }) => heard.flatMap(({ user }) => user ?? [])),
    );
    const ids = users.map(({ user }) => user);
    const blocked = await database.transaction(function* () {
      const found = new Map<UserId, ReadonlySet<UserId>>();
      for (const author of authors) found.set(author, yield* contacts.blocked(site, author, ids));
      return found;
    });
    return users.flatMap((each) => {
      const heard = each.heard.filter((message) => {
        return message.user === undefined || !blocked.get(message.user)?.has(each.user);
      });
      return heard.length === 0 ? [] : [{ ...each, heard }];
    });
  }

  /** Takes the words of a message that was deleted out of the notifications that quote it. */
  async #deleted(place: Place, message: Message): Promise<void> {
    const { database } = this.#parts;
    const found = await database.query(QUOTING, place.id, message.id);
    await inSlices(found, async ({ user_id, messages }) => {
      const user = String(user_id);
      if (Number(messages) > 1) await this.#replace(place, user, message, 0);
      else await this.#withdrawFrom(place, user);
    }, { atOnce: AT_ONCE });
  }

  async #notify(
    place: Place,
    user: UserId,
    heard: readonly Message[],
    last: Message,
  ): Promise<Notified> {
    const notification = await this.#replace(place, user, last, heard.length);
    this.#parts.counter.value++;
    return { notification, offset: last.offset };
  }

  /**
   * Gives a user one notification in place of those that the user has of the conversation.
   *
   * @param last the message that it quotes
   * @param count of how many messages more it tells
   * @returns the id of the notification
   */
  async #replace(place: Place, user: UserId, last: Message, count: number): Promise<string> {
    const { database, notifier, inbox, room } = this.#parts;
    const { site, id: conversation, kind } = place;
    const noted = { user, notification: nextId(), messages: count, last: last.id };
    const key = keyOf(conversation, user);
    this.#free.forget(conversation, user);
    const notice = await database.transaction(
      () => noteNotice({ site, conversation }, noted),
      key,
    );
    this.#free.forget(conversation, user); // somebody may have looked before it was there
    await notifier.notify({
      ...{ site, user, room, id: notice.notification },
      ...wordsOf(place, last, notice.messages),
      timestamp: inSeconds(last.createdAt),
      data: {
        conversation,
        kind,
        messages: notice.messages,
        message_id: last.id,
        ...(last.user !== undefined && { user_id: userIdOnWire(last.user) }),
      },
    });
    if (notice.previous.length > 0) {
      await inbox.change(site, user, "delete", notice.previous);
    }
    const isCurrent = notice.previous.length > 0
      ? await database.transaction(() => forgetPrevious(conversation, notice), key)
      : (await database.query(OF_USER, conversation, user))[0]?.["notification"] ===
        notice.notification;
    // Another node may have replaced it, or taken it back, before it was there: then nobody else will take it out.
    if (!isCurrent) await inbox.change(site, user, "delete", [notice.notification]);
    return notice.notification;
  }

  #withdraw(place: Place, users: readonly UserId[]): void {
    this.#parts.node.background.later(
      "taking back a notification of a conversation",
      () => inSlices(users, (user) => this.#withdrawFrom(place, user), { atOnce: AT_ONCE }),
    );
  }

  /** Takes back what a user has of a conversation. */
  async #withdrawFrom({ site, id }: Place, user: UserId): Promise<void> {
    const { database, inbox } = this.#parts;
    this.#free.note(id, user);
    try {
      const [found] = await database.query(OF_USER, id, user);
      if (found === undefined) return;
      await inbox.change(site, user, "delete", idsOf(found));
      await database.transaction(
        () => forgetNotice(id, user, String(found["notification"])),
        keyOf(id, user),
      );
    } catch (error) {
      this.#free.forget(id, user);
      throw error;
    }
  }
}

/** A user, and the messages that the user did not hear. */
interface Concerned {
  readonly user: UserId;
  readonly heard: readonly Message[];
}

/** Those whom some of the messages concern: others' messages, which the user has not read, and has not muted. */
function concernedBy(messages: readonly Message[], members: readonly Recipient[]): Concerned[] {
  const now = Date.now();
  return members.flatMap(({ user, mutedUntil, read }) => {
    const heard = messages.filter((message) =>
      message.user !== user && message.offset > read &&
      (mutedUntil <= now || message.mentions?.includes(user))
    );
    return heard.length === 0 ? [] : [{ user, heard }];
  });
}

function keyOf(conversation: number, user: UserId): string {
  return `notice ${conversation} ${user}`;
}
