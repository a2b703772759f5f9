/** A model of a server with conversations, on a network that breaks when a test says so. */
import { connectData } from "./client_world.ts";
import type { FakeSocket, Frame } from "./fake_network.ts";

/** What happens to the network, the server and the client, one after the other. */
export type ChatStep =
  | { do: "say" | "edit" | "react" | "rename" | "join"; in: number }
  | { do: "read" | "pin"; in: number }
  | { do: "forget" }
  | { do: "up"; count: number }
  | { do: "down"; count: number; pushes: boolean }
  | { do: "cut"; ups: number; downs: number };

interface Said {
  readonly id: number;
  readonly offset: number;
  changed: number;
  readonly userId: number;
  readonly kind: "text" | "system";
  text: string;
  readonly ownId: string | undefined;
  readonly mentions: readonly number[];
  reactions: number;
}

/** The user whose client is at the other end, and the one who is in all conversations with that one. */
export const SELF = 123;
export const OTHER = 7;

export class ModelConversation {
  readonly id: number;
  readonly said: Said[] = [];
  name: string;
  offset = 0;
  read = 0;
  delivered = 0;
  pinned = false;
  /** When the server changed it last, on its own count. */
  stamp = 0;

  constructor(id: number) {
    this.id = id;
    this.name = `Group ${id}`;
  }

  get unread(): readonly Said[] {
    return this.said.filter(({ kind, offset }) => kind === "text" && offset > this.read);
  }

  get mentions(): number {
    return this.unread.filter(({ mentions }) => mentions.includes(SELF)).length;
  }
}

export class ModelChat {
  readonly conversations: ModelConversation[];
  epoch = 1;
  /** What the client has read or sent with `seen`, so that a test sees what was told twice. */
  readonly seen: Frame[] = [];
  #lastId = 0;
  #stamp = 0;
  #socket: FakeSocket | undefined;
  #isOpen = false;
  #isSubscribed = false;
  #ups: Frame[] = [];
  /** Answers and pushes keep their own order each, and none between them. */
  #replies: Frame[] = [];
  #pushes: Frame[] = [];

  constructor(count: number) {
    this.conversations = Array.from({ length: count }, (_, index) => new ModelConversation(index));
  }

  get isBusy(): boolean {
    return this.#ups.length + this.#replies.length + this.#pushes.length > 0;
  }

  accept(socket: FakeSocket): void {
    this.#forgetConnection();
    this.#socket = socket;
    socket.onsend = (frame) => {
      if (socket === this.#socket && !socket.closed) this.#ups.push(frame);
    };
  }

  play(step: ChatStep): void {
    const socket = this.#socket;
    switch (step.do) {
      case "say":
        return void this.say(this.#at(step.in), OTHER, "Hi");
      case "join":
        return void this.#join(this.#at(step.in));
      case "edit":
      case "react":
        return this.#change(this.#at(step.in), step.do);
      case "rename":
        return this.#rename(this.#at(step.in));
      case "read":
        return this.#read(this.#at(step.in), Infinity);
      case "pin":
        return this.#pin(this.#at(step.in));
      case "forget":
        this.epoch++;
        return;
      case "up":
        if (socket && !socket.closed && !this.#isOpen) socket.open();
        this.#isOpen = true;
        for (const frame of this.#ups.splice(0, step.count)) this.#handle(frame);
        return;
      case "down": {
        const queue = step.pushes ? this.#pushes : this.#replies;
        for (const frame of queue.splice(0, step.count)) socket?.receive(frame);
        return;
      }
      case "cut":
        this.play({ do: "up", count: step.ups });
        this.play({ do: "down", count: step.downs, pushes: false });
        this.play({ do: "down", count: step.downs, pushes: true });
        this.#forgetConnection();
        return socket?.closed ? undefined : socket?.drop(1006);
    }
  }

  /** A message is stored, or was before. */
  say(conversation: ModelConversation, userId: number, text: string, ownId?: string): Said {
    const known = conversation.said.find((said) => said.userId === userId && said.ownId === ownId);
    if (ownId !== undefined && known !== undefined) return known;
    const said = this.#add(conversation, { userId, text, ownId, kind: "text" });
    if (userId === SELF) conversation.read = conversation.delivered = said.offset;
    this.#push("new_message", conversation, {
      offset: said.offset,
      message: wire(said, conversation),
    });
    return said;
  }

  #at(index: number): ModelConversation {
    return this.conversations[index % this.conversations.length] as ModelConversation;
  }

  #add(
    conversation: ModelConversation,
    said: Pick<Said, "userId" | "text" | "ownId" | "kind">,
  ): Said {
    const offset = this.#next(conversation);
    const id = ++this.#lastId;
    const mentions = said.userId !== SELF && id % 3 === 0 ? [SELF] : [];
    const whole = { ...said, id, offset, changed: offset, mentions, reactions: 0 };
    conversation.said.push(whole);
    return whole;
  }

  /** Who joins is told of by a system message, and by a change with the same offset. */
  #join(conversation: ModelConversation): void {
    const said = this.#add(conversation, {
      ...{ userId: OTHER, text: "", ownId: undefined, kind: "system" },
    });
    const { offset } = said;
    this.#push("conversation_changed", conversation, {
      ...{ offset, change: "members", data: { members_count: 3 } },
    });
    this.#push("new_message", conversation, { offset, message: wire(said, conversation) });
  }

  #change(conversation: ModelConversation, what: "edit" | "react"): void {
    const others = conversation.said.filter(({ kind, userId }) =>
      kind === "text" && userId === OTHER
    );
    const said = others.at(
      -(this.#lastId % 4) - 1,
    );
    if (said === undefined) return;
    said.changed = this.#next(conversation);
    if (what === "edit") said.text = `edited ${said.changed}`;
    else said.reactions++;
    this.#push("message_changed", conversation, {
      offset: said.changed,
      change: what === "edit" ? "edited" : "reacted",
      message: wire(said, conversation),
    });
  }

  /** It takes an offset, and there is no message of it. */
  #rename(conversation: ModelConversation): void {
    const offset = this.#next(conversation);
    const name = conversation.name = `Name ${offset}`;
    this.#push("conversation_changed", conversation, { offset, change: "renamed", data: { name } });
  }

  #read(conversation: ModelConversation, offset: number): void {
    const upTo = Math.min(offset, conversation.offset);
    if (upTo <= conversation.read) return;
    conversation.read = upTo;
    conversation.delivered = Math.max(conversation.delivered, upTo);
    this.#own(conversation);
  }

  #pin(conversation: ModelConversation): void {
    conversation.pinned = !conversation.pinned;
    this.#own(conversation);
  }

  #own(conversation: ModelConversation): void {
    conversation.stamp = ++this.#stamp;
    const { read, delivered, pinned, unread, mentions } = conversation;
    this.#push("conversation_changed", conversation, {
      change: "own",
      data: {
        ...{ role: "member", read, delivered, unread: unread.length, mentions, pinned },
        ...{ muted_until: 0, archived: false, unread_total: this.totals },
      },
    });
  }

  get totals(): Frame {
    const unread = this.conversations.map((each) => each.unread.length);
    return {
      conversations: unread.filter((count) => count > 0).length,
      messages: unread.reduce((sum, count) => sum + count, 0),
      mentions: this.conversations.reduce((sum, { mentions }) => sum + mentions, 0),
    };
  }

  #next(conversation: ModelConversation): number {
    conversation.stamp = ++this.#stamp;
    return ++conversation.offset;
  }

  #push(type: string, { id }: ModelConversation, frame: Frame): void {
    if (!this.#isSubscribed) return;
    this.#pushes.push(structuredClone({ type, conversation: id, ...frame }));
  }

  #forgetConnection(): void {
    this.#isOpen = this.#isSubscribed = false;
    this.#ups = [];
    this.#replies = [];
    this.#pushes = [];
  }

  #handle(frame: Frame): void {
    const { type, ref } = frame;
    if (type === "ping") return void this.#replies.push({ type: "pong", timestamp: 1 });
    const data = structuredClone(this.#answer(frame));
    this.#replies.push({ type: "reply", ref, success: true, data });
  }

  #answer(frame: Frame): Frame {
    const { type, limit = 50 } = frame;
    if (type === "connect") return connectData();
    if (type === "conversations") return this.#list(frame);
    const conversation = this.conversations[Number(frame.conversation)];
    if (conversation === undefined) throw new Error(`The model knows no '${type}'`);
    switch (type) {
      case "conversation":
        return { conversation: { ...this.#wire(conversation), members: [] } };
      case "messages":
        return this.#messages(conversation, frame, Number(limit));
      case "message": {
        const said = this.say(conversation, SELF, String(frame.text), String(frame.id));
        return { message: { ...wire(said, conversation), status: "sent" } };
      }
      case "seen": {
        this.seen.push(frame);
        const offset = Number(frame.offset);
        if (frame.state === undefined) this.#read(conversation, offset);
        else if (offset > conversation.delivered) {
          conversation.delivered = offset;
          this.#own(conversation);
        }
        const { read, delivered, unread, mentions } = conversation;
        return { conversation: conversation.id, read, delivered, unread: unread.length, mentions };
      }
      default:
        throw new Error(`The model knows no '${type}'`);
    }
  }

  #list({ since, cursor = 0, limit }: Frame): Frame {
    this.#isSubscribed = true;
    // Positions of lists overlap, as those by a clock do.
    const from = since === undefined ? -1 : Number(since) - 2;
    const changed = this.conversations.filter(({ stamp }) => stamp > from)
      .sort((one, other) =>
        Number(other.pinned) - Number(one.pinned) ||
        (other.said.at(-1)?.id ?? 0) - (one.said.at(-1)?.id ?? 0) || other.id - one.id
      );
    const end = Number(cursor) + Number(limit);
    return {
      conversations: changed.slice(Number(cursor), end).map((each) => this.#wire(each)),
      ...(end < changed.length ? { next: String(end) } : {}),
      removed: [],
      unread: this.totals,
      synced: String(this.#stamp),
    };
  }

  #messages({ said, offset }: ModelConversation, frame: Frame, limit: number): Frame {
    const conversation = this.conversations[Number(frame.conversation)] as ModelConversation;
    const epoch = String(this.epoch);
    const page = (from: number, to: number, more: Frame = {}) => ({
      messages: said.slice(Math.max(0, from), to).map((each) => wire(each, conversation)),
      has_before: from > 0,
      has_after: to < said.length,
      ...{ offset, epoch, ...more },
    });
    const { since, before, after } = frame as { since?: Frame; before?: number; after?: number };
    if (before !== undefined) {
      const to = said.filter((each) => each.offset < before).length;
      return page(to - limit, to);
    }
    if (after !== undefined) {
      const from = said.filter((each) => each.offset <= after).length;
      return page(from, from + limit);
    }
    if (frame.around !== undefined) {
      const middle = said.findIndex(({ id }) => id === frame.around);
      return page(middle - limit / 2, middle + limit / 2);
    }
    const newest = said.length - limit;
    if (since === undefined) return page(newest, said.length);
    if (since.epoch !== epoch) return page(newest, said.length, { recovered: false });
    // Small pages, so that there are several.
    const missed = said.filter(({ changed }) => changed > Number(since.offset))
      .sort((one, other) => one.changed - other.changed);
    const last = missed.length > 3 ? missed[2]?.changed : offset;
    return {
      messages: missed.slice(0, 3).map((each) => wire(each, conversation)),
      ...{ has_before: false, has_after: missed.length > 3, offset: last, epoch, recovered: true },
    };
  }

  #wire(conversation: ModelConversation): Frame {
    const { id, name, offset, read, delivered, unread, mentions, pinned, said } = conversation;
    const last = said.at(-1);
    return {
      ...{ id, kind: "group", name, history: "all", members_count: 2, offset, read, delivered },
      ...{
        epoch: String(this.epoch),
        created_at: 0,
        role: "member",
        unread: unread.length,
        mentions,
      },
      ...(pinned ? { pinned } : {}),
      ...(last === undefined ? {} : { last_message: wire(last, conversation) }),
    };
  }
}

function wire({ userId, ownId, reactions, ...said }: Said, { id }: ModelConversation): Frame {
  return {
    ...said,
    conversation: id,
    user_id: userId,
    name: `User ${userId}`,
    ...(ownId === undefined ? {} : { own_id: ownId }),
    created_at: said.id,
    ...(reactions > 0 ? { reactions: [{ emoji: "👍", count: reactions, user_ids: [OTHER] }] } : {}),
  };
}
