/** What runs beside the connections: it begins again after a failure, and ends with the server. */
import assert from "node:assert/strict";
import { every, startTasks, type Task } from "../../lib/core/task.ts";
import { pause } from "../../lib/base/clock.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a task that fails begins again, and a stop waits until it has ended", async () => {
  const events: string[] = [];
  const task: Task = {
    name: "fails once",
    async run(signal) {
      events.push("begun");
      if (events.length === 1) throw new Error("for once");
      while (!signal.aborted) await pause(1000, signal);
      await pause(10);
      events.push("ended");
    },
  };
  const running = startTasks([task]);
  await waitFor("it begins again", () => events.length === 2);
  await running[Symbol.asyncDispose]();
  assert.deepEqual(events, ["begun", "begun", "ended"]);
});

Deno.test("every() goes on after a failure, never overtakes itself, and ends at once", async () => {
  let [count, underWay, most] = [0, 0, 0];
  const running = startTasks([every("counts", 1, async () => {
    most = Math.max(most, ++underWay);
    await pause(3);
    underWay--;
    if (++count === 2) throw new Error("for once");
  })]);
  await waitFor("it goes on", () => count >= 4);
  await running[Symbol.asyncDispose]();
  assert.deepEqual([most, underWay], [1, 0]);
  const idle = startTasks([every("never", 3_600_000, () => assert.fail("an hour has not passed"))]);
  await idle[Symbol.asyncDispose]();
});
