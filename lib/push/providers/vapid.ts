/** Says to push services who sends (RFC 8292): a signed token for each of them, which is used for half a day. */
import { SignJWT } from "jose";
import { inSeconds } from "../../base/times.ts";
import type { VapidKeys } from "./vapid_keys.ts";

const USED_FOR_MS = 12 * 3_600_000;

/** A push service refuses what ends later than in a day; its clock and ours may differ. */
const GOOD_FOR_SECONDS = 13 * 3600;

/** Endpoints are named by clients, so that there may be any number of origins. */
const MOST_ORIGINS = 1000;

interface Kept {
  readonly madeAt: number;
  readonly header: Promise<string>;
}

export class Vapid {
  readonly #keys: VapidKeys;
  readonly #subject: string | undefined;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(keys: VapidKeys, subject: string | undefined, now: () => number) {
    this.#keys = keys;
    this.#subject = subject;
    this.#now = now;
  }

  /** The header `Authorization` for a push service. Rejects where the key cannot be had. */
  header(origin: string): Promise<string> {
    const now = this.#now();
    const kept = this.#kept.get(origin);
    // A clock that was set back makes a header old as well.
    if (kept !== undefined && now >= kept.madeAt && now < kept.madeAt + USED_FOR_MS) {
      return kept.header;
    }
    const made = { madeAt: now, header: this.#make(origin, now) };
    this.#kept.delete(origin);
    this.#kept.set(origin, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_ORIGINS) break;
      this.#kept.delete(oldest);
    }
    made.header.catch(() => {
      if (this.#kept.get(origin) === made) this.#kept.delete(origin);
    });
    return made.header;
  }

  async #make(origin: string, now: number): Promise<string> {
    const { signing, publicKey } = await this.#keys.load();
    const token = await new SignJWT(this.#subject === undefined ? {} : { sub: this.#subject })
      .setProtectedHeader({ typ: "JWT", alg: "ES256" })
      .setAudience(origin)
      .setExpirationTime(inSeconds(now) + GOOD_FOR_SECONDS)
      .sign(signing);
    return `vapid t=${token}, k=${publicKey}`;
  }
}
