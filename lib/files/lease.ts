/** One upload that this process has to itself. Next: `leases.ts`, which takes and renews all of them. */
import { pause } from "../base/clock.ts";
import { CodedError } from "../base/errors.ts";
import { AppendFailure } from "./store/file_store.ts";
import type { RenewedLease } from "./store/leases.ts";

/** How long an upload waits for a database that is away: nobody can take it meanwhile, or has taken it. */
const AWAY_MS = 60_000;
const AGAIN_MS = 200;

interface LeaseParts {
  readonly stop: AbortController;
  /** Until when nobody else can have it, on `performance.now()`'s clock. */
  readonly sureUntil: number;
  renew(): Promise<void>;
  end(isKnown: boolean): Promise<void>;
}

export class Lease implements AsyncDisposable {
  readonly id: string;
  readonly #parts: LeaseParts;
  #sureUntil: number;
  #isLost = false;
  /** Whether the store has failed, and what it was sent may come into it later. */
  mayBeLate = false;

  constructor(id: string, parts: LeaseParts) {
    this.id = id;
    this.#parts = parts;
    this.#sureUntil = parts.sureUntil;
  }

  /** What a renewal has found. @param renewed `undefined` where another process has the upload by now */
  note(renewed: RenewedLease | undefined, sureUntil: number): void {
    if (renewed === undefined) this.#isLost = true;
    else this.#sureUntil = sureUntil;
    if (renewed?.state === "coming" && !renewed.isWanted) return;
    this.#parts.stop.abort(
      new CodedError(
        "offset_mismatch",
        "The upload was interrupted: another request goes on with it, or has ended it",
      ),
    );
  }

  /**
   * Resolves while nobody else writes the upload, which is at once as long as the lease is renewed in time. Rejects with an
   * {@linkcode AppendFailure} where that is not known any more: then nothing more may be written.
   */
  async sure(): Promise<void> {
    const endsAt = performance.now() + AWAY_MS;
    for (;;) {
      if (this.#isLost) throw new AppendFailure("busy", 0, undefined);
      if (performance.now() < this.#sureUntil) return;
      try {
        await this.#parts.renew();
      } catch (cause) {
        if (performance.now() > endsAt) throw new AppendFailure("store", 0, cause);
        await pause(AGAIN_MS);
      }
    }
  }

  /** The row says that it has ended. */
  async ended(): Promise<void> {
    await this.#parts.end(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.end(false);
  }
}
