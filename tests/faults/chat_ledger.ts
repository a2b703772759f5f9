/** The books of conversations under load: what was sent and accepted in each, what is stored, and what each member saw. */
import assert from "node:assert/strict";
import type { Report } from "./scenario.ts";

/** A message as far as the books need it. */
export interface Noted {
  readonly offset: number;
  /** The sender's own id. */
  readonly ownId: string;
}

export class ChatLedger {
  readonly #sent = new Set<string>();
  /** By the own id: of which conversation, and at which place there. */
  readonly #accepted = new Map<
    string,
    { readonly conversation: number; readonly offset: number }
  >();
  /** By who saw it and where, in the order in which it was seen. */
  readonly #seen = new Map<string, Noted[]>();

  get accepted(): number {
    return this.#accepted.size;
  }

  sent(ownId: string): void {
    this.#sent.add(ownId);
  }

  /** Notes an answer: however often a message is tried again, it is the same one. */
  accept(conversation: number, { ownId, offset }: Noted): void {
    const before = this.#accepted.get(ownId);
    assert.equal(before?.offset ?? offset, offset, `${ownId} was accepted at two places`);
    this.#accepted.set(ownId, { conversation, offset });
  }

  saw(user: string, conversation: number, message: Noted): void {
    const key = `${user} ${conversation}`;
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, [message]);
    else seen.push(message);
  }

  /** How many accepted messages of a conversation the user has not seen. */
  missing(user: string, conversation: number): number {
    const seen = new Set(this.#seen.get(`${user} ${conversation}`)?.map(({ ownId }) => ownId));
    return this.#acceptedIn(conversation).filter((ownId) => !seen.has(ownId)).length;
  }

  /** What the user saw is what is stored, each once and in its order; and what was accepted is stored. */
  check(conversation: number, stored: readonly Noted[], users: readonly string[]): void {
    const ids = stored.map(({ ownId }) => ownId);
    assert.equal(new Set(ids).size, ids.length, `a message of ${conversation} is stored twice`);
    assert.deepEqual(ids.filter((id) => !this.#sent.has(id)), [], "what nobody sent is stored");
    const lost = this.#acceptedIn(conversation).filter((id) => !ids.includes(id));
    assert.deepEqual(lost, [], `accepted in ${conversation}, and not stored`);
    for (const { ownId, offset } of stored) {
      assert.equal(this.#accepted.get(ownId)?.offset ?? offset, offset, `${ownId} has moved`);
    }
    for (const [sender, counts] of countsBySender(ids)) {
      const ordered = counts.toSorted((one, other) => one - other);
      assert.deepEqual(counts, ordered, `${sender}'s messages are out of order`);
    }
    for (const user of users) {
      const seen = this.#seen.get(`${user} ${conversation}`) ?? [];
      assert.deepEqual(seen, stored, `${user} has seen in ${conversation} what is stored there`);
    }
  }

  report(notes: string): Report {
    const { accepted } = this;
    return { accepted, delivered: accepted, queued: 0, doubled: 0, notes };
  }

  #acceptedIn(conversation: number): string[] {
    return [...this.#accepted].filter(([, each]) => each.conversation === conversation)
      .map(([ownId]) => ownId);
  }
}

/** An own id is the sender's name, a minus, and a count. */
function countsBySender(ids: readonly string[]): Map<string, number[]> {
  const counts = new Map<string, number[]>();
  for (const id of ids) {
    const [sender = "", count] = id.split("-");
    counts.set(sender, [...counts.get(sender) ?? [], Number(count)]);
  }
  return counts;
}
