/**
 * Whose turn it is to be worked on: a page of each site's, one site after the other, and of each site one notification for many
 * after the other. So a long one holds up no other site, and none of its own.
 */
import type { BroadcastKey } from "./store.ts";

export class Turns {
  /** Those that wait, by site and id; whatever has had its turn goes to the end. */
  readonly #sites = new Map<string, Set<string>>();

  get isEmpty(): boolean {
    return this.#sites.size === 0;
  }

  /** Has these wait, and no others. Those that waited before keep their places; others come behind them. */
  update(keys: readonly BroadcastKey[]): void {
    const there = Map.groupBy(keys, ({ site }) => site);
    for (const [site, ids] of this.#sites) {
      const left = new Set(there.get(site)?.map(({ id }) => id));
      for (const id of ids) if (!left.has(id)) ids.delete(id);
      if (left.size === 0) this.#sites.delete(site);
    }
    for (const [site, theirs] of there) {
      const ids = this.#sites.get(site) ?? new Set();
      this.#sites.set(site, ids);
      for (const { id } of theirs) ids.add(id);
    }
  }

  /** The one whose turn it is. */
  next(): BroadcastKey | undefined {
    for (const [site, ids] of this.#sites) {
      this.#sites.delete(site);
      for (const id of ids) {
        ids.delete(id);
        ids.add(id);
        this.#sites.set(site, ids);
        return { site, id };
      }
    }
    return undefined;
  }

  /** Nothing is to be done for one any more. */
  end({ site, id }: BroadcastKey): void {
    const ids = this.#sites.get(site);
    ids?.delete(id);
    if (ids?.size === 0) this.#sites.delete(site);
  }
}
