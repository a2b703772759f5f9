/** What `client.topic()` returns: one handler's view of a topic; `topic_feed.ts` does the work for all that are alike. */
import { Emitter, type Handler } from "../core/events.ts";
import type { NotifyliError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Gap, Position, TopicMessage } from "../core/types.ts";
import type { TopicFilter } from "./filter.ts";

/** One token, or a function that gets a new one each time that the server is asked: now, and after each reconnection. */
export type TopicTokenSource =
  | string
  | ((topic: string, filter: TopicFilter) => string | PromiseLike<string>);

export interface TopicOptions extends Lifetime {
  /** Proves that the user may subscribe, where the server asks for it (docs/topics.md). */
  readonly token?: TopicTokenSource | undefined;
  /**
   * Whether the last message that matched comes at once, with `replay: true`, and after a gap, if it is new.
   *
   * @default true
   */
  readonly replay?: boolean | undefined;
  /** The position at which an earlier subscription ended: what matched since then comes first. */
  readonly since?: Position | undefined;
}

export interface TopicSubscriptionEvents {
  /** Each message that matches, once, in the topic's order. */
  message: TopicMessage;
  /** The server has taken the subscription: now, and again after each reconnection. */
  subscribed: Position | undefined;
  /** Messages may be missing, and will not come any more. */
  gap: Gap;
  /**
   * The server does not take the subscription. It is asked again at each reconnection, and where it could only not answer
   * now, after a pause. Where nobody listens, the client's `error` event has it.
   */
  error: NotifyliError;
}

/** The part of a feed that its subscriptions use. */
export interface SubscribedTopic {
  readonly topic: string;
  readonly filter: TopicFilter;
  readonly position: Position | undefined;
  remove(subscription: TopicSubscription): void;
}

export class TopicSubscription {
  readonly #feed: SubscribedTopic;
  readonly #events: Emitter<TopicSubscriptionEvents>;
  readonly #isReplayed: boolean;
  readonly #atEnd: (() => void)[] = [];
  #ended = false;
  #hasHeard = false;
  #isTaken = false;
  /** Whoever waits for the server's word. */
  #settled: ((error: NotifyliError | undefined) => void) | undefined;

  constructor(
    feed: SubscribedTopic,
    onFailure: (error: NotifyliError) => void,
    { replay = true }: TopicOptions,
  ) {
    this.#feed = feed;
    this.#isReplayed = replay;
    this.#events = new Emitter(onFailure);
  }

  get topic(): string {
    return this.#feed.topic;
  }

  get filter(): TopicFilter {
    return this.#feed.filter;
  }

  /** How far the topic is, as far as the server told. A later program gives it as `since`. */
  get position(): Position | undefined {
    return this.#feed.position;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  on<E extends keyof TopicSubscriptionEvents>(
    event: E,
    handler: Handler<TopicSubscriptionEvents[E]>,
  ): () => void {
    return this.#events.on(event, handler);
  }

  /** Ends the subscription: no handler is called any more. */
  unsubscribe(): void {
    if (this.#ended) return;
    this.end();
    this.#feed.remove(this);
  }

  /** The library calls this and what follows: the subscription is over, and its feed knows it. */
  end(): void {
    this.#ended = true;
    for (const clean of this.#atEnd.splice(0)) clean();
  }

  /** Calls `clean` when the subscription ends, however it does, or at once where it has. */
  atEnd(clean: () => void): void {
    if (this.#ended) clean();
    else this.#atEnd.push(clean);
  }

  /** Calls `settled` once, with an error where the server refuses the subscription for good. */
  onSettled(settled: (error: NotifyliError | undefined) => void): void {
    this.#settled = settled;
  }

  /** Returns whether anyone waited for it. */
  settle(error?: NotifyliError): boolean {
    const settled = this.#settled;
    this.#settled = undefined;
    settled?.(error);
    return settled !== undefined;
  }

  /** The server has taken it. */
  taken(): void {
    this.#isTaken = true;
    this.settle();
    this.emit("subscribed", this.position);
  }

  receive(message: TopicMessage): void {
    if (message.replay && !this.#isReplayed) return;
    this.#hasHeard = true;
    this.emit("message", message);
  }

  /** It came after others: gets the last message, as if the server had brought it, unless a newer one came meanwhile. */
  catchUp(last: TopicMessage | undefined, isTaken: boolean): void {
    if (last !== undefined && !this.#hasHeard) this.receive({ ...last, replay: true });
    if (isTaken && !this.#isTaken && !this.#ended) this.taken();
  }

  /** Returns whether anyone listened. */
  emit<E extends keyof TopicSubscriptionEvents>(
    event: E,
    value: TopicSubscriptionEvents[E],
  ): boolean {
    return !this.#ended && this.#events.emit(event, value);
  }
}
