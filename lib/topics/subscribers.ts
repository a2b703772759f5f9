/**
 * Who of a node's connections has subscribed to a topic, by what they want of it. An event costs a look for each set of keys
 * that filters have, however many filters there are.
 */
import { CodedError } from "../base/errors.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import { type Filter, valuesIn } from "./filter.ts";

/** One subscription of a connection. */
export interface Subscription {
  /** Its number, which is the connection's own. */
  readonly sub: number;
  readonly filter: Filter;
  /** The token by which the connection has subscribed; absent where it needed none. */
  readonly token: TokenFacts | undefined;
}

/** A connection that has subscribed to a topic, however often. */
export interface Subscriber {
  readonly connection: Connection;
  readonly subscriptions: Map<number, Subscription>;
  /** The offset up to which the connection knows the topic, by an event or because it was told. */
  told: number;
  /** When it was told, on `performance.now()`'s clock. */
  toldAt: number;
}

/** A subscriber that gets an event, and for which of its subscriptions. */
export interface Receiver {
  readonly subscriber: Subscriber;
  /** Numbers of subscriptions, in their order. */
  readonly subs: readonly number[];
  /** The same as a text, which is equal where the numbers are. */
  readonly key: string;
}

type Receivers = Map<Subscriber, Receiver>;

/** The filters with the same keys. */
interface KeySet {
  readonly keys: readonly string[];
  /** Who wants which values of the keys. */
  readonly wanted: Map<string, Receivers>;
}

const NOBODY: ReadonlyMap<Subscriber, Receiver> = new Map();

export class Subscribers {
  readonly #all = new Map<Connection, Subscriber>();
  readonly #keySets = new Map<string, KeySet>();
  #count = 0;

  /** How many subscriptions there are. */
  get count(): number {
    return this.#count;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  get all(): Iterable<Subscriber> {
    return this.#all.values();
  }

  of(connection: Connection): Subscriber | undefined {
    return this.#all.get(connection);
  }

  /** Checks that filters may be added. Throws `too_many_filters` where there would be more than `most` sets of keys. */
  requirePlaces(filters: readonly Filter[], most: number): void {
    const more = new Map<string, readonly string[]>();
    for (const { keySet, keys } of filters) if (!this.#keySets.has(keySet)) more.set(keySet, keys);
    if (more.size === 0 || this.#keySets.size + more.size <= most) return;
    const keys = [...more.values()].at(-1);
    throw new CodedError(
      "too_many_filters",
      `Cannot filter by ${JSON.stringify(keys)}: subscribers of this topic filter by ${most} ` +
        "other sets of keys, which is the limit",
      { field: "filter" },
    );
  }

  /** @param told the offset from which on the connection gets what it wants */
  add(connection: Connection, subscription: Subscription, told: number): void {
    let subscriber = this.#all.get(connection);
    if (subscriber === undefined) {
      const toldAt = performance.now();
      subscriber = { connection, subscriptions: new Map(), told, toldAt };
      this.#all.set(connection, subscriber);
    }
    subscriber.subscriptions.set(subscription.sub, subscription);
    this.#count++;
    const { keySet: name, keys, wanted } = subscription.filter;
    let keySet = this.#keySets.get(name);
    if (keySet === undefined) this.#keySets.set(name, keySet = { keys, wanted: new Map() });
    const receivers: Receivers = keySet.wanted.get(wanted) ?? new Map();
    keySet.wanted.set(wanted, receivers);
    const others = receivers.get(subscriber)?.subs ?? [];
    receivers.set(subscriber, receiver(subscriber, [...others, subscription.sub]));
  }

  /** Ends one of a connection's subscriptions. */
  remove(connection: Connection, sub: number): void {
    const subscriber = this.#all.get(connection);
    const subscription = subscriber?.subscriptions.get(sub);
    if (subscriber === undefined || subscription === undefined) return;
    subscriber.subscriptions.delete(sub);
    if (subscriber.subscriptions.size === 0) this.#all.delete(connection);
    this.#count--;
    const { keySet: name, wanted } = subscription.filter;
    const keySet = this.#keySets.get(name);
    const receivers = keySet?.wanted.get(wanted);
    if (keySet === undefined || receivers === undefined) return;
    const others = receivers.get(subscriber)?.subs.filter((each) => each !== sub) ?? [];
    if (others.length > 0) return void receivers.set(subscriber, receiver(subscriber, others));
    receivers.delete(subscriber);
    if (receivers.size === 0) keySet.wanted.delete(wanted);
    if (keySet.wanted.size === 0) this.#keySets.delete(name);
  }

  /** Who gets an event with this `data`. It runs for every event. */
  matching(data: unknown): ReadonlyMap<Subscriber, Receiver> {
    let found: ReadonlyMap<Subscriber, Receiver> = NOBODY;
    let merged: Receivers | undefined;
    for (const { keys, wanted } of this.#keySets.values()) {
      const values = valuesIn(data, keys);
      const receivers = values === undefined ? undefined : wanted.get(values);
      if (receivers === undefined) continue;
      if (found === NOBODY) {
        found = receivers;
        continue;
      }
      merged = mergedWith(merged ?? new Map(found), receivers);
      found = merged;
    }
    return found;
  }
}

/** Puts receivers to others, each subscriber once. */
function mergedWith(all: Receivers, receivers: Receivers): Receivers {
  for (const [subscriber, { subs }] of receivers) {
    const others = all.get(subscriber)?.subs ?? [];
    const both = [...others, ...subs].sort((one, other) => one - other);
    all.set(subscriber, receiver(subscriber, both));
  }
  return all;
}

function receiver(subscriber: Subscriber, subs: readonly number[]): Receiver {
  return { subscriber, subs, key: subs.join() };
}
