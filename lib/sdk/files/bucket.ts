/** Brings pieces of uploads to the server's bucket itself, by links that the server gives, for as long as that works from here. */
import type { Clock } from "../core/clock.ts";
import { asObject } from "../core/frames.ts";
import type { Bytes } from "./source.ts";

/** A piece that has not come within so long goes to the server, in shorter ones. */
const DEADLINE_MS = 300_000;

export class Bucket {
  readonly #fetch: typeof globalThis.fetch;
  readonly #clock: Clock;
  #hasTaken = false;
  #hasFailed = false;

  constructor(fetch: typeof globalThis.fetch, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** Whether it is worth trying: pages may not reach the bucket, or are not allowed to, which does not change. */
  get isWorthIt(): boolean {
    // Browsers have no digests on pages that came without TLS.
    return "subtle" in crypto && (this.#hasTaken || !this.#hasFailed);
  }

  /** Resolves with whether the bucket has the piece. @param link as the server says it */
  async put(link: unknown, piece: Bytes, signal: AbortSignal): Promise<boolean> {
    const { method, url, headers } = asObject(link);
    const abort = new AbortController();
    const stop = () => abort.abort();
    const cancelDeadline = this.#clock.after(DEADLINE_MS, stop);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      const response = await this.#fetch(String(url), {
        method: String(method),
        headers: asObject(headers) as Record<string, string>,
        body: piece,
        credentials: "omit",
        signal: abort.signal,
      });
      await response.arrayBuffer();
      if (response.ok) this.#hasTaken = true;
      else this.#hasFailed = true;
      return response.ok;
    } catch {
      if (!signal.aborted) this.#hasFailed = true;
      return false;
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", stop);
    }
  }
}

/** In hexadecimal digits. */
export async function digestOf(piece: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", piece));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
