/** One room that the client is in: asks to be let in on each connection, and hands what comes to its subscriptions. */
import { backoffMs } from "../core/backoff.ts";
import { NotifyliError } from "../core/errors.ts";
import type { Command, Reply } from "../core/frames.ts";
import { Presence } from "./presence.ts";
import { type PresencePart, readRecovery, type Recovery } from "../core/replies.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Stream } from "../core/stream.ts";
import {
  type SubscribedRoom,
  type SubscribeOptions,
  Subscription,
  type SubscriptionEvents,
} from "./subscription.ts";
import { askToken, type TokenSource } from "../core/token.ts";
import type { Message, Position, Publication, RoomEvent, User } from "../core/types.ts";

/** Messages asked for at once, where too many were missed to come by themselves. */
const PAGE_LIMIT = 100;

/** How often a page is asked for where the server cannot help now. What is live waits meanwhile. */
const PAGE_TRIES = 4;

interface RoomEvents {
  message(message: Message): void;
  failed(error: NotifyliError): void;
  /** Nobody subscribes to the room any more. */
  emptied(): void;
}

export class JoinedRoom implements SubscribedRoom {
  readonly name: string;
  readonly #link: Link;
  readonly #events: RoomEvents;
  readonly #stream: Stream;
  readonly #presence: Presence;
  readonly #replay: boolean;
  readonly #history: number;
  readonly #token: TokenSource | undefined;
  readonly #subscriptions = new Set<Subscription>();
  /** The server was asked on this connection to let us in. */
  #asked = false;
  /** Counts how often the server was asked, so that a token that comes late is not used. */
  #lastAsk = 0;
  #cancelRetry = () => {};
  #cancelToken = () => {};

  constructor(name: string, link: Link, events: RoomEvents, options: SubscribeOptions) {
    this.name = name;
    this.#link = link;
    this.#events = events;
    this.#replay = options.replay ?? false;
    this.#history = options.history ?? 0;
    this.#token = options.token;
    this.#stream = new Stream({
      deliver: (item, replayed) => this.#deliver(item, replayed),
      gap: (gap) => this.#emit("gap", gap),
      ask: (attempt) => this.#ask(attempt),
    }, options.since);
    this.#presence = new Presence(name, link, {
      emit: (event, value) => this.#emit(event, value),
      failed: (error) => this.#fail(error),
    });
  }

  get position(): Position | undefined {
    return this.#stream.position;
  }

  get users(): readonly User[] {
    return this.#presence.users;
  }

  get userCount(): number {
    return this.#presence.count;
  }

  add(options: SubscribeOptions): Subscription {
    const subscription = new Subscription(this, (error) => this.#events.failed(error), options);
    this.#subscriptions.add(subscription);
    if (options.presence) this.#presence.want();
    return subscription;
  }

  remove(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription) || this.#subscriptions.size > 0) return;
    this.close();
    if (this.#asked) this.#link.request({ type: "unsubscribe", room: this.name }, () => {});
    this.#events.emptied();
  }

  /** Asks to be let in where there is a connection, and once on each. */
  enter(): void {
    if (this.#asked || !this.#link.online || this.#subscriptions.size === 0) return;
    this.#asked = true;
    this.#subscribe(0);
  }

  /** The connection is gone. */
  interrupt(): void {
    this.#asked = false;
    this.#lastAsk++;
    this.#cancelRetry();
    this.#cancelToken();
    this.#stream.interrupt();
    this.#presence.interrupt();
  }

  close(): void {
    this.#cancelRetry();
    this.#cancelToken();
    this.#presence.interrupt();
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }

  receive(publication: Publication): void {
    this.#stream.receive(publication);
  }

  happened(event: RoomEvent): void {
    this.#emit("event", event);
  }

  comeOrGo(type: "join" | "leave", user: User): void {
    this.#presence.change(type, user);
  }

  /** The server has put us out: the subscriptions hear why, and are over. Whoever wants to come back subscribes anew. */
  left(error: NotifyliError): void {
    this.#asked = false; // there is nothing to leave any more for a handler that unsubscribes
    this.#emit("left", error);
    this.#fail(error);
    this.close();
  }

  replacePresence(part: PresencePart): void {
    this.#presence.replace(part);
  }

  #deliver(item: Publication, replayed: boolean): void {
    const message = { ...item, replayed };
    this.#emit("message", message);
    this.#events.message(message);
  }

  #emit<E extends keyof SubscriptionEvents>(event: E, value: SubscriptionEvents[E]): void {
    for (const subscription of [...this.#subscriptions]) subscription.emit(event, value);
  }

  #fail(error: NotifyliError): void {
    const heard = [...this.#subscriptions].map((each) => each.emit("error", error));
    if (!heard.includes(true)) this.#events.failed(error);
  }

  /** Asks to be let in: the first time at once, then, while the server cannot help, after a growing pause. */
  #ask(attempt: number): void {
    this.#cancelRetry();
    if (attempt === 0) return this.#subscribe(0);
    const pauseMs = backoffMs(attempt - 1, this.#link.random);
    this.#cancelRetry = this.#link.clock.after(pauseMs, () => this.#subscribe(attempt));
  }

  #subscribe(attempt: number): void {
    const ask = ++this.#lastAsk;
    const isWanted = () => ask === this.#lastAsk && this.#subscriptions.size > 0;
    this.#cancelToken();
    this.#cancelToken = askToken(this.#token, this.#link.clock, {
      then: (token) => isWanted() && this.#request(attempt, token === undefined ? {} : { token }),
      failed: (reason) => {
        if (!isWanted()) return;
        this.#fail(new NotifyliError("no_token", reason));
        this.#ask(attempt + 1);
      },
    });
  }

  #request(attempt: number, proof: { token?: string }): void {
    const since = this.#stream.position;
    const from = since !== undefined ? { since } : this.#replay ? { replay: true as const } : {};
    this.#link.request({ type: "subscribe", room: this.name, ...from, ...proof }, (reply) => {
      if (this.#subscriptions.size > 0) this.#subscribed(reply, attempt);
    });
  }

  #subscribed(reply: Reply, attempt: number): void {
    const recovery = readReply(reply, (data) => readRecovery(data, "publications"));
    if (recovery instanceof NotifyliError) {
      this.#fail(recovery);
      if (recovery.temporary) this.#ask(attempt + 1);
      return;
    }
    this.#presence.ask();
    const since = this.#stream.position;
    if (recovery.reason === "too_many" && since !== undefined) this.#page(recovery, since);
    else this.#readLast(recovery);
  }

  /** Gets the last messages, if they are wanted, where what was missed cannot be had or nobody asked for it. */
  #readLast(recovery: Recovery): void {
    const { recovered, position } = recovery;
    if (recovered || position === undefined || this.#history === 0) {
      return this.#recovered(recovery);
    }
    const since = this.#stream.position;
    const command = { type: "history", room: this.name, limit: this.#history } as const;
    this.#read(command, (page) => {
      if (page === undefined) return this.#recovered(recovery);
      const isOfOneEpoch = page.position?.epoch === position.epoch;
      const first = since?.epoch === position.epoch ? since.offset + 1 : 0;
      // What is after the position comes live as well, and is held until now.
      const items = page.items.filter(({ offset = 0 }) =>
        isOfOneEpoch && offset >= first && offset <= position.offset
      );
      this.#recovered({ ...recovery, items });
    });
  }

  /** Reads on in the history until nothing is missing, or the next message is no longer there. */
  #page(recovery: Recovery, since: Position): void {
    const command = { type: "history", room: this.name, since, limit: PAGE_LIMIT } as const;
    this.#read(command, (page) => {
      const epoch = page?.position?.epoch;
      const isGood = page?.recovered || epoch === since.epoch; // a good position may be of an earlier epoch
      const isWhole = isGood && page?.items[0]?.offset === since.offset + 1;
      if (page === undefined || epoch === undefined || !isWhole) return this.#readLast(recovery);
      this.#stream.replay(page.items, epoch);
      const next = this.#stream.position;
      const end = recovery.position?.offset ?? 0;
      if (next === undefined || next.offset >= end) {
        this.#recovered({ ...recovery, recovered: true, items: [] });
      } else this.#page(recovery, next);
    });
  }

  /** Reads a page of the history, and again where the server cannot help now; `undefined` where it does not after all. */
  #read(command: Command, then: (page: Recovery | undefined) => void, tries = 1): void {
    this.#link.request(command, (reply) => {
      if (this.#subscriptions.size === 0) return;
      const page = readReply(reply, (data) => readRecovery(data, "publications"));
      if (!(page instanceof NotifyliError)) return then(page);
      if (!page.temporary || tries === PAGE_TRIES) {
        this.#fail(page);
        return then(undefined);
      }
      const pauseMs = backoffMs(tries - 1, this.#link.random);
      this.#cancelRetry = this.#link.clock.after(
        pauseMs,
        () => this.#read(command, then, tries + 1),
      );
    });
  }

  #recovered(recovery: Recovery): void {
    this.#stream.recover(recovery);
    this.#emit("subscribed", this.#stream.position);
  }
}
