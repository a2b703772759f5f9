/**
 * Gives users notifications of messages that they have missed, and takes them back. A user has one notification of a
 * conversation, which says of how many messages it tells.
 */
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { inSlices } from "../base/slices.ts";
import { inSeconds } from "../base/times.ts";
import type { Contacts } from "../contacts/contacts.ts";
import type { Place, ReadRecipients, Recipient } from "../conversations/listener.ts";
import type { Message } from "../conversations/types.ts";
import type { Undelivered } from "../conversations/undelivered.ts";
import type { Counter } from "../core/metrics.ts";
import type { Database, Work } from "../engines/database/database.ts";
import type { InboxService } from "../inbox/inbox.ts";
import type { Notifier } from "../inbox/notify.ts";
import {
  forgetNotice,
  forgetPrevious,
  idsOf,
  noteChanged,
  noteNotice,
  type Notice,
  OF_USER,
  QUOTING,
} from "./store.ts";
import { WithoutNotice } from "./without_notice.ts";
import { wordsOf } from "./words.ts";

/** How many users of a conversation are notified at once. */
const AT_ONCE = 50;

interface TellerParts {
  readonly database: Database;
  readonly contacts: Contacts;
  readonly undelivered: Undelivered;
  readonly inbox: InboxService;
  readonly notifier: Notifier;
  /** The room of the notifications. */
  readonly room: string;
  readonly counter: Counter;
}

/** A user, and what this user has missed, which is one message at the least. */
export interface Missed {
  readonly user: UserId;
  readonly messages: readonly Message[];
}

/** How a notification is made. */
interface Telling {
  /** Reads members as they are once it is there. */
  readonly recipients: ReadRecipients;
  /** Whether some time has passed, so that the user may have been told meanwhile. */
  readonly isLater?: boolean;
}

/** What a user was told. */
interface Notified {
  readonly notification: string;
  /** The message that it quotes: the last one of which it tells. */
  readonly quoted: Message;
}

/** What each of the members has missed of some messages: what is of others, unread, and not muted. */
export function missedBy(
  members: readonly Recipient[],
  messages: readonly Message[],
  isMissed: (user: UserId, message: Message) => boolean = () => true,
): Missed[] {
  const now = Date.now();
  return members.flatMap(({ user, mutedUntil, read }) => {
    const missed = messages.filter((message) =>
      message.user !== user && message.offset > read &&
      (mutedUntil <= now || message.mentions?.includes(user)) && isMissed(user, message)
    );
    return missed.length === 0 ? [] : [{ user, messages: missed }];
  });
}

export class Teller {
  readonly #parts: TellerParts;
  readonly #free = new WithoutNotice();

  constructor(parts: TellerParts) {
    this.#parts = parts;
  }

  /** Notifies users of what they have missed of a conversation, but for what is between users of whom one blocks the other. */
  async tell(
    place: Place,
    missed: readonly Missed[],
    { recipients, isLater = false }: Telling,
  ): Promise<void> {
    const unblocked = place.kind === "private" && !isLater // a block has kept the message itself out
      ? missed
      : await this.#unblocked(place.site, missed);
    if (unblocked.length === 0) return;
    const notified = new Map<UserId, Notified>();
    await inSlices(unblocked, async ({ user, messages }) => {
      const last = messages.at(-1);
      if (last === undefined) return;
      const noted = { messages: messages.length, last: last.id };
      const told = await this.#give(place, user, last, (notification) => {
        const { site, id: conversation } = place;
        return noteNotice({ site, conversation }, { user, notification, ...noted }, isLater);
      });
      if (told === undefined) return;
      this.#parts.counter.value++;
      notified.set(user, told);
    }, { atOnce: AT_ONCE });
    if (notified.size === 0) return;
    await this.#withdrawRead(place, notified, await recipients([...notified.keys()]));
    await this.#takeOutDeleted(place, notified);
  }

  /** Takes the words of a message that was deleted out of the notifications that quote it. */
  async deleted(place: Place, message: Message): Promise<void> {
    const found = await this.#parts.database.query(QUOTING, place.id, message.id);
    await inSlices(found, async ({ user_id, messages }) => {
      const user = String(user_id);
      if (Number(messages) <= 1) return this.withdraw(place, user);
      await this.#give(
        place,
        user,
        message,
        (notification) => noteChanged(place.id, { user, notification, last: message.id }),
      );
    }, { atOnce: AT_ONCE });
  }

  /**
   * Gives a user one notification in place of those that the user has of the conversation.
   *
   * @param note notes it, with its id; there is none where that finds that there is nothing to tell any more
   */
  async #give(
    place: Place,
    user: UserId,
    last: Message,
    note: (notification: string) => Work<Notice | undefined>,
  ): Promise<Notified | undefined> {
    const { database, inbox, undelivered } = this.#parts;
    const { site, id: conversation } = place;
    const key = keyOf(conversation, user);
    const notification = nextId();
    this.#free.forget(conversation, user);
    const notice = await database.transaction(() => note(notification), key);
    this.#free.forget(conversation, user); // somebody may have looked before it was there
    if (notice === undefined) return undefined;
    // Another node may have told of a later one before.
    const quoted = notice.last === last.id ? last : await undelivered.message(notice.last) ?? last;
    await this.#send(place, notice, quoted);
    if (notice.previous.length > 0) {
      await inbox.change(site, user, "delete", notice.previous);
    }
    const isCurrent = notice.previous.length > 0
      ? await database.transaction(() => forgetPrevious(conversation, notice), key)
      : (await database.query(OF_USER, conversation, user))[0]?.["notification"] === notification;
    // Another node may have replaced it, or taken it back, before it was there: then nobody else will take it out.
    if (!isCurrent) await inbox.change(site, user, "delete", [notification]);
    return { notification, quoted };
  }

  /** Takes back what a user has of a conversation. */
  async withdraw({ site, id }: Place, user: UserId): Promise<void> {
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

  /** Whether a user is known to have none of the conversation. */
  isFree({ id }: Place, user: UserId): boolean {
    return this.#free.has(id, user);
  }

  async #send(
    place: Place,
    { user, notification, messages }: Notice,
    last: Message,
  ): Promise<void> {
    const { notifier, room } = this.#parts;
    await notifier.notify({
      ...{ site: place.site, user, room, id: notification },
      ...wordsOf(place, last, messages),
      timestamp: inSeconds(last.createdAt),
      data: {
        conversation: place.id,
        kind: place.kind,
        messages,
        message_id: last.id,
        ...(last.user !== undefined && { user_id: userIdOnWire(last.user) }),
      },
    });
  }

  /** Takes back what was read, or concerns its user no more, while it was being told. */
  async #withdrawRead(
    place: Place,
    notified: ReadonlyMap<UserId, Notified>,
    members: readonly Recipient[],
  ): Promise<void> {
    const reads = new Map(members.map(({ user, read }) => [user, read]));
    const over = [...notified].filter(([user, { quoted }]) =>
      quoted.offset <= (reads.get(user) ?? Infinity)
    );
    await inSlices(over, async ([user, { notification }]) => {
      await this.#parts.inbox.change(place.site, user, "delete", [notification]);
      await this.withdraw(place, user);
    }, { atOnce: AT_ONCE });
  }

  /** Takes out the words of what was deleted while it was being told: whoever deleted it found no notification yet. */
  async #takeOutDeleted(place: Place, notified: ReadonlyMap<UserId, Notified>): Promise<void> {
    const ids = new Set([...notified.values()].map(({ quoted }) => quoted.id));
    for (const id of ids) {
      const message = await this.#parts.undelivered.message(id);
      if (message?.isDeleted) await this.deleted(place, message);
    }
  }

  /** Leaves out what is of people whom a user has blocked, or who have blocked the user. */
  async #unblocked(site: string, missed: readonly Missed[]): Promise<Missed[]> {
    if (missed.length === 0) return [];
    const { database, contacts } = this.#parts;
    const authors = new Set(
      missed.flatMap(({ messages }) => messages.flatMap(({ user }) => user ?? [])),
    );
    const ids = missed.map(({ user }) => user);
    const blocked = await database.transaction(function* () {
      const found = new Map<UserId, ReadonlySet<UserId>>();
      for (const author of authors) found.set(author, yield* contacts.blocked(site, author, ids));
      return found;
    });
    return missed.flatMap(({ user, messages }) => {
      const left = messages.filter((message) => {
        return message.user === undefined || !blocked.get(message.user)?.has(user);
      });
      return left.length === 0 ? [] : [{ user, messages: left }];
    });
  }
}

function keyOf(conversation: number, user: UserId): string {
  return `notice ${conversation} ${user}`;
}
