/** Counts refused tokens, and logs why they were refused. */
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../base/errors.ts";
import type { AuthCounters } from "./metrics.ts";

const log = getLogger(["notifyli", "auth"]);

export function noteRefusedToken(counters: AuthCounters, error: unknown): void {
  counters.refused.value++;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CodedError) log.debug("a token is refused: {reason}", { reason });
  else log.error("a token could not be checked: {reason}", { reason });
}
