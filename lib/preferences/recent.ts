/** Keeps what was used last, as much of it as there may be. */

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
}

/**
 * A map that forgets what was not used for long. It keeps two generations: what is used moves to the younger one, and where that is
 * full, the older one is forgotten. So it has at most twice the weight of one, and reading what was just used changes nothing.
 */
export class Recent<Value> {
  readonly #most: number;
  #young = new Map<string, Entry<Value>>();
  #old = new Map<string, Entry<Value>>();
  #weight = 0;

  /** @param most the weight of one generation */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old.value, old.weight);
    return old.value;
  }

  set(key: string, value: Value, weight: number): void {
    this.delete(key);
    this.#weight += weight;
    this.#young.set(key, { value, weight });
    if (this.#weight < this.#most) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#weight = 0;
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#weight -= young.weight;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#weight = 0;
  }
}
