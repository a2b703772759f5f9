/** Lets operators have this node give its clients to others and end, as a SIGTERM does. Next: `server.ts`, which does it. */

/** How long clients are told to go where neither the operator nor `APP_DRAIN_SECONDS` says it. */
export const USUAL_SECONDS = 15;

export class Draining {
  readonly #asked = Promise.withResolvers<void>();
  /** What `APP_DRAIN_SECONDS` says; infinite where it says nothing. */
  readonly #setSeconds: number;
  #askedSeconds: number | undefined;

  constructor(setSeconds: number) {
    this.#setSeconds = setSeconds;
  }

  /** Resolves when an operator wants this node to drain. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** How long clients are told to go before a stop; infinite where they are not. */
  get seconds(): number {
    return this.#askedSeconds ?? this.#setSeconds;
  }

  /**
   * Begins to drain; a node that does already goes on as it began.
   *
   * @returns how many seconds it takes
   */
  begin(seconds?: number): number {
    this.#askedSeconds ??= seconds ??
      (Number.isFinite(this.#setSeconds) ? this.#setSeconds : USUAL_SECONDS);
    this.#asked.resolve();
    return this.#askedSeconds;
  }
}
