/** `notifyli check --running`: what it says of a server that answers, of none, and of one that stands still. */
import assert from "node:assert/strict";
import { Certificate } from "../support/certificate.ts";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";

for (const listener of ["deno", "node"]) {
  Deno.test(`check --running finds a server on the ${listener} listener that answers, even where it refuses this machine`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_DENY_IPS: "127.0.0.1" },
    });
    const { code, stdout, stderr } = await checkRunning({ APP_PORT: String(program.port) });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, `127.0.0.1:${program.port} answers\n`);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`check --running finds a server on the ${listener} listener with TLS, on all addresses`, async () => {
    await using certificate = await Certificate.make();
    const env = {
      APP_LISTENER: listener,
      APP_HOST: "0.0.0.0",
      APP_OPEN: "true",
      APP_TLS_CERT: certificate.cert,
      APP_TLS_KEY: certificate.key,
    };
    await using program = await Program.start({ env });
    const { code, stdout } = await checkRunning({ ...env, APP_PORT: String(program.port) });
    assert.deepEqual([code, stdout], [0, `127.0.0.1:${program.port} answers\n`]);
    assert.deepEqual(program.errors, []);
  });
}

Deno.test("check --running tells a server that stands still, on each listener", async () => {
  await Promise.all(["deno", "node"].map(async (listener) => { // at once, since each takes half a minute
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    program.kill("SIGSTOP");
    const { code, stderr } = await checkRunning({ APP_PORT: String(program.port) });
    assert.equal(code, 3, listener);
    assert.match(stderr, /^127\.0\.0\.1:\d+ accepts or answers nothing, in 3 tries of 10 s\n$/);
  }));
});

Deno.test("check --running says where nobody listens, as while a server starts", async () => {
  const port = freePort();
  const { code, stdout, stderr } = await checkRunning({ APP_PORT: String(port) });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, new RegExp(`^127\\.0\\.0\\.1:${port} is not listened on`));
});

Deno.test("check --running refuses what it cannot do", async () => {
  assert.equal((await checkRunning({ APP_PORT: "0" })).code, 1);
  assert.equal((await checkRunning({ APP_PORT: "many" })).code, 1);
  const { code, stderr } = await run([...taskCommand("check"), "--running", "--room", "lobby"]);
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot use --running with --room/);
});

async function checkRunning(env: Readonly<Record<string, string>>): Promise<Outcome> {
  return await run([...taskCommand("check"), "--running"], { env });
}
