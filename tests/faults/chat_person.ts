/**
 * Somebody in conversations, on a plain connection of version 2 that is made anew as often as it ends. What was missed is
 * asked for by the position; what is sent has an own id, by which it is tried again until it is accepted.
 */
import assert from "node:assert/strict";
import type { ChatLedger, Noted } from "./chat_ledger.ts";
import { ChatLink, type Frame, Refused } from "./chat_link.ts";
import type { Random } from "./random.ts";
import { passed } from "./time.ts";

/** Codes of what is tried again. */
const MAY_PASS = new Set(["unavailable", "unconfirmed", "rate_limited", "overloaded"]);

const RETRY_SECONDS = 0.1;

/** As many messages as one answer has. */
const PAGE = 100;

/** Where a person is in a conversation. */
export interface Place {
  readonly conversation: number;
  readonly epoch: string;
  offset: number;
}

export interface PersonOptions {
  /** Of the nodes. */
  readonly urls: readonly string[];
  readonly user: string;
  readonly ledger: ChatLedger;
  readonly random: Random;
}

export class ChatPerson implements AsyncDisposable {
  readonly user: string;
  readonly #options: PersonOptions;
  readonly #places = new Map<number, Place>();
  #link: ChatLink | undefined;
  #linked = Promise.withResolvers<ChatLink>();
  #catchingUp: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  #count = 0;
  #isOver = false;
  /** Why it has given up: what happened is none of the faults. */
  #failure: unknown;
  /** Answers that said it cannot be accepted now. */
  refused = 0;
  /** Connections that ended before the test was over. */
  cuts = 0;

  constructor(options: PersonOptions) {
    this.user = options.user;
    this.#options = options;
  }

  /** Begins to connect, and is in these conversations. */
  begin(places: readonly Place[]): void {
    for (const place of places) this.#places.set(place.conversation, { ...place });
    this.#linked.promise.catch(() => {}); // whoever sends is told
    this.#running = this.#run().catch((error) => {
      this.#failure = error;
      this.#isOver = true;
      this.#linked.reject(error);
    });
  }

  get conversations(): readonly number[] {
    return [...this.#places.keys()];
  }

  /** Sends a message, and resolves once it is accepted, however often it has to be tried. */
  async send(conversation: number): Promise<void> {
    const { ledger } = this.#options;
    const id = `${this.user}-${String(++this.#count).padStart(6, "0")}`;
    ledger.sent(id);
    while (!this.#isOver) {
      try {
        const link = await this.#linked.promise;
        const { message } = await link.command("message", {
          conversation,
          text: `This is ${id}`,
          id,
        });
        return ledger.accept(conversation, noted(message as Frame));
      } catch (error) {
        if (this.#failure !== undefined) throw this.#failure;
        this.#mustPass(error);
        await passed(RETRY_SECONDS);
      }
    }
  }

  /** Sends here and there until the signal, at most so many messages a second. */
  async talk(signal: AbortSignal, rate: number): Promise<void> {
    const { random } = this.#options;
    while (!signal.aborted) {
      await this.send(random.pick(this.conversations));
      await passed(1 / rate);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#link?.[Symbol.dispose]();
    await this.#running;
    this.#linked.reject(new Error("it is over"));
  }

  async #run(): Promise<void> {
    const { urls, random } = this.#options;
    while (!this.#isOver) {
      const link = await ChatLink.open(random.pick(urls), (frame) => this.#take(frame));
      if (link === undefined) {
        await passed(RETRY_SECONDS);
        continue;
      }
      this.#link = link;
      try {
        await this.#enter(link);
        this.#linked.resolve(link);
        await link.closed;
        this.cuts++;
        this.#linked = Promise.withResolvers();
        this.#linked.promise.catch(() => {});
      } catch (error) {
        this.#mustPass(error);
        link[Symbol.dispose]();
        await link.closed;
        await passed(RETRY_SECONDS);
      }
      await this.#catchingUp;
    }
  }

  /** First hears what comes, then asks for what was missed. */
  async #enter(link: ChatLink): Promise<void> {
    await link.command("connect", { user_id: this.user });
    await link.command("conversations", { limit: 1 });
    for (const place of this.#places.values()) await this.#catchUp(link, place);
  }

  #take(frame: Frame): void {
    const place = this.#places.get(Number(frame["conversation"]));
    const offset = frame["offset"];
    if (place === undefined || typeof offset !== "number" || offset <= place.offset) return;
    if (frame["type"] === "new_message" && offset === place.offset + 1) {
      place.offset = offset;
      this.#saw(place.conversation, frame["message"] as Frame);
      return;
    }
    const link = this.#link;
    if (link === undefined) return;
    this.#catchingUp = this.#catchingUp.then(async () => {
      try {
        if (offset > place.offset) await this.#catchUp(link, place);
      } catch (error) {
        this.#mustPass(error);
        link[Symbol.dispose](); // it is caught up with over the next one
      }
    });
  }

  async #catchUp(link: ChatLink, place: Place): Promise<void> {
    const { conversation, epoch } = place;
    for (let hasMore = true; hasMore;) {
      const { offset } = place;
      const page = await link.command("messages", {
        ...{ conversation, since: { offset, epoch }, limit: PAGE },
      });
      assert.equal(page["recovered"], true, `${this.user} has a gap behind ${offset}`);
      for (const message of page["messages"] as Frame[]) {
        // What came meanwhile by itself is known already.
        if (Number(message["offset"]) > place.offset) {
          place.offset = Number(message["offset"]);
          this.#saw(conversation, message);
        }
      }
      place.offset = Math.max(place.offset, Number(page["offset"]));
      hasMore = page["has_after"] === true;
    }
  }

  #saw(conversation: number, message: Frame): void {
    if (message["kind"] === "system") return;
    this.#options.ledger.saw(this.user, conversation, noted(message));
  }

  /** Throws an error that is none of the faults. */
  #mustPass(error: unknown): void {
    if (!(error instanceof Refused)) {
      if (error instanceof assert.AssertionError) throw error;
      return;
    }
    if (!MAY_PASS.has(error.code)) throw error;
    this.refused++;
  }
}

export function noted({ offset, own_id }: Frame): Noted {
  return { offset: Number(offset), ownId: String(own_id) };
}
