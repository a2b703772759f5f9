/** One line on a terminal that says how far something is. Elsewhere nothing is shown. */

/** How often the line says how far it is. */
const PROGRESS_MS = 250;

export class Progress {
  readonly #isShown = Deno.stderr.isTerminal();
  #shownAt = -Infinity;

  show(text: string): void {
    if (!this.#isShown || performance.now() < this.#shownAt + PROGRESS_MS) return;
    this.#shownAt = performance.now();
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  }

  clear(): void {
    if (this.#isShown) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  }
}
