/** Shows other nodes what they watch here: many things at a time, and never more than a node can send. */
import type { Fields } from "../../base/fields.ts";
import type { Peers } from "../peers/peers.ts";
import type { Sources } from "./sources.ts";
import type { Shown, WatchSpec } from "./spec.ts";

const BATCH_MS = 100;

/** Most things of one batch; what comes beyond is lost, and counted. */
const MOST_AT_ONCE = 500;

/** Most watches of other nodes: 20 of each of many. */
const MOST_FEEDS = 1000;

/** A watch that its node does not renew for so long has ended with that node. */
export const FEED_MS = 15_000;

export class Feeds implements Disposable {
  readonly #peers: Peers;
  readonly #sources: Sources;
  readonly #feeds = new Map<string, Feed>();

  constructor(peers: Peers, sources: Sources) {
    this.#peers = peers;
    this.#sources = sources;
    peers.answer("watch", ({ spec }, from) => this.#renew(spec as unknown as WatchSpec, from));
    peers.answer("unwatch", ({ id }) => this.#end(String(id)));
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#feeds.keys()]) this.#end(id);
  }

  #renew(spec: WatchSpec, from: string): true {
    if (from === this.#peers.id) return true; // it shows its own without a feed
    const known = this.#feeds.get(spec.id);
    if (known !== undefined) known.renew();
    else if (this.#feeds.size < MOST_FEEDS) {
      const tell = (fields: Fields) =>
        this.#peers.tell("watched", { id: spec.id, ...fields }, from);
      const feed = new Feed(tell, () => this.#end(spec.id));
      this.#feeds.set(spec.id, feed);
      feed.opened = this.#sources.open(spec, (shown) => feed.add(shown));
    }
    return true;
  }

  #end(id: string): void {
    this.#feeds.get(id)?.[Symbol.dispose]();
    this.#feeds.delete(id);
  }
}

class Feed implements Disposable {
  readonly #tell: (fields: Fields) => void;
  readonly #late: () => void;
  #shown: Shown[] = [];
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout>;
  opened: Disposable | undefined;

  /** @param late is called when nobody has renewed it for long */
  constructor(tell: (fields: Fields) => void, late: () => void) {
    this.#tell = tell;
    this.#late = late;
    this.#deadline = setTimeout(late, FEED_MS);
  }

  renew(): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(this.#late, FEED_MS);
  }

  add(shown: Shown): void {
    if (this.#shown.length >= MOST_AT_ONCE) return void this.#lost++;
    this.#shown.push(shown);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#timer);
    this.opened?.[Symbol.dispose]();
  }

  #flush(): void {
    this.#timer = undefined;
    const [shown, lost] = [this.#shown, this.#lost];
    this.#shown = [];
    this.#lost = 0;
    this.#tell({ shown, lost });
  }
}
