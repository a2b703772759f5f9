/**
 * The conversations that are known here, and what is unread in all: what the server answers and what comes live are brought
 * together, and neither takes back what the other has said later.
 */
import { further, raised } from "./reached.ts";
import type { ConversationInfo, UnreadTotals } from "./types.ts";

export class Known {
  readonly #all = new Map<number, ConversationInfo>();
  readonly #onChange: (id: number) => void;
  #unread: UnreadTotals = { conversations: 0, messages: 0, mentions: 0 };

  /** @param onChange is called after each change, with the conversation's id */
  constructor(onChange: (id: number) => void) {
    this.#onChange = onChange;
  }

  /** What is unread in all conversations that are not archived, also in those that are not known here. */
  get unread(): UnreadTotals {
    return this.#unread;
  }

  get all(): readonly ConversationInfo[] {
    return [...this.#all.values()];
  }

  get(id: number): ConversationInfo | undefined {
    return this.#all.get(id);
  }

  /** Changes one that is known by what came live, or by what the user does. */
  change(id: number, change: Partial<ConversationInfo>): void {
    const known = this.#all.get(id);
    if (known === undefined) return;
    this.#put({ ...known, ...change });
  }

  /**
   * Takes what the server has answered of a conversation.
   *
   * @returns whether the answer is older than what was heard live, so that the server has to be asked again; nothing of it was
   * taken then, unless it has lost its history since
   */
  take(answer: ConversationInfo): boolean {
    const known = this.#all.get(answer.id);
    if (known === undefined) {
      this.#all.set(answer.id, answer); // its unread ones are in the totals already
      this.#onChange(answer.id);
      return false;
    }
    const isOtherTime = known.epoch !== answer.epoch;
    if (!isOtherTime && answer.offset < known.offset) return true;
    const { typing, pending, failed, read, delivered, unread, mentions } = known;
    // The user has read on since the server was asked.
    const own = !isOtherTime && read > answer.read
      ? { read, delivered: Math.max(delivered, answer.delivered), unread, mentions }
      : {};
    const reached = isOtherTime ? {} : reachedBy(known, answer);
    this.#put({ ...answer, ...reached, typing, pending, failed, ...own });
    return answer.offset < known.offset;
  }

  /**
   * Takes the server's totals, which count these conversations as the server has answered them; what was not taken of that is
   * counted as it is known here.
   */
  count(totals: UnreadTotals, answered: readonly ConversationInfo[]): void {
    this.#unread = totals;
    for (const answer of answered) this.#recount(answer, this.#all.get(answer.id));
  }

  remove(id: number): void {
    const known = this.#all.get(id);
    if (known === undefined) return;
    this.#all.delete(id);
    this.#recount(known, undefined);
    this.#onChange(id);
  }

  /** Forgets all but these: they are all that there is. */
  keep(ids: ReadonlySet<number>): void {
    for (const id of [...this.#all.keys()]) if (!ids.has(id)) this.remove(id);
  }

  #put(info: ConversationInfo): void {
    this.#recount(this.#all.get(info.id), info);
    this.#all.set(info.id, info);
    this.#onChange(info.id);
  }

  #recount(before: ConversationInfo | undefined, after: ConversationInfo | undefined): void {
    const [old, now] = [countsOf(before), countsOf(after)];
    const { conversations, messages, mentions } = this.#unread;
    this.#unread = {
      conversations: Math.max(0, conversations + now.conversations - old.conversations),
      messages: Math.max(0, messages + now.messages - old.messages),
      mentions: Math.max(0, mentions + now.mentions - old.mentions),
    };
  }
}

/** How far the other user of a private conversation has come, who may have read on since the server was asked. */
function reachedBy(
  { with: known }: ConversationInfo,
  { with: partner, lastMessage }: ConversationInfo,
): Partial<ConversationInfo> {
  if (known === undefined || partner === undefined) return {};
  const reached = { ...partner, ...further(partner, known) };
  return { with: reached, ...raised(lastMessage, reached) };
}

/** What a conversation adds to the totals. */
function countsOf(info: ConversationInfo | undefined): UnreadTotals {
  if (info === undefined || info.archived) return { conversations: 0, messages: 0, mentions: 0 };
  const { unread, mentions } = info;
  return { conversations: Number(unread > 0), messages: unread, mentions };
}

/** Pinned ones first, then those in which something was said last. */
export function compareConversations(one: ConversationInfo, other: ConversationInfo): number {
  return Number(other.pinned) - Number(one.pinned) ||
    timeOf(other) - timeOf(one) ||
    (other.lastMessage?.id ?? 0) - (one.lastMessage?.id ?? 0) ||
    other.id - one.id;
}

function timeOf({ lastMessage, createdAt }: ConversationInfo): number {
  return lastMessage?.createdAt ?? createdAt;
}
