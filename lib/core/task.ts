/** Tasks run beside the connections for as long as the server does. All are started and stopped here. */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { reasonOf } from "../base/reason.ts";

const log = logFor();

/** How long a task rests that has failed. */
const RESTART_MS = 1000;

export interface Task {
  /** The name of the task in the log. */
  readonly name: string;
  /** Runs until the signal aborts, and resolves once what is under way is done. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * A task that does its work again and again, with a pause of `ms` before each time. A failure ends nothing: what could not
 * be done is tried again after the next pause.
 *
 * @param work ends early when the signal aborts, if it takes long
 */
export function every(
  name: string,
  ms: number,
  work: (signal: AbortSignal) => void | Promise<void>,
): Task {
  return {
    name,
    async run(signal) {
      for (;;) {
        await pause(ms, signal);
        if (signal.aborted) return;
        try {
          await work(signal);
        } catch (error) {
          log.debug("{task} failed: {reason}", { task: name, reason: reasonOf(error) });
        }
      }
    },
  };
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** Starts all tasks. Disposing of the result stops them together, and waits until they have ended. */
export function startTasks(tasks: readonly Task[]): AsyncDisposable {
  const stopping = new AbortController();
  const running = tasks.map((task) => keepRunning(task, stopping.signal));
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** Runs a task; one that fails begins again, so that no failure ends for good what the task is for. */
async function keepRunning(task: Task, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await task.run(signal);
    } catch (error) {
      log.error("{task} failed, and begins again: {reason}", {
        task: task.name,
        reason: reasonOf(error),
      });
      await pause(RESTART_MS, signal);
    }
  }
}
