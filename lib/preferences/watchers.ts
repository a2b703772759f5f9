/**
 * Tells the devices that watch their users' preferences when an application changes a kind, since what comes of users' choices is
 * another thing then. Devices that a node may have told nothing, since it was cut off, come anew and ask. Each node tells its own connections, some users at a time: all of a site may watch.
 */
import { pause } from "../base/clock.ts";
import type { UserId } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { inSlices } from "../base/slices.ts";
import { unixSeconds } from "../base/times.ts";
import { Arrival } from "../core/arrival.ts";
import { deliverToAll, type HubChannel } from "../core/hub.ts";
import type { Node } from "../core/node.ts";
import type { Change, FeedListener } from "./feed.ts";
import type { Preferences } from "./preferences.ts";

/** How many users' preferences are read in one question. */
const TOGETHER = 100;

/** How long changes are gathered: applications set many kinds one after the other, and a node hears its own twice. */
const GATHERED_MS = 100;

export class PreferenceWatchers implements FeedListener {
  readonly #node: Node;
  readonly #listener: FeedListener;
  /** The sites whose devices are being told; `true` where they have to be told once more after that. */
  readonly #telling = new Map<string, boolean>();
  #preferences: Preferences | undefined;

  /** @param listener hears of each change first */
  constructor(node: Node, listener: FeedListener) {
    this.#node = node;
    this.#listener = listener;
  }

  /** Gives what reads preferences, which needs the feed itself. */
  read(preferences: Preferences): void {
    this.#preferences = preferences;
  }

  changed(change: Change): void {
    this.#listener.changed(change);
    if (change.user === undefined) this.#tell(change.site);
  }

  deaf(): void {
    this.#listener.deaf();
  }

  hearing(): void {
    this.#listener.hearing();
  }

  #watched(site: string): HubChannel[] {
    return [...this.#node.hub.channels()].filter((each) =>
      each.kind === "preferences" && each.site === site
    );
  }

  #tell(site: string): void {
    if (this.#telling.has(site)) return void this.#telling.set(site, true);
    this.#telling.set(site, false);
    this.#node.background.run("telling devices of changed kinds", this.#tellAll(site));
  }

  async #tellAll(site: string): Promise<void> {
    try {
      do {
        await pause(GATHERED_MS);
        this.#telling.set(site, false);
        const watched = this.#watched(site);
        const pages = Array.from(
          { length: Math.ceil(watched.length / TOGETHER) },
          (_, page) => watched.slice(page * TOGETHER, (page + 1) * TOGETHER),
        );
        await inSlices(pages, (page) => this.#tellSome(site, page));
      } while (this.#telling.get(site));
    } finally {
      this.#telling.delete(site);
    }
  }

  /** A device that cannot be told reads them when it comes back. */
  async #tellSome(site: string, watched: readonly HubChannel[]): Promise<void> {
    const users = watched.map(({ name }): UserId => name);
    const shown = await this.#preferences?.showSome(site, users);
    const publication = { kind: "preferences_changed", id: nextId(), at: unixSeconds() };
    await inSlices(watched, (each) => {
      const data = shown?.get(each.name);
      if (data === undefined) return;
      deliverToAll(each, new Arrival(each, { ...publication, data }, undefined));
    });
  }
}
