/**
 * Catches errors that nothing else caught: an error that a client or a lack of file descriptors brings about must not
 * end the server for all others. `listeners/accepting.ts` finds out whether the server still accepts connections.
 */
import { logFor } from "../base/log.ts";
import { Counter, type Metrics } from "./metrics.ts";

const log = logFor();

/** Logs and counts uncaught errors until the result is disposed of, and lets the server go on. */
export function catchAll(metrics: Metrics): Disposable {
  const uncaught = new Counter("uncaught", "Errors that nothing in the server expected.");
  metrics.add([uncaught]);
  const note = (error: unknown) => {
    uncaught.value++;
    log.error("uncaught error: {reason}", {
      reason: error instanceof Error ? error.stack ?? error.message : String(error),
    });
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    note(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    note(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("error", onError);
      globalThis.removeEventListener("unhandledrejection", onRejection);
    },
  };
}
