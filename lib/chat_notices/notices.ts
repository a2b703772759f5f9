/**
 * Notifies users of messages while none of their clients hears conversations, on any node, as soon as a message is stored; takes
 * a notification back when its user reads the conversation. What is not known yet when a message is stored, that a client which
 * hears is gone, is found by `second_look.ts`. Next on a message's way: `teller.ts`.
 */
import { pause } from "../base/clock.ts";
import type { UserId } from "../base/fields.ts";
import { inSlices } from "../base/slices.ts";
import type {
  ConversationListener,
  Happening,
  Place,
  ReadRecipients,
} from "../conversations/listener.ts";
import type { Message } from "../conversations/types.ts";
import { chatChannel } from "../core/channel.ts";
import type { Node } from "../core/node.ts";
import { missedBy, type Teller } from "./teller.ts";

/** How many users of a conversation are told at once that there is nothing to tell. */
const AT_ONCE = 50;

/** What is said in a conversation within this time after it was told of is told together. */
const WINDOW_MS = 250;

const WHAT = "a notification of a conversation";

interface NoticesParts {
  readonly node: Node;
  readonly teller: Teller;
}

/** A message that is new. */
type Said = Extract<Happening, { what: "message" }>;

/** What is to be told of one conversation. While that is under way, more of it waits here, and is told together. */
interface Waiting {
  readonly place: Place;
  messages: Message[];
  members: readonly UserId[];
  recipients: ReadRecipients;
}

export class ChatNotices implements ConversationListener {
  readonly #parts: NoticesParts;
  /** The conversations that are being told of, with what has come meanwhile. */
  readonly #waiting = new Map<number, Waiting | undefined>();

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  stored(place: Place, happening: Happening, recipients: ReadRecipients): void {
    switch (happening.what) {
      case "message":
        return this.#said(place, happening, recipients);
      case "changed":
        if (happening.change !== "deleted") return;
        return this.#deleted(place, happening.message);
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
    if (user !== undefined && !(isCaughtUp && this.#parts.teller.isFree(place, user))) {
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
    if (messages.length === 0) return; // all were deleted meanwhile
    const offline = await this.#offline(place.site, messages, members);
    if (offline.length === 0) return;
    const missed = missedBy(await recipients(offline), messages);
    await this.#parts.teller.tell(place, missed, { recipients });
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

  #deleted(place: Place, message: Message): void {
    const waiting = this.#waiting.get(place.id);
    if (waiting !== undefined) {
      waiting.messages = waiting.messages.filter(({ id }) => id !== message.id);
    }
    this.#parts.node.background.run(WHAT, this.#parts.teller.deleted(place, message));
  }

  #withdraw(place: Place, users: readonly UserId[]): void {
    this.#parts.node.background.later(
      "taking back a notification of a conversation",
      () =>
        inSlices(users, (user) => this.#parts.teller.withdraw(place, user), { atOnce: AT_ONCE }),
    );
  }
}
