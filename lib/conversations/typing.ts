/** Tells the members of a conversation who is typing. Nothing of it is stored. */
import { requireUnblocked, requireUser } from "./access.ts";
import type { KnownAudience } from "./audience.ts";
import type { ChatPublisher } from "./publisher.ts";
import { enterToSay, membersOf } from "./store/statements.ts";
import type { ChatStore } from "./store/store.ts";
import type { Actor } from "./types.ts";
import { TypingPace } from "./typing_pace.ts";

/** In larger groups nobody is told: those who type at once would be too many to name. */
const MOST_MEMBERS = 200;

export interface TypingParts {
  readonly store: ChatStore;
  readonly audience: KnownAudience;
  readonly publisher: ChatPublisher;
}

export class Typing {
  readonly #parts: TypingParts;
  readonly #pace = new TypingPace();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  async tell(actor: Actor, id: number, isTyping: boolean): Promise<void> {
    const { store, audience, publisher } = this.#parts;
    const user = requireUser(actor);
    const { site, name } = actor;
    const { conversation, read } = await store.read(function* (parts) {
      const { conversation, blocked } = yield* enterToSay(parts, { site, user }, id);
      requireUnblocked(blocked);
      const { membersVersion: version, membersCount, pair } = conversation;
      const known = pair ?? audience.known(id, version);
      const isTold = membersCount <= MOST_MEMBERS;
      const users = known ?? (isTold ? yield* membersOf(id) : []);
      return { conversation, read: { conversation: id, version, users } };
    });
    if (conversation.membersCount > MOST_MEMBERS) return;
    if (conversation.pair === undefined) audience.note([read]);
    if (!this.#pace.take(id, user, isTyping)) return;
    const users = read.users.filter((other) => other !== user);
    publisher.publish(site, [{
      users,
      event: { type: "typing", conversation: id, user, name, isTyping },
    }]);
  }
}
