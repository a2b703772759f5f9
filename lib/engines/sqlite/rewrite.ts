/**
 * Has files of older versions give space back (`space.ts`): SQLite can only decide that as it writes a file, so the file is
 * written anew at a start, where that is soon done and worth it.
 */
import type { DatabaseSync } from "node:sqlite";
import { logFor } from "../../base/log.ts";

const log = logFor("sqlite");

/** A file that cannot give space back yet is written anew at a start if what is in use takes up to so many bytes. */
const REWRITTEN_BYTES = 256_000_000;
/** And if so much of it is free, as a part of it. */
const FREE_PART = 0.25;

/** More than this takes so long that the log announces it. */
const TOLD_BYTES = 50_000_000;

/** The value of `PRAGMA auto_vacuum` with which a file gives space back when it is told to. */
const INCREMENTAL = 2;

/** Has a file of an older version give space back from now on. For that it is written anew, so it has to be worth it. */
export function giveBackFromNowOn(database: DatabaseSync): void {
  const pragma = (name: string) => Number(Object.values(database.prepare(name).get() ?? {})[0]);
  if (pragma("PRAGMA auto_vacuum") === INCREMENTAL) return;
  const [pages, free] = [pragma("PRAGMA page_count"), pragma("PRAGMA freelist_count")];
  const pageBytes = pragma("PRAGMA page_size");
  const usedBytes = (pages - free) * pageBytes;
  const isWorthIt = free > pages * FREE_PART || pages * pageBytes <= REWRITTEN_BYTES / 4;
  if (usedBytes > REWRITTEN_BYTES || !isWorthIt) return;
  if (usedBytes > TOLD_BYTES) log.info("the store is written anew, to give space back from now on");
  const startedAt = performance.now();
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  log.info("the store was written anew in {ms} ms, and has {megabytes} MB that were {before} MB", {
    ms: Math.round(performance.now() - startedAt),
    megabytes: Math.ceil(pragma("PRAGMA page_count") * pageBytes / 1e6),
    before: Math.ceil(pages * pageBytes / 1e6),
  });
}
