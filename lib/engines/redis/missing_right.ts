/**
 * Remembers which right or which command this server lacks in Redis, if that is why it is not ready, and logs it once.
 */
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../../base/errors.ts";
import { isMissingCommand, isMissingRight, unavailable } from "./errors.ts";

const log = getLogger(["notifyli", "redis"]);

export class MissingRight {
  #reason: string | undefined;

  /** What Redis forbade, or does not know; `undefined` while nothing is known to be missing. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Notes an error, if it tells of a right or a command. The connection or the lease has logged other failures. */
  note(error: unknown): void {
    const isCommand = isMissingCommand(error);
    if (!isCommand && !isMissingRight(error)) return;
    const { message } = error instanceof CodedError ? error : unavailable(error);
    if (message === this.#reason) return;
    this.#reason = message;
    if (isCommand) {
      log.error("{refusal}: notifyli needs Redis 7 or newer, with no command renamed", {
        refusal: message,
      });
    } else log.error("{refusal}: see docs/redis.md, Rights", { refusal: message });
  }

  /** Forgets what was missing, since all has worked. */
  clear(): void {
    this.#reason = undefined;
  }
}
