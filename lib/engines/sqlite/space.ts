/**
 * Gives the space of what was deleted back to the disk. SQLite keeps it for itself otherwise, so a file would stay as large
 * as it ever was.
 */
import { every, type Task } from "../../core/task.ts";
import { inSlices } from "./slices.ts";
import type { SqliteStore } from "./store.ts";

/** How often it is looked for. */
const LOOK_EVERY_MS = 60_000;

/** Free pages that stay in the file for what comes next: a part of all, and so many at least. */
const KEPT_PART = 0.1;
const KEPT_PAGES = 1024;

/** Pages that are given back by one statement, which takes about a millisecond. */
const PAGES_AT_ONCE = 32;

/** A task that gives free pages back, a few at a time. */
export function givingSpaceBack(store: SqliteStore): Task {
  const count = (pragma: string) => {
    const statement = store.prepare(pragma);
    return () => Number(Object.values(statement.get() ?? {})[0]);
  };
  const [free, pages] = [count("PRAGMA freelist_count"), count("PRAGMA page_count")];
  const giveBack = store.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
  const hasTooMany = () => free() > Math.max(KEPT_PAGES, pages() * KEPT_PART);
  return every("space", LOOK_EVERY_MS, async (signal) => {
    if (!hasTooMany()) return;
    await inSlices(store, {
      signal,
      step() {
        const before = free();
        giveBack.all();
        return free() < before && hasTooMany(); // a file of an older version gives nothing back
      },
    });
    store.shrunk();
  });
}
