/** Executes what `docs/push.md` shows of devices: its frames, its commands and its library calls. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/push.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|example v2|answer): ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim()]),
);

Deno.test("docs/push.md: devices, on each listener", async () => {
  for (const APP_LISTENER of ["deno", "node"]) {
    await using program = await Program.start({ env: { APP_LISTENER, APP_KEY } });
    const { key } = await Manager.of(program);
    await using client = await TestClient.connectWithToken(
      program.webSocketUrl,
      await connectionToken({ sub: "31" }),
    );
    for (const line of block("example v2: devices").split("\n")) {
      const text = line.slice(2);
      if (line.startsWith("> ")) client.sendRaw(text);
      else {
        await waitFor(
          `${text} (got ${JSON.stringify(client.frames)})`,
          () => client.frames.some((frame) => matches(frame, text)),
        );
      }
    }
    const answers = await shell(block("example: devices"), program, key);
    const [made, listed, known] = answers.map((line) => JSON.parse(line));
    assert.deepEqual(listed.devices.map(({ id }: { id: string }) => id), [made.id]);
    assert.match(known.public_key, /^[\w-]{87}$/);
  }
});

Deno.test("docs/push.md: a receipt", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" } });
  const { key } = await Manager.of(program);
  const call = (path: string, body?: object) =>
    fetch(`${program.url}/api${path}`, {
      headers: { authorization: `Bearer ${key}` },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    }).then((response) => response.json());
  await call("/users/1/devices", { provider: "web_push", token: service.subscribe() });
  await call("/notifications", { user_id: 1, id: "order-0007", message: "It was shipped" });
  await service.get(1);
  await waitFor(
    "the receipt",
    async () => matches(await call("/notifications/order-0007"), block("answer: receipt")),
  );
});

Deno.test("docs/push.md: a test", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" } });
  await (await Manager.of(program)).done(program, "/users/123/devices", {
    ...{ provider: "web_push", token: service.subscribe() },
  });
  const script = block("example: test").replaceAll("deno task push", taskCommand("push").join(" "));
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", script], {
    env: { APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir, NO_COLOR: "1" },
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /web_push +taken/);
});

Deno.test("docs/push.md: answers", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" } });
  const { key } = await Manager.of(program);
  const call = (path: string, body: object) =>
    fetch(`${program.url}/api${path}`, {
      ...{ method: "POST", body: JSON.stringify(body) },
      headers: { authorization: `Bearer ${key}` },
    }).then((response) => response.body?.cancel());
  await call("/users/1/devices", { provider: "web_push", token: service.subscribe() });
  await call("/notifications", {
    ...{ user_id: 1, id: "order-0007", message: "Where are you?" },
    actions: [{ type: "reply", id: "reply", label: "Answer" }],
  });
  const [push] = await service.get(1);
  const { answer } = JSON.parse(push!.text).notification.data.notifyli;
  const script = block("example: answers").replaceAll("$ANSWER", `${program.url}${answer}`);
  const answers = (await shell(script, program, key)).map((line) => JSON.parse(line));
  assert.deepEqual([answers[0].message, answers[0].unread], ["Where are you?", 1]);
  assert.deepEqual([answers[1].text, answers[1].unread], ["On my way", 0]);
  assert.deepEqual(answers.slice(2), Array(2).fill({ id: "order-0007", unread: 0 }));
});

Deno.test("docs/push.md: the library", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" } });
  const code = `import { connect } from "./lib/sdk/mod.ts";
const client = connect({ url: "${program.webSocketUrl}", userId: "1" });
const subscription = { toJSON: () => (${JSON.stringify(service.subscribe())}) };
${block("example: library")}
client.close();`;
  const args = ["eval", "--cached-only", "--ext=ts", `--config=${ROOT}deno.json`, code];
  const { code: failed, stdout, stderr } = await run([Deno.execPath(), ...args], {
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  assert.equal(failed, 0, stderr);
  assert.equal(stdout.trim(), "1");
});

/** Runs a script against a program; resolves with the lines that it prints. */
async function shell(script: string, program: Program, key: string): Promise<string[]> {
  const text = script.replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
    .replaceAll("curl ", "curl -fsS -w '\\n' ");
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", text], { env: { KEY: key } });
  assert.equal(code, 0, stderr);
  return stdout.trim().split("\n").filter((line) => line !== "");
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(name);
}
