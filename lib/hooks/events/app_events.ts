/**
 * Tells applications what happens: whoever listens in this process at once, and endpoints by logs, which outlive this
 * process. Where nobody asks for a kind of event, that costs one look. Next on an event's way: `store.ts`.
 */
import { logFor } from "../../base/log.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Connection } from "../../core/connection.ts";
import type { LogEntry } from "../../core/publication.ts";
import type { AppEvent, EventName } from "./event.ts";
import { type Choice, Selection } from "./selection.ts";
import type { Ending, EventStore } from "./store.ts";

const log = logFor("events");

/**
 * Is called for each event that this node has seen happen.
 *
 * @param connection of which the event tells; absent where it is none of this node's
 */
export type EventHandler = (event: AppEvent, connection?: Connection) => void;

/** Who is to be told of one event. */
export interface Audience {
  /** The names of the logs that it goes into. */
  readonly logs: readonly string[];
  readonly handlers: readonly EventHandler[];
}

/** Somebody who asks for events. */
interface Taker {
  readonly selection: Selection;
  readonly log?: string;
  readonly handler?: EventHandler;
}

export class AppEvents {
  readonly #takers = new Map<EventName, readonly Taker[]>();
  readonly #store: EventStore | undefined;
  /** Is called when somebody has begun to ask for events. */
  #onAsked: () => void = () => {};

  /** @param store keeps the logs; absent where there are none */
  constructor(store?: EventStore) {
    this.#store = store;
  }

  /** Has the events that are chosen written into a log. */
  keep(log: string, choice: Choice): void {
    this.#add({ log, selection: new Selection(choice) });
  }

  /** Calls the handler for what this node sees from now on. Disposing of the result ends that. */
  listen(handler: EventHandler, choice: Choice = {}): Disposable {
    const taker = { handler, selection: new Selection(choice) };
    this.#add(taker);
    this.#onAsked();
    return { [Symbol.dispose]: () => this.#remove(taker) };
  }

  /** Calls `begin` when somebody has begun to listen: what has to be followed for that is followed from then on. */
  whenAsked(begin: () => void): void {
    this.#onAsked = begin;
  }

  /** Whether anybody asks for anything. */
  get isAsked(): boolean {
    return this.#takers.size > 0;
  }

  /** Whether anybody asks for an event, be it in some rooms alone. It runs for every message. */
  asksFor(event: EventName): boolean {
    return this.#takers.has(event);
  }

  /** Who is to be told; `undefined` where nobody is. */
  audienceOf(event: EventName, site: string, room?: string): Audience | undefined {
    const takers = this.#takers.get(event)?.filter(({ selection }) => selection.has(site, room));
    if (takers === undefined || takers.length === 0) return undefined;
    return {
      logs: takers.flatMap(({ log }) => log ?? []),
      handlers: takers.flatMap(({ handler }) => handler ?? []),
    };
  }

  /** Tells of an event. Resolves when its logs have it, or once the engine is back. Never rejects. */
  emit(event: AppEvent & { readonly event: EventName }, connection?: Connection): Promise<void> {
    const audience = this.audienceOf(event.event, event.site, event.room);
    if (audience === undefined) return Promise.resolve();
    this.call(audience, event, connection);
    return this.write(audience, event);
  }

  /** Tells those in this process alone. */
  call({ handlers }: Audience, event: AppEvent, connection?: Connection): void {
    for (const handler of handlers) {
      try {
        handler(event, connection);
      } catch (error) {
        log.error("a handler of {event} failed: {reason}", {
          event: event.event,
          reason: reasonOf(error),
        });
      }
    }
  }

  /** The event as an entry that the engine writes in one step with what it tells of; `undefined` where it has to be written. */
  entryOf({ logs }: Audience, event: AppEvent): LogEntry | undefined {
    return logs.length === 0 ? undefined : this.#store?.entryOf(logs, event);
  }

  /** Writes an event into its logs. Never rejects. */
  write({ logs }: Audience, event: AppEvent): Promise<void> {
    if (logs.length === 0 || this.#store === undefined) return Promise.resolve();
    return this.#store.append(logs, event);
  }

  /** Writes an event into its logs now, or not at all. Says whether it is written; never rejects. */
  async writeNow({ logs }: Audience, event: AppEvent): Promise<boolean> {
    return await this.#store?.appendNow(logs, event) ?? true;
  }

  /** Writes an event into its logs, and the one that ends what begins by it, should this node die before. Never rejects. */
  begin(audience: Audience | undefined, event: AppEvent, ending: Ending): Promise<void> {
    if (this.#store === undefined || ending.logs.length === 0) {
      return audience === undefined ? Promise.resolve() : this.write(audience, event);
    }
    return this.#store.begin(audience?.logs ?? [], event, ending);
  }

  /** Writes the event that something ends with. Never rejects. */
  end({ logs }: Audience, event: AppEvent, key: string): Promise<void> {
    return this.#store?.end(logs, event, key) ?? Promise.resolve();
  }

  #add(taker: Taker): void {
    for (const name of taker.selection.names) {
      this.#takers.set(name, [...this.#takers.get(name) ?? [], taker]);
    }
  }

  #remove(taker: Taker): void {
    for (const name of taker.selection.names) {
      const left = this.#takers.get(name)?.filter((each) => each !== taker) ?? [];
      if (left.length === 0) this.#takers.delete(name);
      else this.#takers.set(name, left);
    }
  }
}
