/** Has the starts and stops of a server follow each other, whenever a program asks for them. */
export class Lifecycle {
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Starts once a stop that is under way is done. The caller sees to it that nothing is started by then. */
  async start(start: () => Promise<void>): Promise<void> {
    const starting = (this.#stopping ?? Promise.resolve()).then(start);
    await (this.#starting = starting.finally(() => this.#starting = undefined));
  }

  /** Stops, at once or as soon as a start that is under way is done. Several calls at a time are one. */
  async stop(stop: () => Promise<void>): Promise<void> {
    const starting = this.#starting;
    if (starting !== undefined) await starting.catch(() => {}); // whoever starts it is told
    await (this.#stopping ??= stop().finally(() => this.#stopping = undefined));
  }
}
