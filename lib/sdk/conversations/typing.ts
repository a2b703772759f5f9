/** Who is typing in which conversation, and how often the others are told that the user is. */
import type { Clock } from "../core/clock.ts";
import type { Link } from "../core/requests.ts";
import type { User } from "../core/types.ts";

/** The others are told again after so long, while the user goes on. */
const PACE_MS = 3_000;

/** Nobody is typing any more who was not told of for so long. */
const GONE_MS = 6_000;

/** Tells the others of one conversation that the user is typing. */
export class TypingPace {
  readonly #link: Link;
  readonly #conversation: number;
  /** When the others were told last that the user is typing; `undefined` where they know that it is over. */
  #toldAt: number | undefined;

  constructor(link: Link, conversation: number) {
    this.#link = link;
    this.#conversation = conversation;
  }

  tell(isTyping: boolean): void {
    const now = this.#link.clock.now();
    const since = this.#toldAt === undefined ? Infinity : now - this.#toldAt;
    const isNews = isTyping ? since >= PACE_MS : since < GONE_MS;
    if (!isNews || !this.#link.online) return;
    this.#toldAt = isTyping ? now : undefined;
    const conversation = this.#conversation;
    const command = { type: "typing", conversation } as const;
    this.#link.request(isTyping ? command : { ...command, typing: false }, () => {}, {
      isOnce: true,
    });
  }

  /** A message was sent, by which the others know that it is over. */
  sent(): void {
    this.#toldAt = undefined;
  }
}

/** Who is typing in the conversations. */
export class Typists {
  readonly #clock: Clock;
  readonly #onChange: (conversation: number, users: readonly User[]) => void;
  readonly #typing = new Map<number, Map<string, { user: User; cancel: () => void }>>();

  constructor(clock: Clock, onChange: (conversation: number, users: readonly User[]) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  hear(conversation: number, user: User, isTyping: boolean): void {
    const users = this.#typing.get(conversation) ?? new Map();
    const known = users.get(user.userId);
    known?.cancel();
    if (!isTyping) {
      if (users.delete(user.userId)) this.#changed(conversation, users);
      return;
    }
    const cancel = this.#clock.after(GONE_MS, () => this.hear(conversation, user, false));
    this.#typing.set(conversation, users.set(user.userId, { user, cancel }));
    if (known === undefined) this.#changed(conversation, users);
  }

  close(): void {
    for (const users of this.#typing.values()) for (const { cancel } of users.values()) cancel();
    this.#typing.clear();
  }

  #changed(conversation: number, users: ReadonlyMap<string, { user: User }>): void {
    if (users.size === 0) this.#typing.delete(conversation);
    this.#onChange(conversation, [...users.values()].map(({ user }) => user));
  }
}
