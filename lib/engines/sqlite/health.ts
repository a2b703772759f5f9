/**
 * Whether a store can be relied on, and why not. A disk that is full or away is well again once a write succeeds, and once
 * what could not be read can be; a file that is damaged never is, until a start has checked all of it.
 */
import { PRIVATE } from "../../base/private_files.ts";
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { IN_MEMORY } from "./data_dir.ts";
import { markDamaged } from "./damage_mark.ts";
import { isDamage } from "./file_errors.ts";

const log = logFor("sqlite");

/** How much room a store that could not write needs to be well again: less may hold one change but not the next. */
const ROOM_BYTES = 65_536;
/** How often a store that could not write looks for that room, while there are changes. */
const LOOK_EVERY_MS = 1000;

export class StoreHealth {
  readonly #dataDir: string;
  /** Why the last commit failed; `undefined` while all is well. */
  #failure: string | undefined;
  /** What the file is damaged by, as SQLite words it. */
  #damage: string | undefined;
  /** A read that failed, and whether it still does. */
  #unreadable: { readonly reason: string; again(): void } | undefined;
  /** When the store last looked for room, on `performance.now()`'s clock. */
  #lookedAt = 0;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Why the store is not to be relied on right now; `undefined` while it is. */
  get reason(): string | undefined {
    return this.#damage ?? this.#unreadable?.reason ?? this.#failure;
  }

  /** Whether the last commit failed. */
  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /** The refusal of whatever is to be written into a damaged file. */
  get refusal(): CodedError | undefined {
    return this.#damage === undefined ? undefined : unavailable(this.#damage, undefined);
  }

  /** Has the next success look for room at once. */
  lookSoon(): void {
    this.#lookedAt = 0;
  }

  /** Notes why a commit failed, and logs it once. Returns the error for those whose changes were in it. */
  noteFailed(cause: unknown): CodedError {
    if (isDamage(cause)) return this.noteDamage(cause);
    const reason = `Cannot write to the store: ${reasonOf(cause)}`;
    if (this.#failure === undefined) log.error("{reason}", { reason });
    this.#failure = reason;
    return unavailable(reason, cause);
  }

  noteWritten(): void {
    if (this.#failure === undefined) return;
    const now = performance.now();
    if (this.#lookedAt > 0 && now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    if (!hasRoom(this.#dataDir)) return;
    log.info("the store takes writes again");
    this.#failure = undefined;
  }

  /** Notes that something cannot be read. @param again reads it once more */
  noteUnreadable(cause: unknown, again: () => void): CodedError {
    if (isDamage(cause)) return this.noteDamage(cause);
    const reason = `Cannot read the store: ${reasonOf(cause)}`;
    if (this.#unreadable === undefined) log.error("{reason}", { reason });
    this.#unreadable = { reason, again };
    return unavailable(reason, cause);
  }

  /** Tries again what could not be read. */
  readAgain(): void {
    if (this.#unreadable === undefined) return;
    try {
      this.#unreadable.again();
    } catch (error) {
      return void this.noteUnreadable(error, this.#unreadable.again);
    }
    log.info("the store can be read again");
    this.#unreadable = undefined;
  }

  /** From now on nothing is written: nobody knows what SQLite would write over in a damaged file. */
  noteDamage(cause: unknown): CodedError {
    if (this.#damage === undefined) {
      this.#damage = `The store is damaged (${reasonOf(cause)}): nothing is accepted until it is ` +
        "repaired or replaced and the server is started anew";
      log.error("{reason}", { reason: this.#damage });
      markDamaged(this.#dataDir, reasonOf(cause));
    }
    return unavailable(this.#damage, cause);
  }
}

function unavailable(reason: string, cause: unknown): CodedError {
  return new CodedError("unavailable", reason, { cause, isAway: true });
}

function hasRoom(dataDir: string): boolean {
  if (dataDir === IN_MEMORY) return true;
  const file = `${dataDir}/notifyli.room`;
  try {
    Deno.writeFileSync(file, new Uint8Array(ROOM_BYTES), PRIVATE);
    return true;
  } catch {
    return false;
  } finally {
    removeIfThere(file);
  }
}

function removeIfThere(file: string): void {
  try {
    Deno.removeSync(file);
  } catch {
    // The file was never made.
  }
}
