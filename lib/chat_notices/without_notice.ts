/**
 * Remembers who was seen to have no notification of a conversation, so that nobody looks for one each time that such a user
 * writes. What another node notifies of meanwhile tells of messages that the user has not read, and reading takes it back.
 */
import type { UserId } from "../base/fields.ts";

/** How many are remembered; the oldest go, and are looked for again. */
const MOST = 20_000;

export class WithoutNotice {
  readonly #known = new Set<string>();

  has(conversation: number, user: UserId): boolean {
    return this.#known.has(keyOf(conversation, user));
  }

  note(conversation: number, user: UserId): void {
    this.#known.add(keyOf(conversation, user));
    const [oldest] = this.#known;
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }

  forget(conversation: number, user: UserId): void {
    this.#known.delete(keyOf(conversation, user));
  }
}

function keyOf(conversation: number, user: UserId): string {
  return `${conversation} ${user}`;
}
