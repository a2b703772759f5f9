/** Who is in one conversation: the members that are loaded, and how far each of them is. */
import { NotifyliError } from "../core/errors.ts";
import { readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { ChatHost } from "./host.ts";
import { further } from "./reached.ts";
import type { ConversationMember } from "./types.ts";
import { readInfo, readMembers, type Receipt } from "./wire.ts";

/** Members in a page, after the first one, which comes with the conversation. */
const PAGE_LIMIT = 200;

export class MemberList {
  readonly #id: number;
  readonly #host: ChatHost;
  readonly #onChange: () => void;
  readonly #retry: Retry;
  #items: readonly ConversationMember[] = [];
  #next: string | undefined;
  #isAsking = false;
  /** Something has changed while the server was asked. */
  #isBehind = false;
  /** How far members are by what came while the server was asked: its answer may be older. */
  readonly #heard = new Map<string, Receipt>();
  /** How many further pages are asked for. */
  #more = 0;

  constructor(id: number, host: ChatHost, onChange: () => void) {
    this.#id = id;
    this.#host = host;
    this.#onChange = onChange;
    this.#retry = new Retry(host.link);
  }

  get items(): readonly ConversationMember[] {
    return this.#items;
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  /** Reads the conversation with its first members, and as many as were loaded before. */
  load(): void {
    if (!this.#host.link.online) return; // the next connection begins with it
    if (this.#isAsking) return void (this.#isBehind = true);
    this.#isAsking = true;
    this.#isBehind = false;
    if (this.#more === 0) this.#heard.clear();
    const conversation = this.#id;
    this.#host.link.request({ type: "conversation", conversation }, (reply) => {
      const answer = readReply(reply, ({ conversation }) => {
        const fields = conversation as Record<string, unknown>;
        return { info: readInfo(fields), ...readPage(fields.members, fields.members_next) };
      });
      if (answer instanceof NotifyliError) return this.#refused(answer);
      this.#host.take(answer.info);
      this.#loadRest(answer);
    });
  }

  /** The conversation has changed: an answer on its way may be older. */
  heard(): void {
    if (this.#isAsking) this.#isBehind = true;
  }

  async loadMore(): Promise<void> {
    const cursor = this.#next;
    if (cursor === undefined) return;
    const command = { type: "members", conversation: this.#id, limit: PAGE_LIMIT, cursor } as const;
    this.#more++;
    try {
      await this.#host.link.enqueue(command, ({ members, next }) => {
        if (cursor !== this.#next) return;
        const page = readPage(members, next);
        this.#set({ ...page, members: [...this.#items, ...page.members] });
      });
    } finally {
      this.#more--;
    }
  }

  /** Somebody has got or read what was said. */
  receive(receipts: readonly Receipt[]): void {
    if (this.#isAsking || this.#more > 0) {
      for (const receipt of receipts) {
        const { userId } = receipt;
        this.#heard.set(userId, { userId, ...further(this.#heard.get(userId) ?? {}, receipt) });
      }
    }
    const byUser = new Map(receipts.map((receipt) => [receipt.userId, receipt]));
    if (!this.#items.some(({ userId }) => byUser.has(userId))) return;
    this.#items = this.#items.map((member) => {
      const receipt = byUser.get(member.userId);
      return receipt === undefined ? member : { ...member, ...further(member, receipt) };
    });
    this.#onChange();
  }

  interrupt(): void {
    this.#isAsking = false;
    this.#retry.reset();
  }

  #loadRest(page: Page): void {
    const isEnough = page.next === undefined || page.members.length >= this.#items.length;
    if (isEnough) {
      this.#isAsking = false;
      this.#retry.reset();
      this.#set(page);
      if (this.#isBehind) this.load();
      return;
    }
    const command = { type: "members", conversation: this.#id, limit: PAGE_LIMIT } as const;
    this.#host.link.request({ ...command, cursor: page.next as string }, (reply) => {
      const more = readReply(reply, ({ members, next }) => readPage(members, next));
      if (more instanceof NotifyliError) return this.#refused(more);
      this.#loadRest({ ...more, members: [...page.members, ...more.members] });
    });
  }

  #refused(error: NotifyliError): void {
    this.#isAsking = false;
    if (error.temporary) this.#retry.later(() => this.load());
    else if (error.code === "not_found") this.#host.gone(this.#id);
    else this.#host.failed(error);
  }

  #set({ members, next }: Page): void {
    this.#items = members.map((member) => {
      const heard = this.#heard.get(member.userId);
      return heard === undefined ? member : { ...member, ...further(member, heard) };
    });
    this.#next = next;
    this.#onChange();
  }
}

interface Page {
  readonly members: readonly ConversationMember[];
  readonly next: string | undefined;
}

function readPage(members: unknown, next: unknown): Page {
  return {
    members: members === undefined ? [] : readMembers(members),
    next: typeof next === "string" ? next : undefined,
  };
}
