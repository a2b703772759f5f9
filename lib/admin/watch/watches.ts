/** Those who watch at this node: at most 20, each with a stream of what all nodes show. Nothing runs while there is none. */
import { CodedError } from "../../base/errors.ts";
import { nextId } from "../../base/ids.ts";
import { reasonOf } from "../../base/reason.ts";
import { Counter, type Metric } from "../../core/metrics.ts";
import type { RefusalCounters } from "../../core/refusals.ts";
import { logFor } from "../../base/log.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";
import { EventStream } from "./event_stream.ts";
import { FEED_MS } from "./feeds.ts";
import type { Sources } from "./sources.ts";
import type { Shown, WatchSpec } from "./spec.ts";

const log = logFor("admin");

export const MOST_WATCHERS = 20;

/** How often watchers are shown the nodes, and their right to watch is looked at. */
const LOOK_MS = 2000;

/** How often other nodes are told that somebody still watches. */
const RENEW_MS = FEED_MS / 3;

interface Watcher {
  readonly spec: WatchSpec;
  readonly events: EventStream;
  readonly opened: Disposable;
  /** Rejects where whoever watches may not any more. */
  requireAllowed(): Promise<void>;
}

interface WatchesParts {
  readonly nodes: Nodes;
  readonly peers: Peers;
  readonly sources: Sources;
}

export class Watches implements Disposable {
  readonly #parts: WatchesParts;
  readonly #watchers = new Map<string, Watcher>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewedAt = 0;
  #isEnded = false;

  constructor(parts: WatchesParts) {
    this.#parts = parts;
    parts.peers.answer("watched", ({ id, shown, lost }) => {
      const events = this.#watchers.get(String(id))?.events;
      for (const each of shown as Shown[]) events?.send(...each);
      events?.lose(Number(lost));
    });
  }

  get metrics(): readonly Metric[] {
    return [{
      name: "watchers",
      help: "Those who watch the server at this node right now.",
      type: "gauge",
      read: () => this.#watchers.size,
    }];
  }

  /** Throws `too_many_watchers`. */
  requirePlace(): void {
    if (this.#watchers.size < MOST_WATCHERS && !this.#isEnded) return;
    throw new CodedError(
      "too_many_watchers",
      `Cannot watch: ${this.#watchers.size} do already at this node, the limit is ${MOST_WATCHERS}`,
    );
  }

  /** Opens a stream of what all nodes show from now on. Rejects where the other nodes cannot be reached. */
  async open(
    given: Omit<WatchSpec, "id">,
    requireAllowed: Watcher["requireAllowed"],
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    this.requirePlace();
    const { nodes, sources } = this.#parts;
    const spec = { ...given, id: nextId() };
    const events = new EventStream(() => this.#end(spec.id));
    const opened = sources.open(spec, (shown) => events.send(...shown));
    this.#watchers.set(spec.id, { spec, events, opened, requireAllowed });
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
    try {
      if (isOfNodes(spec)) await nodes.ask("watch", { spec });
      if (spec.streams.includes("nodes")) await this.#showNodes([events]);
    } catch (error) {
      events.end();
      throw error;
    }
    return events.stream;
  }

  /** Ends all streams, and takes no more. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const { events } of [...this.#watchers.values()]) events.end();
  }

  #end(id: string): void {
    const watcher = this.#watchers.get(id);
    this.#watchers.delete(id);
    watcher?.opened[Symbol.dispose]();
    if (watcher !== undefined && isOfNodes(watcher.spec)) {
      this.#parts.peers.tellAll("unwatch", { id });
    }
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const now = performance.now();
    if (now - this.#renewedAt >= RENEW_MS) {
      this.#renewedAt = now;
      for (const { spec } of this.#watchers.values()) {
        if (isOfNodes(spec)) this.#parts.peers.tellAll("watch", { spec });
      }
    }
    const all = [...this.#watchers.values()];
    await Promise.all(all.map(({ events, requireAllowed }) =>
      requireAllowed().catch((error) => {
        if (error instanceof CodedError && error.options.isAway) return;
        events.end();
      })
    ));
    const ofNodes = all.filter(({ spec }) => spec.streams.includes("nodes"));
    if (ofNodes.length === 0) return;
    await this.#showNodes(ofNodes.map(({ events }) => events)).catch((error) =>
      log.debug("the nodes cannot be shown: {reason}", { reason: reasonOf(error) })
    );
  }

  async #showNodes(all: readonly EventStream[]): Promise<void> {
    const { nodes } = this.#parts;
    const data = { nodes: await nodes.list(false), this: nodes.own };
    for (const events of all) events.send("nodes", data);
  }
}

/** Whether other nodes have something to show of it: what each reports stands where all see it. */
function isOfNodes({ streams }: WatchSpec): boolean {
  return streams.some((stream) => stream !== "nodes");
}

export function watchRefusals() {
  return {
    too_many_watchers: new Counter(
      "refused_watchers",
      "Operators who wanted to watch where as many did as may.",
    ),
  } satisfies RefusalCounters;
}
