/**
 * One topic on this node: who has subscribed to it, and its log. Events that arrive come here, and go to those that they match.
 * Next on an event's way: `core/connection.ts`, `deliver`.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { DISCONNECTS } from "../base/errors.ts";
import { Queue } from "../base/queue.ts";
import { SharedReads } from "../base/shared_reads.ts";
import type { Arrival } from "../core/arrival.ts";
import type { Broker } from "../core/broker.ts";
import { type Channel, keyOf } from "../core/channel.ts";
import type { History, HistoryOptions, KeptPublication, Position } from "../core/publication.ts";
import { AddressedFrames, PositionFrames } from "./frames.ts";
import { bytesOf, type LogAccount, TopicLog } from "./log.ts";
import { Subscribers } from "./subscribers.ts";

const log = logFor("topics");

/** Events that are read at once: a thousand long ones would be ten megabytes. */
const CHUNK = 100;

/** An offset after all that there are. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/** Most events that may arrive while the node finds out where the topic stands. */
const MOST_EARLY = 1000;

/** The part of a history after which a subscriber is told how far the topic is. */
const TOLD_PART = 0.5;

export interface TopicParts {
  readonly broker: Broker;
  readonly account: LogAccount;
}

export class Topic {
  readonly channel: Channel;
  readonly key: string;
  readonly history: HistoryOptions;
  readonly subscribers: Subscribers = new Subscribers();
  /** How many subscriptions are under way: the topic is kept for them. */
  pending = 0;
  readonly #parts: TopicParts;
  /** Those who wait for an event that is stored and has not arrived. */
  readonly #waiting = new Set<{ readonly offset: number; readonly done: () => void }>();
  /** Those who ask at once where the topic stands have one answer. */
  readonly #standings = new SharedReads<History>();
  #log: TopicLog | undefined;
  #opening: Promise<void> | undefined;
  #loading: Promise<void> | undefined;
  /** What has arrived while the node finds out where the topic stands. */
  #early = new Queue<Arrival>();
  /** Rises when the node may have missed something. */
  #era = 0;
  /** The subscribers know the topic up to this offset at the least, and since this time. */
  #toldLeast = 0;
  #toldAt = performance.now();

  constructor(channel: Channel, history: HistoryOptions, parts: TopicParts) {
    this.channel = channel;
    this.key = keyOf(channel);
    this.history = history;
    this.#parts = parts;
  }

  /** What the node knows of the history; `undefined` before it is opened, and where there is none. */
  get log(): TopicLog | undefined {
    return this.#log;
  }

  get isIdle(): boolean {
    return this.pending === 0 && this.subscribers.isEmpty;
  }

  /** Finds out where the topic stands. The node has to hear the topic already. Rejects where the engine is away. */
  open(): Promise<void> {
    return this.#opening ??= this.#open().finally(() => this.#opening = undefined);
  }

  /** Reads into the log what came before it. Rejects where the engine is away. */
  load(): Promise<void> {
    return this.#loading ??= this.#load().finally(() => this.#loading = undefined);
  }

  /**
   * Resolves when the event at an offset has arrived that the engine has already, or after so long; at once where there is
   * none. Rejects where the engine is away.
   */
  async arrival(offset: number, mostMs: number): Promise<void> {
    const standing = await this.#standings.read("", () => this.#read(MAX_OFFSET, 1));
    const { log } = this;
    if (log === undefined || log.epoch !== standing.epoch) return;
    if (standing.offset < offset || log.offset >= offset) return;
    await this.#arrived(offset, mostMs);
  }

  /** Ends the subscribers' connections if the topic is further than what has arrived here, and it does not arrive. */
  async endIfMissed(mostMs: number): Promise<void> {
    const before = this.#log;
    if (before === undefined) return;
    const { offset, epoch } = await this.#read(MAX_OFFSET, 1);
    if (epoch === before.epoch && offset > before.offset) await this.#arrived(offset, mostMs);
    if (this.#log !== before || (epoch === before.epoch && offset <= before.offset)) return;
    this.endAll();
  }

  /** Forgets what was read: it may have gaps. */
  reset(): void {
    this.#era++;
    this.#log?.clear();
    this.#log = undefined;
  }

  /** Gives an event that has arrived to those that want it. */
  arrive(arrival: Arrival): void {
    const { position, publication } = arrival;
    if (position !== undefined && this.history.size > 0) {
      if (this.#log === undefined) {
        if (this.#opening !== undefined) this.#noteEarly(arrival);
        return; // nobody has subscribed yet
      }
      const arriving = this.#log.take(position, publication);
      if (arriving === "known") return;
      if (arriving === "gap") return this.endAll();
      if (arriving === "renewed") {
        this.#toldLeast = 0;
        this.#tellAll({ offset: position.offset - 1, epoch: position.epoch });
      }
      for (const { offset, done } of this.#waiting) if (offset <= position.offset) done();
    }
    const receivers = this.subscribers.matching(publication.data);
    if (receivers.size === 0) return;
    const frames = new AddressedFrames(arrival);
    const offset = position?.offset ?? 0;
    const now = performance.now();
    for (const receiver of receivers.values()) {
      const { subscriber } = receiver;
      subscriber.told = offset;
      subscriber.toldAt = now;
      subscriber.connection.deliver(this.key, offset, frames.of(receiver));
    }
  }

  /**
   * Tells those that got no event for long how far the topic is, so that they can go on from there. It looks at all of them
   * only where the first may have to be told.
   */
  tellPositions(now: number): void {
    const standing = this.#log;
    if (standing === undefined || this.subscribers.isEmpty) return;
    const { offset } = standing;
    const isLate = (told: number, toldAt: number) =>
      told < offset && (offset - told >= this.history.size * TOLD_PART ||
        now - toldAt >= this.history.seconds * TOLD_PART * 1000);
    if (!isLate(this.#toldLeast, this.#toldAt)) return;
    const frames = new PositionFrames(this.channel, { offset, epoch: standing.epoch });
    [this.#toldLeast, this.#toldAt] = [offset, now];
    for (const subscriber of this.subscribers.all) {
      if (isLate(subscriber.told, subscriber.toldAt)) {
        subscriber.told = offset;
        subscriber.toldAt = now;
        subscriber.connection.deliver(this.key, offset, frames.of(subscriber));
      } else if (subscriber.told < offset) {
        this.#toldLeast = Math.min(this.#toldLeast, subscriber.told);
        this.#toldAt = Math.min(this.#toldAt, subscriber.toldAt);
      }
    }
  }

  /** Something was missed: ends the connections of the subscribers, who come back for it with their positions. */
  endAll(): void {
    this.reset();
    const subscribers = [...this.subscribers.all];
    log.warn("{count} clients come back, since this node missed an event of their topic", {
      count: subscribers.length,
    });
    for (const { connection } of subscribers) connection.disconnect(DISCONNECTS.missed);
  }

  /** Resolves when the event at an offset has arrived, or after so long. */
  async #arrived(offset: number, mostMs: number): Promise<void> {
    const come = new AbortController();
    const waiting = { offset, done: () => come.abort() };
    this.#waiting.add(waiting);
    await pause(mostMs, come.signal);
    this.#waiting.delete(waiting);
  }

  #tellAll(position: Position): void {
    const frames = new PositionFrames(this.channel, position);
    for (const subscriber of this.subscribers.all) {
      subscriber.told = position.offset;
      subscriber.connection.deliver(this.key, position.offset, frames.of(subscriber));
    }
  }

  /** Where there is more than may wait, the oldest are dropped: the topic stands after most of them when that is known. */
  #noteEarly(arrival: Arrival): void {
    this.#early.push(arrival);
    if (this.#early.length > MOST_EARLY) this.#early.shift();
  }

  async #open(): Promise<void> {
    while (this.#log === undefined) {
      const era = this.#era;
      this.#early = new Queue();
      const standing = await this.#read(MAX_OFFSET, 1);
      const early = this.#early;
      if (era !== this.#era) continue;
      const { channel: { name }, history } = this;
      const { account } = this.#parts;
      const opened = new TopicLog({ name, history, account }, standing);
      let isRight = true;
      for (let next = early.shift(); next !== undefined && isRight; next = early.shift()) {
        const { position, publication } = next;
        isRight = position === undefined || opened.take(position, publication) !== "gap";
      }
      if (isRight) this.#log = opened;
      else opened.clear();
    }
    this.#early = new Queue();
    this.#toldLeast = this.#log.offset;
  }

  async #load(): Promise<void> {
    const { log } = this;
    if (log === undefined) return;
    const { version, epoch } = log;
    const { channel: { name } } = this;
    const { account } = this.#parts;
    const least = Math.max(0, log.offset - this.history.size);
    let events: KeptPublication[] = [];
    let end = log.first - 1;
    let bytes = 0;
    while (end > least && version === log.version && bytes <= account.limit) {
      const start = Math.max(least, end - CHUNK);
      const read = await this.#read(start, end - start);
      const found = read.publications.filter(({ offset }) => offset <= end);
      if (read.epoch !== epoch || found.at(-1)?.offset !== end) break;
      events = [...found, ...events];
      for (const { publication } of found) bytes += bytesOf(name, publication);
      if (found[0]?.offset !== start + 1) break; // what came before is not kept any more
      end = start;
    }
    log.prepend(events, version, bytes > account.limit);
  }

  #read(since: number, limit: number): Promise<History> {
    const { persistent } = this.history;
    return this.#parts.broker.history(this.channel, { since, limit, persistent });
  }
}
