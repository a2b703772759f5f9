/**
 * The leases that this process has: it has the upload to itself, on all nodes, until it lets it go. They are renewed together. Whoever
 * else wants an upload has its owner let it go, and waits for that, or for the end of the lease where the owner is dead.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { CodedError } from "../base/errors.ts";
import { randomBase64Url } from "../base/ids.ts";
import { reasonOf } from "../base/reason.ts";
import { CLOCKS } from "../engines/database/clock.ts";
import type { Database, Work } from "../engines/database/database.ts";
import { Lease } from "./lease.ts";
import {
  endLease,
  type Holder,
  isLeasedElsewhere,
  LEASE_MS,
  renewLeases,
  takeLease,
} from "./store/leases.ts";
import type { FileRow } from "./store/rows.ts";

const log = logFor("files");

/** How often leases are renewed, and so how soon a process learns that another one wants an upload. */
const RENEW_MS = 2_000;

/** How often it is looked whether an upload is free. */
const LOOK_MS = 200;

/** How long it is waited for another process; a dead one has no lease any more by then. */
const PATIENCE_MS = LEASE_MS + 2_000;

export interface LeasesParts {
  readonly database: Database;
  /** Seconds that uploads are kept with which nobody goes on. */
  readonly unusedSeconds: number;
  now(): number;
  /** Something is to be deleted. */
  onGoing(): void;
  /** An upload was lost to another process while this one may have written it. */
  onLost(id: string): Promise<void>;
}

export class Leases {
  readonly holder: Holder;
  readonly #parts: LeasesParts;
  readonly #held = new Map<string, Lease>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<void> | undefined;

  constructor(parts: LeasesParts) {
    const { dialect } = parts.database;
    this.#parts = parts;
    this.holder = {
      owner: randomBase64Url(12),
      clock: CLOCKS[dialect],
      isShared: dialect === "postgres",
    };
  }

  /**
   * Finds an upload, and leases it where it is still coming. Rejects with `offset_mismatch` where another process does not let it go.
   *
   * @param find throws where there is none
   * @param stop is aborted where the upload has to be let go
   */
  async take(
    find: () => Work<FileRow>,
    stop: AbortController,
  ): Promise<{ readonly found: FileRow; readonly lease?: Lease }> {
    const { holder } = this;
    for (const endsAt = performance.now() + PATIENCE_MS;;) {
      const askedAt = performance.now();
      const { found, isTaken } = await this.#parts.database.transaction(function* () {
        const found = yield* find();
        if (found.state !== "coming") return { found, isTaken: undefined };
        const taken = yield* takeLease(found.id, holder);
        return { found: taken ?? found, isTaken: taken !== undefined };
      });
      if (isTaken === undefined) return { found };
      if (isTaken) return { found, lease: this.hold(found.id, askedAt, stop) };
      await this.#waitOrRefuse(endsAt, stop.signal);
    }
  }

  /** Finds an upload once no other process has it. */
  async settled(find: () => Work<FileRow>, stop: AbortSignal): Promise<FileRow> {
    const { holder } = this;
    for (const endsAt = performance.now() + PATIENCE_MS;;) {
      const { found, isElsewhere } = await this.#parts.database.transaction(function* () {
        const found = yield* find();
        return { found, isElsewhere: yield* isLeasedElsewhere(found.id, holder) };
      });
      if (!isElsewhere) return found;
      await this.#waitOrRefuse(endsAt, stop);
    }
  }

  /** Has a lease that was taken with the upload's row. @param askedAt before that, on `performance.now()`'s clock */
  hold(id: string, askedAt: number, stop: AbortController): Lease {
    const lease: Lease = new Lease(id, {
      ...{ stop, sureUntil: askedAt + LEASE_MS },
      renew: () => this.#renew(),
      end: (isKnown) => this.#end(lease, isKnown),
    });
    this.#held.set(id, lease);
    this.#timer ??= setInterval(() => void this.#renew().catch(noted), RENEW_MS);
    return lease;
  }

  async #waitOrRefuse(endsAt: number, stop: AbortSignal): Promise<void> {
    stop.throwIfAborted();
    if (performance.now() < endsAt) return await pause(LOOK_MS, stop);
    throw new CodedError(
      "offset_mismatch",
      "Somebody else goes on with the upload right now: try again",
    );
  }

  /** All who ask meanwhile share it. */
  #renew(): Promise<void> {
    return this.#renewing ??= this.#renewAll().finally(() => this.#renewing = undefined);
  }

  async #renewAll(): Promise<void> {
    const { database, unusedSeconds, now } = this.#parts;
    const before = new Map(this.#held);
    const askedAt = performance.now();
    const dueAt = now() + unusedSeconds * 1000;
    const renewed = await database.transaction(() =>
      renewLeases([...before.keys()], this.holder, dueAt)
    );
    for (const [id, lease] of before) {
      // One that was let go meanwhile, and maybe taken anew, is none of these.
      if (this.#held.get(id) === lease) lease.note(renewed.get(id), askedAt + LEASE_MS);
    }
  }

  /** @param isKnown whether the row says already that it has ended */
  async #end(lease: Lease, isKnown: boolean): Promise<void> {
    const { database, now, onGoing, onLost } = this.#parts;
    if (this.#held.get(lease.id) !== lease) return;
    this.#held.delete(lease.id);
    if (this.#held.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (isKnown) return;
    try {
      const state = await database.transaction(() =>
        endLease(lease.id, this.holder, { now: now(), mayBeLate: lease.mayBeLate })
      );
      if (state === undefined) await onLost(lease.id);
      else if (state === "going" || state === "gone") onGoing();
    } catch (error) {
      noted(error); // it ends by itself
    }
  }
}

function noted(error: unknown): void {
  log.debug("leases of uploads are not renewed: {reason}", { reason: reasonOf(error) });
}
