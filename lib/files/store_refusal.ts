/** What is said where a store could not write: to whoever uploads by a code, and to the operator in the log. */
import { logFor } from "../base/log.ts";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { AppendFailure } from "./store/file_store.ts";

const log = logFor("files");

/** How soon it is tried again where too many uploads come at once. */
const CROWDED_MS = 5_000;

/** @returns the body's own error, where it was that */
export function refusalOf(failure: AppendFailure): unknown {
  const { reason, cause } = failure;
  switch (reason) {
    case "body":
      if (cause instanceof CodedError) return cause;
      return new CodedError("invalid_field", "The body did not come whole", { cause });
    case "busy":
      return new CodedError(
        "offset_mismatch",
        "Somebody else goes on with the upload right now: try again",
        { cause: failure },
      );
    case "crowded":
      return new CodedError(
        "too_many_uploads",
        "The server has no memory for another upload right now: try again",
        { cause: failure, retryAfterMs: CROWDED_MS },
      );
    case "full":
      log.error("there is no room for files: {reason}", { reason: reasonOf(cause) });
      return new CodedError("storage_full", "The server has no room for files right now", {
        cause: failure,
      });
    case "store":
      log.error("files cannot be kept: {reason}", { reason: reasonOf(cause) });
      return new CodedError("unavailable", "The files of the server cannot be used right now", {
        ...{ cause: failure, isAlone: true },
      });
  }
}
