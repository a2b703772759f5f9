/** Remembers which right this server lacks in Redis, if that is why it is not ready, and logs it once. */
import { getLogger } from "@logtape/logtape";
import { isMissingRight, unavailable } from "./errors.ts";

const log = getLogger(["notifyli", "redis"]);

export class MissingRight {
  #reason: string | undefined;

  /** What Redis forbade; `undefined` while nothing is known to be missing. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Notes an error, if it tells of a right. The connection or the lease has logged other failures. */
  note(error: unknown): void {
    if (!isMissingRight(error)) return;
    const { message } = unavailable(error);
    if (message === this.#reason) return;
    this.#reason = message;
    log.error("{refusal}: see docs/redis.md, Rights", { refusal: message });
  }

  /** Forgets what was missing, since all has worked. */
  clear(): void {
    this.#reason = undefined;
  }
}
