/**
 * One subscription as the server has it, for all of the client's own that are alike: asks for it on each connection, and
 * hands what matches to them. The offsets of what matches are not consecutive, so that none is missing between two.
 */
import { NotifyliError } from "../core/errors.ts";
import { SeenIds } from "../core/ids.ts";
import { readTopic, type TopicRecovery } from "../core/replies.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import { askToken, type TokenSource } from "../core/token.ts";
import type { Position, TopicMessage } from "../core/types.ts";
import { filterKey, type TopicFilter } from "./filter.ts";
import {
  type SubscribedTopic,
  type TopicOptions,
  TopicSubscription,
  type TopicSubscriptionEvents,
  type TopicTokenSource,
} from "./topic_subscription.ts";

/** Messages that are remembered against doubles; the oldest are forgotten. */
const SEEN_LIMIT = 200;

interface TopicFeedEvents {
  failed(error: NotifyliError): void;
  /** The server has taken it, under this number of its own. */
  taken(sub: number): void;
  /** Nobody subscribes any more. */
  emptied(): void;
}

export class TopicFeed implements SubscribedTopic {
  readonly topic: string;
  readonly filter: TopicFilter;
  readonly #key: string;
  readonly #link: Link;
  readonly #events: TopicFeedEvents;
  readonly #token: TopicTokenSource | undefined;
  readonly #replay: boolean;
  readonly #subscriptions = new Set<TopicSubscription>();
  readonly #seen = new SeenIds(SEEN_LIMIT);
  readonly #retry: Retry;
  /** It began at a position of the program's own, and the server may know an older message that matches. */
  readonly #beganSince: boolean;
  #position: Position | undefined;
  #last: TopicMessage | undefined;
  /** The server's number of this on the connection, once it has taken it. */
  #sub: number | undefined;
  #wasTaken = false;
  /** The server was asked on this connection, and has not refused. */
  #asked = false;
  /** Counts how often the server was asked, so that a token that comes late is not used. */
  #lastAsk = 0;
  #cancelToken = () => {};

  constructor(
    { topic, filter }: { topic: string; filter: TopicFilter },
    link: Link,
    events: TopicFeedEvents,
    { token, since, replay = true }: TopicOptions,
  ) {
    this.topic = topic;
    this.filter = filter;
    this.#key = filterKey(filter);
    this.#link = link;
    this.#events = events;
    this.#token = token;
    this.#replay = replay;
    this.#retry = new Retry(link);
    this.#beganSince = since !== undefined;
    this.#position = since;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** Whether a new subscription gets from this just what it would get from one of its own. */
  suits(topic: string, key: string, { token, since, replay = true }: TopicOptions): boolean {
    if (topic !== this.topic || key !== this.#key || token !== this.#token) return false;
    const knowsLast = this.#last !== undefined || (this.#replay && !this.#beganSince);
    return since === undefined && (!replay || knowsLast);
  }

  add(options: TopicOptions): TopicSubscription {
    const subscription = new TopicSubscription(
      this,
      (error) => this.#events.failed(error),
      options,
    );
    this.#subscriptions.add(subscription);
    const last = this.#last;
    if (this.#wasTaken) {
      queueMicrotask(() => subscription.catchUp(last, this.#sub !== undefined));
    }
    return subscription;
  }

  remove(subscription: TopicSubscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    const sub = this.#sub;
    this.close();
    if (sub !== undefined) this.#leave(sub);
    this.#events.emptied();
  }

  /** Asks the server where there is a connection, once on each, and once more where it had refused. */
  enter(): void {
    if (this.#asked || !this.#link.online || this.#subscriptions.size === 0) return;
    this.#asked = true;
    this.#ask();
  }

  /** The connection is gone. */
  interrupt(): void {
    this.#sub = undefined;
    this.#asked = false;
    this.#lastAsk++;
    this.#cancelToken();
    this.#retry.reset();
  }

  close(): void {
    this.interrupt();
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }

  receive(message: TopicMessage): void {
    this.#deliver(message);
  }

  /**
   * Something came of the topic, for whichever subscription: all that matched up to there has come. The server does not say
   * so again to a connection that it sent that.
   */
  passed(offset: number | undefined): void {
    const position = this.#position;
    if (offset === undefined) this.#position = undefined; // nothing is kept: there is no place to come back to
    else if (position !== undefined && offset > position.offset) {
      this.#position = { ...position, offset };
    }
  }

  /** The server says how far the topic is: all that matched up to there has come. */
  moved(position: Position): void {
    this.#position = position;
  }

  /** Ends the waiting of those who wait for the server's word, and their subscriptions with it. */
  reject(error: NotifyliError): void {
    for (const subscription of [...this.#subscriptions]) subscription.settle(error);
  }

  #ask(isAskedAgain = false): void {
    const ask = ++this.#lastAsk;
    const isWanted = () => ask === this.#lastAsk;
    this.#cancelToken();
    this.#cancelToken = askToken(this.#tokenSource(), this.#link.clock, {
      then: (token) => isWanted() && this.#request(token, isAskedAgain),
      failed: (reason) => {
        if (!isWanted()) return;
        this.#fail(new NotifyliError("no_token", reason));
        this.#retry.later(() => this.#ask());
      },
    });
  }

  #tokenSource(): TokenSource | undefined {
    const token = this.#token;
    return typeof token === "function" ? () => token(this.topic, this.filter) : token;
  }

  #request(token: string | undefined, isAskedAgain: boolean): void {
    const { topic, filter } = this;
    const since = this.#position;
    this.#link.request({
      type: "subscribe",
      topic,
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
      ...(since === undefined ? {} : { since }),
      ...(this.#replay ? { replay: true } : {}),
      ...(token === undefined ? {} : { token }),
    }, (reply) => {
      const recovery = readReply(reply, readTopic);
      if (this.#subscriptions.size > 0) this.#answered(recovery, isAskedAgain);
      else if (!(recovery instanceof NotifyliError)) this.#leave(recovery.sub); // all ended meanwhile
    });
  }

  #answered(recovery: TopicRecovery | NotifyliError, isAskedAgain: boolean): void {
    if (!(recovery instanceof NotifyliError)) return this.#taken(recovery);
    const mayAskAgain = typeof this.#token === "function" && !isAskedAgain;
    if (recovery.code === "expired_token" && mayAskAgain) return this.#ask(true);
    if (recovery.temporary) this.#retry.later(() => this.#ask());
    else this.#asked = false;
    this.#fail(recovery);
  }

  #taken(recovery: TopicRecovery): void {
    const subscriptions = [...this.#subscriptions]; // one that a handler adds catches up by itself
    const wasTaken = this.#wasTaken;
    this.#retry.reset();
    this.#sub = recovery.sub;
    this.#wasTaken = true;
    this.#events.taken(recovery.sub);
    this.#recover(recovery, wasTaken);
    for (const subscription of subscriptions) if (!subscription.isEnded) subscription.taken();
  }

  /** Hands on what was missed, or says that it cannot be had. */
  #recover({ position, recovered, reason, messages }: TopicRecovery, wasTaken: boolean): void {
    const since = this.#position;
    const isSameEpoch = since !== undefined && since.epoch === position?.epoch;
    if (!recovered) {
      this.#position = position;
      this.#last = undefined; // the server says which it is
      const why = reason ?? (since === undefined ? "no_history" : "epoch");
      if (since !== undefined || wasTaken) {
        this.#emit("gap", { reason: why, since, now: position });
      }
    }
    for (const message of messages) {
      const { offset } = message;
      this.#last = message;
      const isOld = isSameEpoch && offset !== undefined && offset <= since.offset;
      if (isOld && !recovered) continue; // the last one that matched, which we had
      if (recovered && position !== undefined && offset !== undefined) {
        this.#position = { ...position, offset };
      }
      this.#deliver(message);
    }
    this.#position = position;
  }

  /** An id may be used again after a time, and is then that of another message. */
  #deliver(message: TopicMessage): void {
    if (!this.#seen.add(`${message.offset}\n${message.id}`)) return;
    this.#last = message;
    for (const subscription of [...this.#subscriptions]) subscription.receive(message);
  }

  #leave(sub: number): void {
    this.#link.request({ type: "unsubscribe", sub }, () => {});
  }

  #emit<E extends keyof TopicSubscriptionEvents>(event: E, value: TopicSubscriptionEvents[E]) {
    for (const subscription of [...this.#subscriptions]) subscription.emit(event, value);
  }

  /** Whoever waits for the server's word has it where it is final. */
  #fail(error: NotifyliError): void {
    const isFinal = !error.temporary && error.code !== "no_token";
    const heard = [...this.#subscriptions].map((each) =>
      isFinal && each.settle(error) || each.emit("error", error)
    );
    if (!heard.includes(true)) this.#events.failed(error);
  }
}
