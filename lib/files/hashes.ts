/** What is known of the SHA-256 of uploads that were begun on this node, so that their bytes need not be read again. */
import { createHash, type Hash } from "node:crypto";

/** Most uploads whose hashes are kept; those of the oldest are computed from the store in the end. */
const MOST = 1000;

interface Known {
  readonly hash: Hash;
  /** Bytes that are in it. */
  readonly bytes: number;
}

export class Hashes {
  readonly #known = new Map<string, Known>();

  /** The hash of the first bytes, to go on with. It has to be kept again. */
  take(id: string, bytes: number): Hash | undefined {
    if (bytes === 0) return createHash("sha256");
    const known = this.#known.get(id);
    this.#known.delete(id);
    return known?.bytes === bytes ? known.hash : undefined;
  }

  keep(id: string, hash: Hash, bytes: number): void {
    this.#known.delete(id);
    this.#known.set(id, { hash, bytes });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) return;
      this.#known.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#known.delete(id);
  }
}
