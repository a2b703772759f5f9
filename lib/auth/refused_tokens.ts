/** Counts tokens that were not taken, and says why in the log. */
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../base/errors.ts";
import type { Counters } from "../core/counters.ts";

const log = getLogger(["notifyli", "auth"]);

/** Someone brought a token that was not taken. */
export function noteRefusedToken(counters: Counters, error: unknown): void {
  counters.auth_refused++;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CodedError) log.debug("a token is refused: {reason}", { reason });
  else log.error("a token could not be checked: {reason}", { reason });
}
