/**
 * Gives the space of what was deleted back to the disk. SQLite keeps it for itself otherwise, so a file would stay as large
 * as it ever was.
 */
import { every, type Task } from "../../core/task.ts";
import { inSlices } from "./slices.ts";
import type { Statement } from "./statement.ts";
import type { SqliteStore } from "./store.ts";

/** How often it is looked for. */
const LOOK_EVERY_MS = 60_000;

/** Free pages that stay in the file for what comes next: a part of all, and so many at least. */
const KEPT_PART = 0.1;
const KEPT_PAGES = 1024;

/** Pages that are given back by one statement, which takes about a millisecond. */
const PAGES_AT_ONCE = 32;

/** A task that gives free pages back. */
export function givingSpaceBack(store: SqliteStore): Task {
  const space = new Space(store);
  return every("space", LOOK_EVERY_MS, (signal) => space.giveBack(signal));
}

export class Space {
  readonly #store: SqliteStore;
  readonly #free: Statement;
  readonly #pages: Statement;
  readonly #giveBack: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#free = store.prepare("SELECT freelist_count AS count FROM pragma_freelist_count");
    this.#pages = store.prepare("SELECT page_count AS count FROM pragma_page_count");
    this.#giveBack = store.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
  }

  /** Gives back what is too much, a few pages at a time. */
  async giveBack(signal?: AbortSignal): Promise<void> {
    if (!this.#hasTooMany()) return;
    await inSlices(this.#store, {
      signal,
      step: () => {
        const before = countOf(this.#free);
        this.#giveBack.all();
        this.#store.shrunk(); // before the commit, which may already make the file shorter
        return countOf(this.#free) < before && this.#hasTooMany(); // an old file may give nothing back
      },
    });
  }

  #hasTooMany(): boolean {
    return countOf(this.#free) > Math.max(KEPT_PAGES, countOf(this.#pages) * KEPT_PART);
  }
}

function countOf(statement: Statement): number {
  return Number(statement.get()?.["count"]);
}
