/**
 * Remembers which right or which command this server lacks in Redis, and logs it once: what Redis says when it is asked for
 * them (`rights.ts`), and what it says as it refuses something.
 */
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import { isMissingCommand, isMissingRight, unavailable } from "./errors.ts";
import { type Lacking, NEEDED } from "./rights.ts";

const log = logFor("redis");

export class MissingRight {
  /** What Redis refused. */
  #refusal: string | undefined;
  /** What Redis said that it would refuse. */
  #lacking = "";
  /** What was logged of all that is lacking. */
  #told = "";

  /** What Redis forbids, or does not know; `undefined` while nothing is known to be missing. */
  get reason(): string | undefined {
    return this.#lacking || this.#refusal;
  }

  /** Notes an error, if it tells of a right or a command. The connection or the lease has logged other failures. */
  note(error: unknown): void {
    if (!isMissingCommand(error) && !isMissingRight(error)) return;
    const { message } = error instanceof CodedError ? error : unavailable(error);
    if (message === this.#refusal) return;
    this.#refusal = message;
    logMissing(message, isMissingCommand(error));
  }

  /** Notes what Redis says that this server may not run. What is not needed is logged alone. */
  noteLacking(lacking: Lacking): void {
    const all = sentenceOf(lacking);
    if (all !== "" && all !== this.#told) logMissing(all, lacking.unknown.length > 0);
    this.#told = all;
    const needed = (list: readonly string[]) => list.filter((each) => NEEDED.includes(each));
    const { forbidden, unknown } = lacking;
    this.#lacking = sentenceOf({ forbidden: needed(forbidden), unknown: needed(unknown) });
  }

  /** Forgets what was refused, since all has worked. */
  clear(): void {
    this.#refusal = undefined;
  }
}

function sentenceOf({ forbidden, unknown }: Lacking): string {
  const named = (list: readonly string[]) => list.map((each) => `'${each}'`).join(", ");
  return [
    ...(unknown.length > 0 ? [`Cannot use this Redis: it does not know ${named(unknown)}`] : []),
    ...(forbidden.length > 0
      ? [`Redis gives this server no right to run ${named(forbidden)}`]
      : []),
  ].join("; ");
}

function logMissing(refusal: string, isCommand: boolean): void {
  if (isCommand) {
    log.error("{refusal}: notifyli needs Redis 7 or newer, with no command renamed", { refusal }, {
      kind: refusal,
    });
  } else log.error("{refusal}: see docs/redis.md, Rights", { refusal }, { kind: refusal });
}
