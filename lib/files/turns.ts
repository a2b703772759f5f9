/**
 * Whose turn an upload is: one request's at a time, in this process (`active_uploads.ts`) and on all nodes (`leases.ts`). Whoever
 * comes later has the one before stop, which nobody but the uploader may.
 */
import { CodedError } from "../base/errors.ts";
import type { Database, Work } from "../engines/database/database.ts";
import { ActiveUploads } from "./active_uploads.ts";
import type { Lease } from "./lease.ts";
import { Leases, type LeasesParts } from "./leases.ts";
import type { Holder } from "./store/leases.ts";
import type { FileRow } from "./store/rows.ts";

/** An upload that nobody else works on. */
export interface Leased {
  readonly lease: Lease;
  /** Aborts where it is to be let go. */
  readonly signal: AbortSignal;
}

/** Finds an upload; throws where there is none of the one who asks. */
export type Find = () => Work<FileRow>;

export class Turns {
  readonly #active = new ActiveUploads();
  readonly #database: Database;
  readonly #leases: Leases;

  constructor(parts: LeasesParts) {
    this.#database = parts.database;
    this.#leases = new Leases(parts);
  }

  /** Uploads that are worked on right now by this process. */
  get size(): number {
    return this.#active.size;
  }

  get holder(): Holder {
    return this.#leases.holder;
  }

  /** @param work is given a lease as long as the upload is still coming */
  async alone<Result>(
    id: string,
    find: Find,
    work: (found: FileRow, leased: Leased | undefined) => Promise<Result>,
  ): Promise<Result> {
    await this.#requireOwn(id, find);
    return await this.#active.alone(id, async (stop) => {
      const { found, lease } = await this.#leases.take(find, stop);
      if (lease === undefined) return await work(found, undefined);
      await using held = lease;
      return await noting(held, work(found, { lease: held, signal: stop.signal }));
    });
  }

  /** As `alone`, where the upload was begun with a lease. @param askedAt before that, on `performance.now()`'s clock */
  async aloneSince<Result>(
    id: string,
    askedAt: number,
    work: (leased: Leased) => Promise<Result>,
  ): Promise<Result> {
    return await this.#active.alone(id, async (stop) => {
      await using lease = this.#leases.hold(id, askedAt, stop);
      return await noting(lease, work({ lease, signal: stop.signal }));
    });
  }

  /** Finds an upload once nobody works on it any more, on any node. */
  async settled(id: string, find: Find): Promise<FileRow> {
    await this.#requireOwn(id, find);
    return await this.#active.alone(id, ({ signal }) => this.#leases.settled(find, signal));
  }

  /** Has whoever works on an upload in this process stop, and then does something at once. */
  async interrupt(id: string, work: () => Promise<unknown>): Promise<void> {
    await this.#active.alone(id, work);
  }

  /** Where nobody works on it, it is found a little later. */
  async #requireOwn(id: string, find: Find): Promise<void> {
    if (this.#active.has(id)) await this.#database.transaction(find);
  }
}

/** Notes on a lease where the store has failed: what it was sent may come into it later. */
async function noting<Result>(lease: Lease, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (isOfStore(error)) lease.mayBeLate = true;
    throw error;
  }
}

/** Whether it was no refusal by which something failed, and so maybe the store. */
export function isOfStore(error: unknown): boolean {
  return !(error instanceof CodedError) || error.code === "unavailable";
}
