/**
 * What waits for a user in a room, as it was at one moment: read page by page, for all connections that it is handed out to.
 * Those that are at the same page share it. `delivery.ts` makes one for connections that come together.
 */
import { Arrival } from "../core/arrival.ts";
import type { Channel } from "../core/channel.ts";
import type { Position } from "../core/publication.ts";
import type { InboxPage, Queued, StoredNotification } from "./store/store.ts";

/** Most ids that one page is asked for. */
const MOST_IDS = 100;

/** Some of the notifications that wait. */
export interface QueuedPage {
  readonly arrivals: readonly Arrival[];
  /** The place in the queue of what comes after them. */
  readonly next: number;
}

/** A page that is being read or handed out. */
interface OpenPage {
  readonly place: number;
  readonly page: Promise<QueuedPage>;
  readers: number;
}

/** Reads some notifications by their ids. */
type Read = (ids: readonly string[]) => Promise<InboxPage>;

export class Queue {
  /** Where the inbox stood at that moment. */
  readonly upTo: Position;
  readonly #channel: Channel;
  readonly #first: readonly Arrival[];
  readonly #rest: readonly string[];
  readonly #read: Read;
  /** The pages of the rest that somebody has, by the place of their first id. */
  readonly #open = new Map<number, OpenPage>();

  constructor(channel: Channel, { offset, epoch, notifications, rest }: Queued, read: Read) {
    this.upTo = { offset, epoch };
    this.#channel = channel;
    this.#first = this.#arrivals(notifications);
    this.#rest = rest;
    this.#read = read;
  }

  /** Its pages, each read when it is asked for. Rejects where the store cannot be reached. */
  async *pages(): AsyncGenerator<readonly Arrival[]> {
    if (this.#first.length > 0) yield this.#first;
    for (let place = 0; place < this.#rest.length;) {
      const open = this.#enter(place);
      try {
        const { arrivals, next } = await open.page;
        if (arrivals.length > 0) yield arrivals;
        place = next;
      } finally {
        this.#leave(open);
      }
    }
  }

  #enter(place: number): OpenPage {
    const open = this.#open.get(place) ?? { place, page: this.#page(place), readers: 0 };
    this.#open.set(place, open);
    open.readers++;
    return open;
  }

  #leave(open: OpenPage): void {
    if (--open.readers === 0) this.#open.delete(open.place);
  }

  async #page(place: number): Promise<QueuedPage> {
    const ids = this.#rest.slice(place, place + MOST_IDS);
    const { notifications, more } = await this.#read(ids);
    const last = notifications.at(-1)?.id ?? "";
    const count = more ? ids.indexOf(last) + 1 : ids.length;
    return { arrivals: this.#arrivals(notifications), next: place + count };
  }

  #arrivals(notifications: readonly StoredNotification[]): Arrival[] {
    const { epoch } = this.upTo;
    return notifications.map(({ offset, publication }) =>
      new Arrival(this.#channel, publication, { offset, epoch })
    );
  }
}
