/**
 * The payloads that the bridge has heard and that may still have to be routed, each with its place in what all nodes hear.
 * `bridge_router.ts` routes them.
 *
 * All nodes hear the same in the same order, so a place has one name everywhere: the number of the last mark, which the
 * lock's holder makes twice a second, and how many payloads of its way came after it. The holder stores with each one how far
 * it came, so a payload is kept until its place is behind that, however long this takes.
 */
import { Queue } from "../base/queue.ts";
import { DroppedPlaces } from "./dropped_places.ts";
import { type HeardWay, isUpTo, ofEachWay, type Place, placeOf, type Progress } from "./place.ts";

/** Most characters of all payloads that are kept. Past so many the oldest are given up. */
export const MAX_KEPT_LENGTH = 256_000_000;
/** Each payload counts for so many characters more, which is about what the object around it takes. */
const LENGTH_EACH = 200;

/** More payloads than any node hears between two marks. */
const AFTER_ALL_OTHERS = 1_000_000_000;

export interface Heard extends Place {
  readonly payload: string;
  readonly way: HeardWay;
  /** The id of what this node makes of the payload; `undefined` while the node has not tried to. */
  id: string | undefined;
  /** Whether the payload is stored, or was found wrong. */
  isDone: boolean;
}

export class HeardPayloads {
  readonly #maxLength: number;
  readonly #all = new Queue<Heard>();
  #length = 0;
  /** How many of the first payloads {@linkcode HeardPayloads.next} has given. */
  #next = 0;
  /** The last mark of this connection; 0 before the first one is heard. */
  #mark = 0;
  /** The first mark of this connection; 0 before it is heard. */
  #firstMark = 0;
  /** The last mark that was heard before the connection was lost. */
  #markBefore = 0;
  /** How many payloads came after the last mark. */
  readonly #index: Record<HeardWay, number> = { bridge: 0, publications: 0 };
  /** Where payloads were that were given up, and that nobody is known to have routed. */
  readonly #dropped = ofEachWay(() => new DroppedPlaces());

  /** @param maxLength most characters of all that is kept */
  constructor(maxLength = MAX_KEPT_LENGTH) {
    this.#maxLength = maxLength;
  }

  /** Whether nothing is kept. */
  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Whether {@linkcode HeardPayloads.next} has a payload. */
  get hasNext(): boolean {
    return this.hasMark && this.#next < this.#all.length;
  }

  /** Whether places have names, since a mark was heard on this connection. */
  get hasMark(): boolean {
    return this.#mark !== 0;
  }

  /** How far this node has heard, by the names of the last places; `""` where places have no names yet. */
  get heardUpTo(): Progress {
    return ofEachWay((way) => this.hasMark ? `${this.#mark}:${this.#index[way]}` : "");
  }

  /** Whether payloads may have come after the later one of these places that this connection came too late for. */
  misses({ bridge, publications }: Progress): boolean {
    const mark = Math.max(placeOf(bridge).mark, placeOf(publications).mark);
    return mark !== 0 && mark < this.#firstMark;
  }

  /**
   * Adds a payload. Where too much is kept already, a node that routes does not take this one, and says so with false. A
   * node that does not gives up its oldest, which are the next that the others route; `takeDropped` counts them.
   */
  add(
    payload: string,
    { routes, way = "bridge" }: { routes: boolean; way?: HeardWay },
  ): boolean {
    const [mark, index] = [this.#mark, ++this.#index[way]];
    const length = payload.length + LENGTH_EACH;
    const isFull = () => this.#length + length > this.#maxLength && !this.isEmpty;
    if (routes && isFull()) return false;
    while (isFull()) this.#giveUpFirst();
    this.#all.push({ payload, way, mark, index, id: undefined, isDone: false });
    this.#length += length;
    return true;
  }

  /** Takes a mark. Says whether it is the connection's first one. */
  hearMark(mark: number): boolean {
    const isFirst = this.#mark === 0;
    if (isFirst) this.#nameFirst(mark);
    this.#mark = mark;
    this.#beginCount();
    return isFirst;
  }

  /** The connection is a new one: its first mark will say where it stands in what all nodes hear. */
  reset(): void {
    this.#markBefore = Math.max(this.#mark, this.#markBefore);
    this.#mark = this.#firstMark = 0;
    this.#beginCount();
  }

  /** The holders of the lock have routed all payloads up to these places. */
  noteRouted(progress: Progress): void {
    const upTo = ofEachWay((way) => placeOf(progress[way]));
    this.#forgetWhile((heard) => heard.isDone || isUpTo(heard, upTo[heard.way]));
    this.#noteDone(upTo);
    this.#dropped.bridge.forget(upTo.bridge);
    this.#dropped.publications.forget(upTo.publications);
  }

  /** Forgets the oldest payloads up to the first that is not done. */
  forgetDone(): void {
    this.#forgetWhile(({ isDone }) => isDone);
  }

  /** How many payloads were given up that nobody is known to have routed. They are counted once. */
  takeDropped(): number {
    return this.#dropped.bridge.take() + this.#dropped.publications.take();
  }

  /** {@linkcode HeardPayloads.next} begins anew, with the first payload that is not done. */
  rewind(): void {
    this.#next = 0;
  }

  /** The next payload that is not done, in order; `undefined` where none is left, or places have no names yet. */
  next(): Heard | undefined {
    if (!this.hasMark) return undefined;
    while (this.#next < this.#all.length) {
      const heard = this.#all.at(this.#next++);
      if (heard?.isDone === false) return heard;
    }
    return undefined;
  }

  /** Names the places of what was heard before the first mark: after all that others may have heard before it. */
  #nameFirst(mark: number): void {
    // Where marks begin anew, Redis lost all it had, and how far anybody came: what this node had begun it still does.
    if (mark <= this.#markBefore) this.#beginAnew(mark - 1);
    this.#firstMark = mark;
    this.#markBefore = 0;
    for (const heard of this.#each()) {
      if (heard.mark !== 0) continue;
      heard.mark = mark - 1;
      heard.index += AFTER_ALL_OTHERS;
    }
    this.#dropped.bridge.name(mark - 1, AFTER_ALL_OTHERS);
    this.#dropped.publications.name(mark - 1, AFTER_ALL_OTHERS);
  }

  #beginCount(): void {
    this.#index.bridge = this.#index.publications = 0;
  }

  /** Where a holder of an older version routes one way alone, what it has routed stands behind what it has not. */
  #noteDone({ bridge, publications }: Readonly<Record<HeardWay, Place>>): void {
    const last = Math.max(bridge.mark, publications.mark);
    for (const heard of this.#each()) {
      if (heard.mark > last) return;
      if (isUpTo(heard, heard.way === "bridge" ? bridge : publications)) heard.isDone = true;
    }
  }

  #beginAnew(mark: number): void {
    const kept = [...this.#each()].filter((heard) => heard.mark === 0 || isOpen(heard));
    this.#forgetWhile(() => true);
    for (const [index, heard] of kept.entries()) {
      if (heard.mark !== 0) Object.assign(heard, { mark, index });
      this.#all.push(heard);
      this.#length += heard.payload.length + LENGTH_EACH;
    }
  }

  *#each(): Iterable<Heard> {
    for (let index = 0; index < this.#all.length; index++) {
      const heard = this.#all.at(index);
      if (heard !== undefined) yield heard;
    }
  }

  #giveUpFirst(): void {
    const heard = this.#shift();
    if (heard?.isDone === false) this.#dropped[heard.way].add(heard);
  }

  #forgetWhile(isForgotten: (heard: Heard) => boolean): void {
    for (let first = this.#all.at(0); first !== undefined; first = this.#all.at(0)) {
      if (!isForgotten(first)) return;
      this.#shift();
    }
  }

  #shift(): Heard | undefined {
    const heard = this.#all.shift();
    if (heard === undefined) return undefined;
    this.#length -= heard.payload.length + LENGTH_EACH;
    this.#next = Math.max(0, this.#next - 1);
    return heard;
  }
}

/** Whether this node has begun to route the payload, and does not know that it did. */
function isOpen({ id, isDone }: Heard): boolean {
  return id !== undefined && !isDone;
}
