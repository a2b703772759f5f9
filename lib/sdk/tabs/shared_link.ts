/**
 * One connection to the server for several tabs: sends what they send, answers each what it asked, and hands what
 * comes live to all of them. Each tab puts its own streams in order, so that what it gets twice does no harm.
 */
import {
  closeCodeOf,
  isTooBig,
  mayReconnect,
  SESSION_ENDED,
  TOKEN_REFUSED,
  USER_BLOCKED,
} from "../../base/close_codes.ts";
import { asObject, type JsonObject, NO_POSITION } from "../core/frames.ts";
import { SharedRooms } from "./shared_rooms.ts";
import { INBOX, SharedStreams } from "./shared_streams.ts";
import { SharedTopics } from "./shared_topics.ts";
import { SharedWatches } from "./shared_watches.ts";
import type { Tab, TabLink } from "./shared_tab.ts";
import type { OpenTransport, Transport } from "../core/transport.ts";

interface SharedLinkEvents {
  /** The server says who the first tab would be here. Returns whether that tab goes over another connection. */
  identified(identity: JsonObject): boolean;
  /** The first tab was accepted or refused, or it takes long: others need not wait for it. */
  settled(): void;
  ended(): void;
}

/** How long other tabs wait for the first one's introduction. */
const PATIENCE_MS = 2_000;

/** What the other tabs are told where a command of one tab has changed something: the data of its answer. */
const TOLD: ReadonlyMap<unknown, string> = new Map([
  ["contact", "contacts_changed"],
  ["set_preferences", "preferences_changed"],
  ["change_preferences", "preferences_changed"],
]);

type Answer = (reply: JsonObject) => void;

export class SharedLink implements TabLink {
  readonly url: string;
  /** Other tabs wait for what becomes of this connection. */
  isPending = true;
  readonly #transport: Transport;
  readonly #events: SharedLinkEvents;
  readonly #first: Tab;
  readonly #tabs = new Set<Tab>();
  readonly #rooms = new SharedRooms();
  readonly #topics = new SharedTopics((...asked) => this.#ask(...asked));
  readonly #watches = new SharedWatches((...asked) => this.#ask(...asked));
  readonly #streams: SharedStreams;
  /** What to do with each answer, by the command's `ref`. Each tab bounds what it asks for at once. */
  readonly #answers = new Map<number, Answer>();
  /** Whoever waits for what `examine()` finds; each is told where the connection ends before. */
  readonly #examining = new Set<(reply: undefined) => void>();
  readonly #patience: ReturnType<typeof setTimeout>;
  /** What the server said to the first tab's introduction. */
  #connected: JsonObject | undefined;
  /** When the session ends, on the server's clock. */
  #endsAt = Infinity;
  /** Who sent the longest text so far. */
  #longest: { tab: Tab | undefined; length: number } = { tab: undefined, length: 0 };
  #lastRef = 0;
  #ended = false;

  /** @param asksFirst whether the server is asked who the first tab is before it is introduced */
  constructor(
    first: Tab,
    openTransport: OpenTransport,
    events: SharedLinkEvents,
    asksFirst: boolean,
  ) {
    this.url = first.url;
    this.#first = first;
    this.#events = events;
    this.#streams = new SharedStreams({
      ask: (command, then) => this.#ask(command, then),
      receive: (line) => this.#receive(line),
      isIn: (room) => this.#rooms.has(room),
    });
    this.#transport = openTransport(first.url, {
      opened: () => asksFirst ? this.#askWho() : this.#introduceFirst(),
      received: (text) => text.split("\n").forEach((line) => this.#receive(line)),
      closed: (code, reason) => this.#end(code, reason),
    }, first.token);
    this.#tabs.add(first);
    first.link = this;
    this.#patience = setTimeout(() => this.#settle(), PATIENCE_MS);
  }

  /** The server has accepted the first tab. */
  get isAccepted(): boolean {
    return this.#connected !== undefined;
  }

  /** The server's name for who this is and what they may do. It is `undefined` where nobody else can be that. */
  get fingerprint(): unknown {
    return this.#connected?.guest === true ? undefined : this.#connected?.fingerprint;
  }

  /** Whether the server believes anyone, and the tab says that it is the one who is connected here. */
  believes(tab: Tab): boolean {
    const { site_id, fingerprint } = this.#connected ?? {};
    const isOpen = site_id !== undefined && fingerprint === undefined;
    return isOpen && tab.introduction?.user_id !== undefined && this.isNamedBy(tab);
  }

  /** Whether the tab claims to be no other than this. */
  isNamedBy({ introduction }: Tab): boolean {
    const { user_id = this.#connected?.user_id, name } = introduction ?? {};
    return String(user_id) === String(this.#connected?.user_id) &&
      name === this.#first.introduction?.name;
  }

  /** @param identity what the server says of the tab's token */
  add(tab: Tab, identity: JsonObject): void {
    tab.link = this;
    this.#tabs.add(tab);
    tab.setSessionEnd(identity);
    this.#prolong(tab, identity);
    this.#introduce(tab);
    this.#sendEarly(tab);
  }

  /** Sends a command of a tab. */
  send(tab: Tab, command: JsonObject): void {
    const { type, ref } = command;
    if (type === "subscribe" && "topic" in command) return this.#topics.subscribe(tab, command);
    if (type === "unsubscribe" && "sub" in command) return this.#topics.unsubscribe(tab, command);
    if (type === "presence" && "user_ids" in command) return this.#watches.watch(tab, command);
    if (type === "away") return this.#watches.setAway(tab, command, this.#tabs);
    const room = String(command.room);
    if (type === "auth" && this.fingerprint !== undefined) return this.#renew(tab, command);
    if (type === "subscribe") return this.#subscribe(tab, room, command);
    if (type === "unsubscribe") {
      if (this.#rooms.leave(tab, room)) { // other tabs are still there
        return tab.answer(ref, { success: true, data: { room } });
      }
      this.#streams.forget(room);
    }
    if (ref === undefined) return this.#send(command, tab);
    this.#ask(command, (reply) => {
      tab.answer(ref, reply);
      if (type === "inbox") this.#streams.tellInbox(asObject(reply.data));
      const told = reply.success === true ? TOLD.get(type) : undefined;
      if (told !== undefined) this.#tell(tab, told, reply.data);
    }, tab);
  }

  /** Asks the server whose a token is, or credentials are. `then` gets `undefined` where the connection ends before the answer. */
  examine(shown: JsonObject, then: (reply: JsonObject | undefined) => void): void {
    if (JSON.stringify(shown).length > SHOWN_LIMIT) return then(LONG_TOKEN);
    this.#examining.add(then);
    this.#ask({ type: "identity", ...shown }, (reply) => {
      this.#examining.delete(then);
      then(reply);
    });
  }

  remove(tab: Tab): void {
    this.#tabs.delete(tab);
    if (this.#ended) return;
    for (const room of this.#rooms.roomsOf(tab)) this.#leave(tab, room);
    this.#topics.remove(tab);
    if (this.#tabs.size > 0) return this.#watches.remove(tab, this.#tabs);
    this.#transport.close();
    this.#end(1000, "");
  }

  #sendEarly(tab: Tab): void {
    for (const command of tab.takeEarly()) this.send(tab, command);
  }

  #askWho(): void {
    this.#ask({ type: "identity" }, (reply) => {
      if (!this.#events.identified(asObject(reply.data))) return this.#introduceFirst();
      this.#tabs.delete(this.#first);
      this.#transport.close();
      this.#end(1000, "");
    });
  }

  #introduceFirst(): void {
    const tab = this.#first;
    const { introduction = {}, token, shown } = tab;
    if (token === undefined && shown !== undefined) {
      this.#ask({ type: "auth", ...shown }, (reply) => tab.answerShown(reply), tab);
    }
    this.#ask(introduction, (reply) => {
      if (reply.success === true) {
        const data = this.#connected = asObject(reply.data);
        this.#endsAt = endOf(data);
        tab.setSessionEnd(data);
        this.#streams.note(INBOX, asObject(data.inbox).offset);
      }
      tab.answer(introduction.ref, reply);
      if (this.isAccepted) this.#sendEarly(tab);
      this.#settle();
    });
  }

  #settle(): void {
    clearTimeout(this.#patience);
    if (!this.isPending) return;
    this.isPending = false;
    this.#events.settled();
  }

  /** The server knows us already: this tab gets what it has missed of the inbox, as if it came alone. */
  #introduce(tab: Tab): void {
    const { ref, inbox } = tab.introduction ?? {};
    this.#ask({ type: "inbox", since: inbox ?? NO_POSITION }, (reply) => {
      const data = asObject(reply.data);
      const isNew = inbox === undefined ? { recovered: false, reason: "new" } : {};
      const { unread } = data;
      tab.answer(
        ref,
        reply.success === true
          ? { success: true, data: { ...this.#connected, unread, inbox: { ...data, ...isNew } } }
          : reply,
      );
      this.#streams.tellInbox(data);
    });
  }

  /** Takes a new token of a tab: one for the same user renews the session of all, another one ends that tab's alone. */
  #renew(tab: Tab, { token, credentials, ref }: JsonObject): void {
    const shown = credentials === undefined ? { token } : { credentials };
    this.examine(shown, (reply) => {
      if (reply === undefined) return;
      const { user_id, site_id, fingerprint, expires_at, timestamp } = asObject(reply.data);
      const { user_id: user, site_id: site } = this.#connected ?? {};
      const isForeign = reply.success === true && (user_id !== user || site_id !== site);
      tab.answer(ref, isForeign ? FOREIGN_TOKEN : reply);
      if (isForeign) return tab.close(TOKEN_REFUSED, "the token was refused");
      if (reply.success !== true) {
        // The application refuses by `forbidden`. Without a code, nobody could look at it, and it may be sent again.
        const code = reply.code === "forbidden" ? TOKEN_REFUSED : closeCodeOf(reply.code);
        if (code !== undefined) tab.close(code, String(reply.error));
        return;
      }
      if (fingerprint !== this.fingerprint) return tab.close(SESSION_ENDED, "the session ended");
      tab.showAnew(shown);
      tab.setSessionEnd({ expires_at, timestamp });
      this.#prolong(tab, { expires_at });
    });
  }

  /** The connection lasts as long as the tab's session. */
  #prolong({ shown }: Tab, identity: JsonObject): void {
    const endsAt = endOf(identity);
    if (shown === undefined || endsAt <= this.#endsAt) return;
    this.#ask({ type: "auth", ...shown }, (reply) => {
      if (reply.success === true) this.#endsAt = endsAt;
    });
  }

  #subscribe(tab: Tab, room: string, command: JsonObject): void {
    const place = this.#rooms.want(tab, room);
    this.#ask(command, (reply) => {
      if (reply.success === true) place.isIn = true;
      else if (!place.isIn && this.#rooms.holds(tab, room, place)) this.#leave(tab, room);
      tab.answer(command.ref, reply);
      this.#streams.tellRoom(room, asObject(reply.data));
    }, tab);
  }

  /** Leaves the room where no other tab is in it, by a command with a `ref`: its error is no other tab's to hear. */
  #leave(tab: Tab, room: string): void {
    if (this.#rooms.leave(tab, room)) return;
    this.#streams.forget(room);
    this.#ask({ type: "unsubscribe", room }, () => {});
  }

  #ask(command: JsonObject, then: Answer, tab?: Tab): void {
    const ref = ++this.#lastRef;
    this.#answers.set(ref, then);
    this.#send({ ...command, ref }, tab);
  }

  #send(command: JsonObject, tab: Tab | undefined): void {
    const text = JSON.stringify(command);
    if (text.length >= this.#longest.length) this.#longest = { tab, length: text.length };
    this.#transport.send(text);
  }

  #receive(line: string): void {
    const frame = asObject(JSON.parse(line));
    if (frame.type === "reply") {
      const then = this.#answers.get(Number(frame.ref));
      this.#answers.delete(Number(frame.ref));
      return then?.(frame);
    }
    if ("topic" in frame) return this.#topics.receive(frame);
    if (frame.type === "left") return this.#left(String(frame.room), line);
    const isMessage = frame.type === "usermsg";
    const isRoom = isMessage || frame.type === "event";
    const stream = isRoom ? String(frame.room) : INBOX;
    if (isMessage || frame.type === "direct_message") this.#streams.note(stream, frame.offset);
    const tabs = isRoom ? this.#rooms.tabsIn(stream) : [...this.#tabs];
    for (const tab of tabs) tab.receive(line);
  }

  /** The server does not tell a connection of the changes that it has made itself. */
  #tell(from: Tab, type: string, data: unknown): void {
    const line = JSON.stringify({ ...asObject(data), type });
    for (const tab of this.#tabs) if (tab !== from) tab.receive(line);
  }

  /** The server has put the connection out of a room, and with it all tabs that were there. */
  #left(room: string, line: string): void {
    const tabs = this.#rooms.drop(room);
    this.#streams.forget(room);
    for (const tab of tabs) tab.receive(line);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#patience);
    const told = [...this.#tabs].map((tab) => [tab, this.#codeFor(tab, code)] as const);
    this.#events.ended();
    for (const [tab, code] of told) tab.close(code, reason);
    for (const lost of this.#examining) lost(undefined);
  }

  /** What one tab did or brought is no reason for the others to stop: they come back, each by itself. */
  #codeFor(tab: Tab, code: number): number {
    if (this.#tabs.size < 2 || mayReconnect(code) || code === USER_BLOCKED) return code;
    return isTooBig(code) && tab === this.#longest.tab ? code : SESSION_ENDED;
  }
}

/** The server refuses a longer token unread. As a frame that is too big it would end the connection of other tabs. */
const TOKEN_LIMIT = 8192;

/** The same, for the JSON of a field with the token, or of one with credentials. */
const SHOWN_LIMIT = TOKEN_LIMIT + 30;

const LONG_TOKEN = {
  success: false,
  code: "invalid_token",
  error: `Cannot take the token: it is longer than ${TOKEN_LIMIT} characters`,
};

const FOREIGN_TOKEN = {
  success: false,
  code: "invalid_token",
  error: "Cannot take the token: it is for another user",
};

/** When a session ends, on the server's clock. */
function endOf({ expires_at }: JsonObject): number {
  return typeof expires_at === "number" ? expires_at : Infinity;
}
