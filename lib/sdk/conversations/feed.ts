/**
 * The messages of one conversation as they are on the server: a window of them is loaded, what comes live is put in, and what was
 * missed is made up for by the conversation's offsets, which rise by one with each event. Nothing is lost or there twice.
 */
import { NotifyliError } from "../core/errors.ts";
import { readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { Position } from "../core/types.ts";
import type { ChatHost } from "./host.ts";
import type { ChatMessage, MessageStatus } from "./types.ts";
import { MessageWindow } from "./window.ts";
import { type MessagePage, readMessages } from "./wire.ts";

/** Messages in a page, unless the application says otherwise. */
const PAGE_LIMIT = 50;

/** What was missed comes in pages of so many messages; where it is more than so many pages, the newest are loaded instead. */
const CHANGES_LIMIT = 200;
const CHANGES_PAGES = 10;

/** What comes live while the server is asked waits here; what is above that is asked for. */
const EARLY_LIMIT = 1_000;

/** What is known to be there and does not come by itself is asked for after so long. */
const PATIENCE_MS = 1_000;

/** How often it is asked for again before it is given up. */
const PATIENT_TRIES = 5;

interface FeedEvents {
  changed(): void;
  message(message: ChatMessage): void;
  /** The first messages are there. */
  loaded(): void;
}

interface Early {
  readonly offset: number;
  readonly message: ChatMessage;
}

export class MessageFeed {
  readonly #id: number;
  readonly #host: ChatHost;
  readonly #events: FeedEvents;
  readonly #retry: Retry;
  readonly #window = new MessageWindow();
  /** Up to where all is known; `undefined` until the first page is there. */
  #at: Position | undefined;
  /** The newest offset that was heard of. */
  #heard = 0;
  /** The newest message that was told of by an event. */
  #announced = 0;
  /** Own messages that the server has stored, and that have not come in their turn yet. */
  #unplaced: readonly ChatMessage[] = [];
  #early: Early[] = [];
  #isAsking = false;
  /** Counts how often the window was moved, so that answers for another one are left. */
  #generation = 0;
  #lastJump = 0;
  #loading: { before?: Promise<void> | undefined; after?: Promise<void> | undefined } = {};
  #cancelPatience: (() => void) | undefined;
  #isClosed = false;
  #isLoaded = false;
  #shown: readonly ChatMessage[] = [];

  constructor(id: number, host: ChatHost, events: FeedEvents) {
    this.#id = id;
    this.#host = host;
    this.#events = events;
    this.#retry = new Retry(host.link);
  }

  /** The window, and at its end what is on its way. */
  get shown(): readonly ChatMessage[] {
    return this.#shown;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get hasBefore(): boolean {
    return this.#window.hasBefore;
  }

  get hasAfter(): boolean {
    return this.#window.hasAfter;
  }

  get lastOffset(): number | undefined {
    return this.#window.lastOffset;
  }

  find(id: number): ChatMessage | undefined {
    return this.#window.find(id);
  }

  /** Asks for the newest messages, or for what was missed. */
  start(): void {
    if (this.#isClosed || !this.#host.link.online || this.#isAsking) return;
    if (this.#at !== undefined) return this.#catchUp();
    this.#isAsking = true;
    this.#request({ limit: PAGE_LIMIT }, () => this.start(), (page) => this.#startOver(page));
  }

  interrupt(): void {
    this.#isAsking = false;
    this.#early = [];
    this.#stopWaiting();
  }

  close(): void {
    this.#isClosed = true;
    this.interrupt();
  }

  /** A message came live that is new or has changed. */
  receive(offset: number, message: ChatMessage): void {
    this.#heard = Math.max(this.#heard, offset);
    if (this.#isAsking) {
      if (this.#early.length < EARLY_LIMIT) this.#early.push({ offset, message });
      return;
    }
    if (this.#at === undefined) return; // the first page will have it
    if (offset > this.#at.offset + 1) return this.#catchUp();
    if (offset > this.#at.offset) this.#at = { ...this.#at, offset };
    this.#place([message]);
  }

  /** The conversation is at least so far, as something says that has no message; the messages come by themselves. */
  passed(offset: number): void {
    this.#heard = Math.max(this.#heard, offset);
    if (this.#at === undefined || this.#heard <= this.#at.offset) return;
    this.#cancelPatience ??= this.#host.link.clock.after(PATIENCE_MS, () => {
      this.#cancelPatience = undefined;
      if (this.#heard > (this.#at?.offset ?? 0)) this.start();
    });
  }

  /** The server has stored a message of the user's. What others have said before it may not be here yet. */
  stored(message: ChatMessage): void {
    const { offset } = message;
    if (this.#at === undefined) return;
    if (!this.#isAsking && offset <= this.#at.offset + 1) return this.receive(offset, message);
    this.#unplaced = [...this.#unplaced, message];
    this.passed(offset);
    this.changed();
  }

  /** The server has answered with a message that was changed. */
  answered(message: ChatMessage): void {
    if (this.#window.apply([message])) this.changed();
  }

  /** The others have the user's messages up to an offset. */
  raise(upTo: number, status: MessageStatus): void {
    if (this.#window.raise(upTo, status)) this.changed();
  }

  /** What is shown is put together anew: what waits to be sent may have changed. */
  changed(): void {
    const { hasAfter, items } = this.#window;
    const isUnplaced = ({ key }: ChatMessage) => this.#unplaced.some((each) => each.key === key);
    const waiting = this.#host.sends.of(this.#id).filter((message) => !isUnplaced(message));
    this.#shown = hasAfter ? items : [...items, ...this.#unplaced, ...waiting];
    this.#events.changed();
  }

  /** Reads the newest messages again, for how far they have come. */
  refresh(): void {
    if (this.#at === undefined || !this.#host.link.online) return;
    this.#host.link.request(
      { type: "messages", conversation: this.#id, limit: PAGE_LIMIT },
      (reply) => {
        const page = readReply(reply, readMessages);
        if (page instanceof NotifyliError || this.#at?.epoch !== page.epoch) return;
        const known = page.messages.filter(({ id }) => this.#window.find(id) !== undefined);
        if (this.#window.apply(known)) this.changed();
      },
    );
  }

  loadBefore(limit = PAGE_LIMIT): Promise<void> {
    const before = this.#window.firstOffset;
    if (!this.hasBefore || before === undefined) return Promise.resolve();
    return this.#loading.before ??= this.#load({ before, limit }, (page) => {
      if (this.#window.firstOffset === before) this.#window.prepend(page);
    }).finally(() => this.#loading.before = undefined);
  }

  loadAfter(limit = PAGE_LIMIT): Promise<void> {
    const after = this.#window.lastOffset;
    if (!this.hasAfter || after === undefined) return Promise.resolve();
    return this.#loading.after ??= this.#load({ after, limit }, (page) => {
      if (this.#window.lastOffset === after) this.#window.append(page);
    }).finally(() => this.#loading.after = undefined);
  }

  /** Moves the window. Where it is moved again meanwhile, the last call counts. */
  async jump(which: { around?: number }, limit = PAGE_LIMIT): Promise<void> {
    const jump = ++this.#lastJump;
    const page = await this.#page({ ...which, limit });
    if (jump !== this.#lastJump || this.#isClosed) return;
    const at = this.#at;
    if (at?.epoch !== page.epoch) return this.#startOver(page);
    this.#heard = Math.max(this.#heard, page.offset);
    this.#reset(page, at.offset); // what was said between is told of, too
    this.#settle();
  }

  async #load(which: Which, add: (page: MessagePage) => void): Promise<void> {
    const generation = this.#generation;
    const page = await this.#page(which);
    if (generation !== this.#generation || this.#isClosed || this.#at === undefined) return;
    if (page.epoch !== this.#at.epoch) return await this.jump({});
    add(page);
    this.#host.sends.settleAll(page.messages);
    // What came live meanwhile was not put into a page that was not there yet.
    if (page.offset < this.#at.offset) this.#at = { ...this.#at, offset: page.offset };
    else this.passed(page.offset);
    this.changed();
    this.#settle();
  }

  async #page(which: Which): Promise<MessagePage> {
    const { link } = this.#host;
    return readMessages(await link.enqueue({ type: "messages", conversation: this.#id, ...which }));
  }

  #catchUp(): void {
    if (this.#at === undefined || this.#isAsking || !this.#host.link.online) return;
    this.#isAsking = true;
    this.#askSince(this.#at, [], 1);
  }

  #askSince(since: Position, before: readonly ChatMessage[], pages: number): void {
    this.#request({ since, limit: CHANGES_LIMIT }, () => this.start(), (page) => {
      if (!page.recovered) return this.#startOver(page);
      const missed = [...before, ...page.messages];
      const at = { offset: page.offset, epoch: page.epoch };
      if (!page.hasAfter) this.#caughtUp(at, missed);
      else if (pages < CHANGES_PAGES) this.#askSince(at, missed, pages + 1);
      else this.#request({ limit: PAGE_LIMIT }, () => this.start(), (it) => this.#startOver(it));
    });
  }

  #caughtUp(at: Position, missed: readonly ChatMessage[]): void {
    const isFurther = at.offset > (this.#at?.offset ?? 0);
    this.#isAsking = false;
    this.#at = at;
    this.#place(missed);
    this.#takeEarly();
    if (isFurther) {
      this.#retry.reset();
      this.#settle();
    } else if (this.#heard > this.#at.offset) this.#askAgain(this.#at.offset);
  }

  /** What was heard of may not be stored where the server reads yet; where it stays away, it was of another epoch. */
  #askAgain(offset: number): void {
    if (this.#retry.refusals < PATIENT_TRIES) return this.#retry.later(() => this.start());
    this.#heard = offset;
    this.#retry.reset();
  }

  /** Nothing was known yet, or what was missed is not known or too much: the window shows this page. */
  #startOver(page: MessagePage): void {
    this.#announced = page.offset;
    this.#reset(page);
    this.#settle();
  }

  /** @param known up to where all was told of before, if that is less than the page */
  #reset(page: MessagePage, known = page.offset): void {
    this.#generation++;
    this.#loading = {};
    this.#isAsking = false;
    this.#stopWaiting();
    this.#window.reset(page);
    this.#at = { offset: Math.min(known, page.offset), epoch: page.epoch };
    this.#unplaced = this.#unplaced.filter(({ offset }) => offset > page.offset);
    this.#host.sends.settleAll(page.messages);
    this.changed();
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      this.#events.loaded();
    }
    this.#takeEarly();
  }

  #takeEarly(): void {
    const early = this.#early.sort((one, other) => one.offset - other.offset);
    this.#early = [];
    for (const { offset, message } of early) this.receive(offset, message);
  }

  /** Asks for what is known to be there, and is not here. */
  #settle(): void {
    if (this.#heard > (this.#at?.offset ?? 0)) this.#catchUp();
  }

  #place(messages: readonly ChatMessage[]): void {
    if (messages.length === 0) return;
    const at = this.#at?.offset ?? 0;
    const before = this.#unplaced;
    this.#unplaced = before.filter(({ offset }) => offset > at);
    const isChanged = this.#window.apply(messages) || before.length > this.#unplaced.length;
    this.#host.sends.settleAll(messages);
    if (isChanged) this.changed();
    const isNew = ({ offset }: ChatMessage) => offset > this.#announced;
    const news = messages.filter(isNew).sort((one, other) => one.offset - other.offset);
    for (const message of news) {
      if (!isNew(message)) continue; // the same twice
      this.#announced = message.offset;
      this.#events.message(message);
    }
  }

  #request(which: Which, again: () => void, then: (page: MessagePage) => void): void {
    const { link } = this.#host;
    const generation = this.#generation;
    link.request({ type: "messages", conversation: this.#id, ...which }, (reply) => {
      if (generation !== this.#generation || this.#isClosed) return;
      const page = readReply(reply, readMessages);
      if (!(page instanceof NotifyliError)) return then(page);
      this.#isAsking = false;
      if (page.temporary) this.#retry.later(again);
      else if (page.code === "not_found") this.#host.gone(this.#id);
      else this.#host.failed(page);
    });
  }

  #stopWaiting(): void {
    this.#retry.reset();
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
  }
}

interface Which {
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly since?: Position;
  readonly limit: number;
}
