/** `lib/core/uncaught.ts`: an error that nothing caught is told, and ends nothing. */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";

Deno.test("an error that nothing caught is logged and counted, and the process goes on", async () => {
  const script = `
    import { configureLogging } from "${ROOT}lib/log/logging.ts";
    import { Metrics } from "${ROOT}lib/core/metrics.ts";
    import { catchAll } from "${ROOT}lib/core/uncaught.ts";
    import { waitFor } from "${ROOT}tests/support/wait.ts";
    configureLogging({ debug: false });
    const metrics = new Metrics();
    const caught = catchAll(metrics);
    const count = () => metrics.values()["uncaught"];
    setTimeout(() => { throw new Error("of a timer"); });
    Promise.reject(new Error("of a promise"));
    Promise.reject("of a text");
    await waitFor("all are counted", () => count() === 3);
    console.log(count());
    caught[Symbol.dispose]();
    Promise.reject(new Error("the last one"));`;
  const command = [Deno.execPath(), "run", "--cached-only", "--allow-read", "-"];
  const { code, stdout, stderr } = await run(command, { cwd: ROOT, input: script });
  assert.equal(stdout.trim(), "3", stderr);
  const logged = stderr.split("\n").filter((line) => line.startsWith("{")).map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(logged.map(({ level }) => level), ["error", "error", "error"]);
  for (const text of ["of a timer", "of a promise", "of a text"]) {
    assert.ok(
      logged.some(({ message }) => message.includes(`uncaught error: `) && message.includes(text)),
      text,
    );
  }
  assert.equal(code, 1, "without it the process ends");
});
