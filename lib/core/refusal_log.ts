/**
 * Says in the log what was refused, so that whoever runs the server learns what its clients see: each thing once in a
 * while, however often it happens, since anyone can have anything refused.
 */
import { logFor } from "../base/log.ts";

const log = logFor("refused");

/** How long nothing is said twice. */
const PERIOD_MS = 600_000;

/** Most lines in that time. */
const MAX_LINES = 50;

export class RefusalLog {
  readonly #said = new Set<string>();
  #periodEndsAt = 0;

  /** Logs why a web page is refused. */
  notePage(refusal: string): void {
    this.note(refusal, "{refusal}", { refusal }, "warn");
  }

  /**
   * Logs a refusal, unless one with the same `what` was logged a short while ago.
   *
   * @param what is equal for what nobody wants to read twice
   * @param level `warn` for what may be a mistake of whoever runs the server
   */
  note(
    what: string,
    message: string,
    properties: Readonly<Record<string, unknown>>,
    level: "info" | "warn" = "info",
  ): void {
    const now = performance.now();
    if (now >= this.#periodEndsAt) {
      this.#said.clear();
      this.#periodEndsAt = now + PERIOD_MS;
    }
    if (this.#said.size >= MAX_LINES || this.#said.has(what)) return;
    this.#said.add(what);
    log[level](message, properties);
    if (this.#said.size === MAX_LINES) {
      log.warn("refused so much that what else is refused within {minutes} min is not logged", {
        minutes: Math.ceil(PERIOD_MS / 60_000),
      });
    }
  }
}
