/** What `notifyli` does with its arguments, and how a start ends that settings or the machine stop. */
import assert from "node:assert/strict";
import { VERSION } from "../../lib/base/version.ts";
import { run, taskCommand } from "../support/command.ts";
import { EnvFolder } from "../support/env_folder.ts";
import { Certificate } from "../support/certificate.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("start takes a setting from the environment before one in .env", async () => {
  await using folder = await EnvFolder.with(
    "BOT_ROOM=file\nAPP_KEEPALIVE_SECONDS=7\nAPP_PORT=bad\n",
  );
  await using program = await Program.start({
    dataDir: folder.path,
    env: { BOT_ROOM: "environment" },
  });
  const page = await (await fetch(`${program.url}/config.json`)).json();
  assert.deepEqual([page.bot_room, page.keepalive_seconds], ["environment", 7]);
});

Deno.test("start takes address and port from its options before all settings", async () => {
  const env = { APP_PORT: "1", APP_HOST: "192.0.2.1" };
  const { code, stderr } = await notifyli(["start", "--host", "127.0.0.1", "-p", "seven"], env);
  assert.equal(
    stderr,
    'Cannot use APP_PORT: current value is "seven", allowed is a whole number from 0 to 65535\n',
  );
  assert.equal(code, 2);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = `${taken.addr.port}`;
  const options = ["start", "--host=127.0.0.1", `--port=${port}`];
  const refused = await notifyli(options, { ...env, APP_DATA_DIR: ":memory:" });
  assert.match(refused.stderr, RegExp(`address 127\\.0\\.0\\.1:${port} is in use`));
  assert.equal(refused.code, 1);
});

Deno.test("start logs a warning for an unknown setting and starts", async () => {
  await using program = await Program.start({ isGuarded: true, env: { APP_LISTENR: "node" } });
  assert.deepEqual(
    program.log.filter(({ level }) => level === "warning")
      .map(({ message }) => message),
    ["Unknown setting APP_LISTENR: it is ignored; did you mean APP_LISTENER?"],
  );
});

Deno.test("start with a bad value ends with code 2 and one line", async () => {
  const { code, stdout, stderr } = await notifyli(["start"], { APP_PORT: "seven" });
  assert.equal(
    stderr,
    'Cannot use APP_PORT: current value is "seven", allowed is a whole number from 0 to 65535\n',
  );
  assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("start goes on at SIGHUP and says what it took over", async () => {
  await using program = await Program.start();
  for (let times = 1; times <= 2; times++) {
    program.kill("SIGHUP");
    await waitFor(
      "it is logged",
      () =>
        program.log.filter(({ message }) =>
          message === "SIGHUP: rules of rooms and topics taken over"
        ).length === times,
    );
  }
  assert.equal(await (await fetch(`${program.url}/healthz`)).text(), "ok\n");
  program.kill("SIGTERM");
  assert.equal((await program.ended()).code, 0);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`start on a port in use ends with code 1 and says so (${listener})`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    await using program = await Program.spawn({
      env: { APP_PORT: String(port), APP_LISTENER: listener },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.deepEqual(program.log.map(({ level, message }) => ({ level, message })), [{
      level: "error",
      message: `cannot start: address 127.0.0.1:${port} is in use (APP_HOST, APP_PORT)`,
    }]);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`start on an address of another machine ends with code 1 (${listener})`, async () => {
    await using program = await Program.spawn({
      env: { APP_HOST: "203.0.113.1", APP_OPEN: "true", APP_LISTENER: listener },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.deepEqual(
      program.log.map(({ message }) => message),
      ["cannot start: address 203.0.113.1 is not one of this machine (APP_HOST)"],
    );
  });

  Deno.test(`start with a certificate that is not there names the file (${listener})`, async () => {
    await using program = await Program.spawn({
      env: {
        APP_LISTENER: listener,
        APP_TLS_CERT: "/nowhere/cert.pem",
        APP_TLS_KEY: "/nowhere/key.pem",
      },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.match(program.log[0]?.message ?? "", /^cannot start: .*\/nowhere\/cert\.pem/);
  });

  Deno.test(`start with the key of another certificate ends with code 1 and says so (${listener})`, async () => {
    await using certificate = await Certificate.make();
    await using other = await Certificate.make();
    const env = { APP_LISTENER: listener, APP_TLS_CERT: certificate.cert, APP_TLS_KEY: other.key };
    await using program = await Program.spawn({ env });
    assert.equal((await program.ended()).code, 1, program.output);
    assert.match(program.output, /Cannot use APP_TLS_CERT with APP_TLS_KEY: .* is not the key of/);
  });
}

Deno.test("an unknown command ends with code 2 and the usage", async () => {
  const { code, stdout, stderr } = await notifyli(["sned"]);
  assert.match(stderr, /^Unknown command "sned"\n\nnotifyli .*\n\nUsage: /);
  assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("an unknown option of start ends with code 2", async () => {
  const { code, stderr } = await notifyli(["start", "--listen"]);
  assert.match(stderr, /^Unknown option "--listen"\n\nUsage: notifyli start/);
  assert.equal(code, 2);
});

for (const help of ["--help", "-h", "help"]) {
  Deno.test(`${help} prints the commands`, async () => {
    const { code, stdout, stderr } = await notifyli([help]);
    for (const command of ["start", "send", "version", "help"]) {
      assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    }
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

for (const version of ["version", "--version", "-V"]) {
  Deno.test(`${version} prints the version and nothing else`, async () => {
    assert.deepEqual(await notifyli([version]), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });
}

Deno.test("start --help prints its usage even where the settings are wrong", async () => {
  const { code, stdout } = await notifyli(["start", "--help"], { APP_PORT: "x" });
  assert.match(stdout, /^Usage: notifyli start/);
  assert.equal(code, 0);
});

async function notifyli(args: readonly string[], env: Record<string, string> = {}) {
  await using folder = await EnvFolder.with("");
  const command = taskCommand("start").slice(0, -1);
  return await run([...command, ...args], { cwd: folder.path, env });
}
