/**
 * What a node knows of a topic's history: where the topic stands, and the last events. It is read once, and goes on by what
 * arrives, so that thousands of clients that come back at once cost one reading. `topic.ts` reads what came before it.
 */
import { Queue } from "../base/queue.ts";
import {
  frameLength,
  type HistoryOptions,
  isPlaceIn,
  type KeptPublication,
  type Position,
  type Publication,
  type Standing,
} from "../core/publication.ts";
import type { Filter } from "./filter.ts";
import { LogIndexes } from "./log_indexes.ts";

/** An event at hand takes so many bytes. @param topic the topic's name */
export function bytesOf(topic: string, publication: Publication): number {
  return bytesWith(frameLength(topic, publication));
}

function bytesWith(characters: number): number {
  return characters * UNIT_BYTES + EVENT_BYTES;
}

/** Bytes of a UTF-16 unit in memory, and of an event beside its text. */
const UNIT_BYTES = 2;
const EVENT_BYTES = 400;

/**
 * What was just read is at hand for so long at the least: the clock of the node that published it may be behind, and then it
 * would be read again and again.
 */
const LEAST_MS = 1000;

/** What an event that arrives is to the log. */
export type Arriving =
  /** It follows what was there. */
  | "next"
  /** It came before the log began, or is there already. */
  | "known"
  /** The topic has begun anew, since its position was forgotten after a long silence: nothing is missing. */
  | "renewed"
  /** Something between is missing. */
  | "gap";

/** An event at hand, and the characters of its frame, which are counted once for all whom it comes back to. */
export interface LogEvent extends KeptPublication {
  readonly characters: number;
}

/** Counts what all logs of a node take together (`cache.ts`). */
export interface LogAccount {
  /** Bytes that all logs may have at hand. */
  readonly limit: number;
  /** The log has grown or shrunk by so many bytes and events. */
  changed(log: TopicLog, bytes: number, events: number): void;
}

export class TopicLog implements Standing {
  readonly #name: string;
  readonly #history: HistoryOptions;
  readonly #account: LogAccount;
  #epoch: string;
  #past: readonly Position[];
  #offset: number;
  #events = new Queue<LogEvent>();
  #isWhole = false;
  #isCut = false;
  /** When the history is dropped, on `performance.now()`'s clock. */
  #endsAt = Infinity;
  readonly #indexes = new LogIndexes();
  /** What the account knows of the indexes. */
  #indexBytes = 0;
  #bytes = 0;
  /** Rises whenever what was read before does not count any more. */
  version = 0;

  constructor(
    { name, history, account }: { name: string; history: HistoryOptions; account: LogAccount },
    { offset, epoch, past = [] }: Standing,
  ) {
    this.#name = name;
    this.#history = history;
    this.#account = account;
    this.#offset = offset;
    this.#epoch = epoch;
    this.#past = past;
  }

  /** The offset of the last event that has arrived here. */
  get offset(): number {
    return this.#offset;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get past(): readonly Position[] {
    return this.#past;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#events.length;
  }

  /** The offset of the first event that is at hand; the one after the last where none is. */
  get first(): number {
    return this.#offset - this.#events.length + 1;
  }

  /**
   * Whether all that the history has is at hand, or as much as may be. What has ended goes here and where something arrives, and
   * never between two looks of one answer.
   */
  get isWhole(): boolean {
    this.#expire(performance.now());
    return this.#isWhole;
  }

  /** Whether the history has more than may be at hand. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether a position is one of this topic. */
  knows(since: Position): boolean {
    return isPlaceIn(this, since) && since.offset <= this.#offset;
  }

  /** Takes an event that has arrived, where it follows. */
  take({ offset, epoch }: Position, publication: Publication): Arriving {
    if (epoch !== this.#epoch) {
      if (offset !== 1) return "gap";
      this.#renew(epoch);
      this.#push({ offset, publication });
      return "renewed";
    }
    if (offset <= this.#offset) return "known";
    if (offset > this.#offset + 1) return "gap";
    this.#push({ offset, publication });
    return "next";
  }

  /**
   * Puts events before those at hand that were read for a version of the log.
   *
   * @param events oldest first
   * @param isCut whether there were more, and nobody may have them at hand
   */
  prepend(events: readonly KeptPublication[], version: number, isCut: boolean): void {
    if (version !== this.version) return;
    const before = events.filter(({ offset }) => offset < this.first);
    if (before.length > 0 && before.at(-1)?.offset !== this.first - 1) return; // what came between was dropped meanwhile
    const all = new Queue<LogEvent>();
    for (const each of before) all.push(this.#measured(each));
    for (let index = 0; index < this.#events.length; index++) all.push(this.#events.at(index)!);
    const added = [...before.keys()].reduce(
      (sum, index) => sum + bytesWith(all.at(index)!.characters),
      0,
    );
    this.#events = all;
    this.#indexes.clear();
    this.#isWhole = true;
    this.#isCut = isCut;
    this.#noteEnd(before);
    this.#count(added, before.length);
    this.#trim();
  }

  /** The log was read, by which its indexes may have grown. What the account then drops is in no answer any more. */
  noteRead(): void {
    this.#count(0, 0);
  }

  /** Drops the oldest event, since no more may be at hand. Says whether there was one. */
  cut(): boolean {
    this.#isCut = true;
    return this.#shift();
  }

  /** Drops all events that are at hand. */
  clear(): void {
    const { length } = this.#events;
    const bytes = this.#bytes - this.#indexBytes;
    this.#events = new Queue();
    this.#indexes.clear();
    this.#count(-bytes, -length);
    this.#isWhole = this.#isCut = false;
    this.#endsAt = Infinity;
    this.version++;
  }

  /** The events at hand after an offset that a filter is for, oldest first. @param most it stops after so many */
  after(offset: number, filter: Filter, most: number): LogEvent[] {
    const found: LogEvent[] = [];
    const { offsets, count } = this.#offsetsOf(filter);
    // Most clients have nearly all: the loop begins at the end.
    let index = count - 1;
    while (index >= 0 && offsets(index) > offset) index--;
    for (index++; index < count && found.length < most; index++) {
      found.push(this.#at(offsets(index)));
    }
    return found;
  }

  /** The last event at hand that a filter is for. */
  last(filter: Filter): LogEvent | undefined {
    const { offsets, count } = this.#offsetsOf(filter);
    return count === 0 ? undefined : this.#at(offsets(count - 1));
  }

  #at(offset: number): LogEvent {
    return this.#events.at(offset - this.first)!;
  }

  #offsetsOf(filter: Filter): { offsets: (index: number) => number; count: number } {
    const { first } = this;
    if (filter.keys.length === 0) {
      return { offsets: (index) => first + index, count: this.#events.length };
    }
    const found = this.#indexes.offsetsOf(filter, this.#events);
    return { offsets: (index) => found?.at(index) ?? 0, count: found?.length ?? 0 };
  }

  #renew(epoch: string): void {
    this.clear();
    this.#epoch = epoch;
    this.#past = [];
    this.#offset = 0;
    this.#isWhole = true;
  }

  #push(kept: KeptPublication): void {
    const now = performance.now();
    this.#expire(now);
    this.#endsAt = now + this.#history.seconds * 1000;
    const event = this.#measured(kept);
    this.#offset = event.offset;
    this.#events.push(event);
    this.#indexes.add(event);
    this.#count(bytesWith(event.characters), 1);
    this.#trim();
  }

  #trim(): void {
    while (this.#events.length > this.#history.size) this.#shift();
  }

  #shift(): boolean {
    const event = this.#events.shift();
    if (event === undefined) return false;
    this.#indexes.removeFirst(event);
    this.#count(-bytesWith(event.characters), -1);
    return true;
  }

  #expire(now: number): void {
    if (now >= this.#endsAt) this.clear();
  }

  /** Notes when what was read ends, by the time of its last event. */
  #noteEnd(read: readonly KeptPublication[]): void {
    const last = read.at(-1);
    if (last === undefined || this.#endsAt !== Infinity) return;
    const leftMs = (last.publication.at + this.#history.seconds) * 1000 - Date.now();
    const mostMs = this.#history.seconds * 1000;
    this.#endsAt = performance.now() + Math.min(Math.max(leftMs, LEAST_MS), mostMs);
  }

  #count(ofEvents: number, events: number): void {
    const { bytes: indexBytes } = this.#indexes;
    const bytes = ofEvents + indexBytes - this.#indexBytes;
    this.#indexBytes = indexBytes;
    this.#bytes += bytes;
    this.#account.changed(this, bytes, events);
  }

  #measured({ offset, publication }: KeptPublication): LogEvent {
    return { offset, publication, characters: frameLength(this.#name, publication) };
  }
}
