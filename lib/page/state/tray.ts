/** The files that are attached to what is being written, and why others were not. It is on its own, as drafts are. */
import type { FileLimits } from "../config.ts";
import { whyNotTaken } from "../file_words.ts";

export interface Attachment {
  readonly key: number;
  readonly file: File;
}

/** Each is a message of its own: more would bury a conversation. */
export const TRAY_LIMIT = 20;

let lastKey = 0;

export class Tray {
  #items: readonly Attachment[] = [];
  #problems: readonly string[] = [];
  readonly #listeners = new Set<() => void>();

  /** Another array after each change. */
  get items(): readonly Attachment[] {
    return this.#items;
  }

  /** Why some of those that were added last are not in `items`. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  add(files: readonly File[], limits: FileLimits): void {
    const problems: string[] = [];
    const items = [...this.#items];
    for (const file of files) {
      const problem = whyNotTaken(file, limits);
      if (problem !== undefined) problems.push(problem);
      else if (items.length < TRAY_LIMIT) items.push({ key: ++lastKey, file });
      else if (!problems.includes(TOO_MANY)) problems.push(TOO_MANY);
    }
    this.#change(items, problems);
  }

  /** Says why something was not attached. */
  refuse(problem: string): void {
    this.#change(this.#items, [...this.#problems, problem]);
  }

  remove(key: number): void {
    this.#change(this.#items.filter((each) => each.key !== key), []);
  }

  forgetProblems(): void {
    if (this.#problems.length > 0) this.#change(this.#items, []);
  }

  empty(): void {
    this.#change([], []);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(items: readonly Attachment[], problems: readonly string[]): void {
    this.#items = items;
    this.#problems = problems;
    for (const listener of this.#listeners) listener();
  }
}

const TOO_MANY = `At most ${TRAY_LIMIT} files are sent at once. The others were left out.`;
