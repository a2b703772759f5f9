/**
 * One connection to the server for several tabs: sends what they send, answers each what it asked, and hands what
 * comes live to all of them. Each tab puts its own streams in order, so that what it gets twice does no harm.
 */
import { asFields, type Fields } from "./frames.ts";
import type { OpenTransport, Transport } from "./transport.ts";

/** What is told of a tab here. */
export interface LinkedTab {
  receive(text: string): void;
  close(code: number, reason: string): void;
}

/** So that the server finds no such position, and answers with all that is unread. */
const NO_POSITION = { offset: 0, epoch: "" };

export class SharedLink {
  readonly #transport: Transport;
  readonly #onEnd: () => void;
  readonly #tabs = new Set<LinkedTab>();
  readonly #rooms = new Map<string, Set<LinkedTab>>();
  /** Bounded by the tabs, each of which bounds what it asks for at once. */
  readonly #answers = new Map<number, (reply: Fields) => void>();
  /** The newest offset that all tabs in a room were told of; the inbox has the name "". */
  readonly #told = new Map<string, number>();
  /** Introductions of tabs that came before the server had accepted the first one's. */
  #waiting: { tab: LinkedTab; command: Fields }[] = [];
  /** What the server said to the first tab's introduction. */
  #connected: Fields | undefined;
  #lastRef = 0;
  #ended = false;

  constructor(
    { url, token }: { url: string; token: string | undefined },
    openTransport: OpenTransport,
    onEnd: () => void,
  ) {
    this.#onEnd = onEnd;
    this.#transport = openTransport(url, {
      opened: () => this.#introduceFirst(),
      received: (text) => text.split("\n").forEach((line) => this.#receive(line)),
      closed: (code, reason) => this.#end(code, reason),
    }, token);
  }

  add(tab: LinkedTab, command: Fields): void {
    this.#tabs.add(tab);
    if (this.#connected === undefined) this.#waiting.push({ tab, command });
    else this.#introduce(tab, command);
  }

  /** A command of a tab. */
  send(tab: LinkedTab, command: Fields): void {
    const { type, ref } = command;
    const room = String(command.room);
    if (type === "subscribe") this.#tabsIn(room).add(tab);
    if (type === "unsubscribe" && this.#leave(tab, room)) {
      return answer(tab, ref, { success: true, data: { room } }); // other tabs are still there
    }
    if (ref === undefined) return this.#transport.send(JSON.stringify(command));
    this.#ask(command, (reply) => {
      answer(tab, ref, reply);
      if (type === "subscribe") this.#tellMissed(room, asFields(reply.data));
      if (type === "inbox") this.#tellNotifications(asFields(reply.data));
    });
  }

  remove(tab: LinkedTab): void {
    this.#tabs.delete(tab);
    if (this.#ended) return;
    for (const [room, tabs] of [...this.#rooms]) {
      if (tabs.has(tab) && !this.#leave(tab, room)) {
        this.#transport.send(JSON.stringify({ type: "unsubscribe", room }));
      }
    }
    if (this.#tabs.size > 0) return;
    this.#transport.close();
    this.#end(1000, "");
  }

  /** Answers whether other tabs are in the room. */
  #leave(tab: LinkedTab, room: string): boolean {
    const tabs = this.#tabsIn(room);
    tabs.delete(tab);
    if (tabs.size > 0) return true;
    this.#rooms.delete(room);
    this.#told.delete(room);
    return false;
  }

  #tabsIn(room: string): Set<LinkedTab> {
    const tabs = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, tabs);
    return tabs;
  }

  #introduceFirst(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#ask(first.command, (reply) => {
      const waiting = this.#waiting;
      this.#waiting = [];
      if (reply.success !== true) {
        for (const { tab, command } of waiting) answer(tab, command.ref, reply);
        return;
      }
      this.#connected = asFields(reply.data);
      this.#told.set("", Number(asFields(this.#connected.inbox).offset));
      answer(first.tab, first.command.ref, reply);
      for (const { tab, command } of waiting.slice(1)) this.#introduce(tab, command);
    });
  }

  /** The server knows us already: this tab gets what it has missed of the inbox, as if it came alone. */
  #introduce(tab: LinkedTab, { ref, inbox }: Fields): void {
    this.#ask({ type: "inbox", since: inbox ?? NO_POSITION }, (reply) => {
      const data = asFields(reply.data);
      const isNew = inbox === undefined ? { recovered: false, reason: "new" } : {};
      const { unread } = data;
      answer(
        tab,
        ref,
        reply.success === true
          ? { success: true, data: { ...this.#connected, unread, inbox: { ...data, ...isNew } } }
          : reply,
      );
      this.#tellNotifications(data);
    });
  }

  #ask(command: Fields, then: (reply: Fields) => void): void {
    const ref = ++this.#lastRef;
    this.#answers.set(ref, then);
    this.#transport.send(JSON.stringify({ ...command, ref }));
  }

  #receive(line: string): void {
    const frame = asFields(JSON.parse(line));
    if (frame.type === "reply") {
      const then = this.#answers.get(Number(frame.ref));
      this.#answers.delete(Number(frame.ref));
      return then?.(frame);
    }
    const isRoom = frame.type === "usermsg";
    const stream = isRoom ? String(frame.room) : "";
    if (isRoom || frame.type === "direct_message") this.#note(stream, frame.offset);
    const tabs = isRoom ? this.#rooms.get(stream) ?? [] : this.#tabs;
    for (const tab of [...tabs]) tab.receive(line);
  }

  #note(stream: string, offset: unknown): void {
    if (typeof offset === "number") this.#told.set(stream, offset);
  }

  /**
   * The server gives one who subscribes what is new with the answer, and not live besides. That the answer went to
   * one tab is not its concern: the others are told here.
   */
  #tellMissed(room: string, { offset, epoch }: Fields): void {
    const told = this.#told.get(room);
    if (typeof offset !== "number" || !this.#rooms.has(room)) return;
    if (told === undefined || told >= offset) return this.#note(room, offset);
    this.#ask({ type: "subscribe", room, since: { offset: told, epoch } }, ({ data }) => {
      for (const each of asList(asFields(data).publications)) this.#receive(JSON.stringify(each));
      this.#note(room, offset);
    });
  }

  #tellNotifications({ offset, notifications }: Fields): void {
    const told = this.#told.get("") ?? 0;
    if (typeof offset !== "number" || offset <= told) return;
    for (const each of asList(notifications)) {
      if (Number(asFields(each).offset) > told) this.#receive(JSON.stringify(each));
    }
    this.#note("", offset);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const tab of [...this.#tabs]) tab.close(code, reason);
  }
}

function answer(tab: LinkedTab, ref: unknown, reply: Fields): void {
  if (ref !== undefined) tab.receive(JSON.stringify({ ...reply, type: "reply", ref }));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
