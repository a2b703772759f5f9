/** Tasks run beside the connections for as long as the server does. All are started and stopped here. */
import { getLogger } from "@logtape/logtape";

const log = getLogger(["notifyli"]);

export interface Task {
  /** The name of the task in the log. */
  readonly name: string;
  /** Runs until the signal aborts, and resolves once what is under way is done. */
  run(signal: AbortSignal): Promise<void>;
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** Starts all tasks. Disposing of the result stops them together, and waits until they have ended. */
export function startTasks(tasks: readonly Task[]): AsyncDisposable {
  const stopping = new AbortController();
  const running = tasks.map((task) =>
    task.run(stopping.signal).catch((error) => {
      log.error("{task} ended: {reason}", { task: task.name, reason: String(error) });
    })
  );
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
