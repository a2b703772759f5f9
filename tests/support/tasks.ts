/** Runs background parts of the server by themselves. */
import { startTasks } from "../../lib/core/task.ts";

/** Runs a task until it is disposed of. */
export function runTask(run: (signal: AbortSignal) => Promise<void>): AsyncDisposable {
  return startTasks([{ name: "test", run }]);
}
