/** Finds the events of a topic's log by the values of some keys: each set of keys is indexed when somebody first asks by it. */
import { Queue } from "../base/queue.ts";
import type { KeptPublication } from "../core/publication.ts";
import { type Filter, valuesIn } from "./filter.ts";

/** Most sets of keys that are indexed. Where there are more, all are indexed anew as they are asked for. */
const MOST_INDEXES = 32;

/** Bytes of the offset of an event in an index, and of values that no other event has, beside their text. */
const OFFSET_BYTES = 16;
const VALUES_BYTES = 300;

/** Bytes of a UTF-16 unit in memory. */
const UNIT_BYTES = 2;

/** The offsets of events by the values of some keys. */
interface Index {
  readonly keys: readonly string[];
  readonly offsets: Map<string, Queue<number>>;
}

export class LogIndexes {
  readonly #indexes = new Map<string, Index>();
  #bytes = 0;

  /** What the indexes take: events with short data take less than many indexes of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The offsets of the events that a filter is for, oldest first; `undefined` if there are none. */
  offsetsOf(
    { keySet, keys, wanted }: Filter,
    events: Queue<KeptPublication>,
  ): Queue<number> | undefined {
    let index = this.#indexes.get(keySet);
    if (index === undefined) {
      if (this.#indexes.size >= MOST_INDEXES) this.clear();
      this.#indexes.set(keySet, index = { keys, offsets: new Map() });
      for (let at = 0; at < events.length; at++) this.#addTo(index, events.at(at)!);
    }
    return index.offsets.get(wanted);
  }

  add(event: KeptPublication): void {
    for (const index of this.#indexes.values()) this.#addTo(index, event);
  }

  /** Takes the oldest of all events out. */
  removeFirst({ publication }: KeptPublication): void {
    for (const { keys, offsets } of this.#indexes.values()) {
      const values = valuesIn(publication.data, keys);
      const known = values === undefined ? undefined : offsets.get(values);
      if (values === undefined || known === undefined) continue;
      known.shift();
      this.#bytes -= OFFSET_BYTES;
      if (known.length > 0) continue;
      offsets.delete(values);
      this.#bytes -= bytesOf(values);
    }
  }

  clear(): void {
    this.#indexes.clear();
    this.#bytes = 0;
  }

  #addTo({ keys, offsets }: Index, { offset, publication }: KeptPublication): void {
    const values = valuesIn(publication.data, keys);
    if (values === undefined) return;
    this.#bytes += OFFSET_BYTES;
    const known = offsets.get(values);
    if (known !== undefined) return known.push(offset);
    const fresh = new Queue<number>();
    fresh.push(offset);
    offsets.set(values, fresh);
    this.#bytes += bytesOf(values);
  }
}

function bytesOf(values: string): number {
  return values.length * UNIT_BYTES + VALUES_BYTES;
}
