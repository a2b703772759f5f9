/** Counts tokens that were not taken, and says why in the log. */
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../base/errors.ts";
import type { AuthCounters } from "./metrics.ts";

const log = getLogger(["notifyli", "auth"]);

/** Someone brought a token that was not taken. */
export function noteRefusedToken(counters: AuthCounters, error: unknown): void {
  counters.refused.value++;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CodedError) log.debug("a token is refused: {reason}", { reason });
  else log.error("a token could not be checked: {reason}", { reason });
}
