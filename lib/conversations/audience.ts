/** Who is in which conversation, as this node knows it: members are read once for each version, and not for each message. */
import type { UserId } from "../base/fields.ts";
import type { Audience, Members } from "./store/outcome.ts";

/** How many members are remembered, of all conversations together. Past that those go that were noted first. */
const MOST_MEMBERS = 200_000;

export class KnownAudience implements Audience {
  readonly #members = new Map<number, Members>();
  #count = 0;

  known(conversation: number, version: number): readonly UserId[] | undefined {
    const found = this.#members.get(conversation);
    return found?.version === version ? found.users : undefined;
  }

  /** Remembers members that were read in a transaction which is stored by now. */
  note(read: readonly Members[]): void {
    for (const members of read) {
      const before = this.#members.get(members.conversation);
      if (before !== undefined && before.version >= members.version) continue;
      this.#count += members.users.length - (before?.users.length ?? 0);
      this.#members.delete(members.conversation);
      this.#members.set(members.conversation, members);
    }
    for (const [conversation, { users }] of this.#members) {
      if (this.#count <= MOST_MEMBERS) return;
      this.#members.delete(conversation);
      this.#count -= users.length;
    }
  }
}
