/**
 * What the server keeps of one user: each capability exports and erases its own part, and here the parts come together. The
 * route is in `http/user_data.ts`.
 */
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";

/** Whose data it is. */
export interface DataSubject {
  readonly site: string;
  readonly user: UserId;
}

/** One thing that is kept, as an export shows it: JSON with a noun as `type`, such as "contact". */
export interface DataRecord {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What one step of an erasure has done. */
export interface ErasedPart {
  /** How many of each noun were erased, such as `{"contacts":3}`. */
  readonly erased: Readonly<Record<string, number>>;
  /** Whether there is more, so that another step has to follow. */
  readonly more?: boolean;
}

/** What a capability keeps of users. */
export interface UserData {
  /** Reads a part at a time, so that an export of very much holds nothing up. */
  export(subject: DataSubject): AsyncIterable<DataRecord>;
  /**
   * Erases some of it, and not more than takes part of a second. Each step stands by itself: an erasure that was broken off is
   * begun again, and finds what is left. Harmless where nothing is left.
   */
  erase(subject: DataSubject): Promise<ErasedPart>;
}

/** What one call has erased. */
export interface Erasure {
  /** Of each noun of which there was something. */
  readonly erased: Readonly<Record<string, number>>;
  /** Whether nothing is left, so that no other call has to follow. */
  readonly isDone: boolean;
}

/** How long one call erases. */
const ERASE_MS = 4000;

export class AllUserData {
  readonly #parts: readonly UserData[];

  /** @param parts in the order in which they are exported; they are erased in this order, too */
  constructor(parts: readonly UserData[]) {
    this.#parts = parts;
  }

  /** All that is kept: first who it is, at last how many records there were, so that a part is not taken for the whole. */
  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    yield { type: "user", user_id: userIdOnWire(user), site, exported_at: unixSeconds() };
    let records = 0;
    for (const part of this.#parts) {
      for await (const record of part.export({ site, user })) {
        records++;
        yield record;
      }
    }
    yield { type: "end", records };
  }

  /** Erases for some seconds. Where that was not enough, another call goes on. */
  async erase(subject: DataSubject): Promise<Erasure> {
    const until = performance.now() + ERASE_MS;
    const erased: Record<string, number> = {};
    for (const part of this.#parts) {
      for (let isMore = true; isMore;) {
        const step = await part.erase(subject);
        for (const [noun, count] of Object.entries(step.erased)) {
          if (count > 0) erased[noun] = (erased[noun] ?? 0) + count;
        }
        isMore = step.more === true;
        if (isMore && performance.now() > until) return { erased, isDone: false };
      }
    }
    return { erased, isDone: true };
  }
}
