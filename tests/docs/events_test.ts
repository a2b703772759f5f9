/** Executes every example of `docs/events.md`, and holds its tables to the code. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/configuration.ts";
import { ENDPOINT_FIELDS, ENDPOINTS_SCHEMA } from "../../lib/hooks/events/endpoints_file.ts";
import { DROPPED, EVENT_NAMES } from "../../lib/hooks/events/event.ts";
import { run } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver, SECRET } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { Script } from "../support/script.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/events.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (?:example|answer): (.+) -->\s+```\w+\n([^`]+)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

/** What runs each endpoint, given a file with its code and a port. */
const ENDPOINTS: Readonly<Record<string, (file: string, port: string) => string[]>> = {
  "Node.js": (file) => ["node", file],
  "PHP": (file, port) => ["php", "-S", `127.0.0.1:${port}`, file],
  "Python": (file) => ["python3", file],
};

/** What runs each reader of the stream. */
const READERS: Readonly<Record<string, string>> = {
  "PHP with Redis": "php",
  "Python with Redis": "/usr/bin/python3", // with the module `python3-redis` of Debian
};

Deno.test("docs/events.md: every block is one that is executed", () => {
  assert.equal(blocks.size, PAGE.match(/^```\w+$/gm)?.length);
  const executed = [
    ...Object.keys(ENDPOINTS),
    ...Object.keys(READERS),
    "settings",
    "file",
    "events",
  ];
  assert.deepEqual([...blocks.keys()].sort(), executed.sort());
});

Deno.test("docs/events.md lists every event, and every field of an endpoint", async () => {
  const listed = [...PAGE.matchAll(/^\| `(\w+\.\w+)` /gm)].map(([, name]) => name);
  assert.deepEqual(listed, [...EVENT_NAMES, DROPPED]);
  const fields = Object.entries(ENDPOINT_FIELDS);
  const rows = [...PAGE.matchAll(/^\| `(\w+)` +\| (.+?) +\| (.+?) +\|$/gm)].map(([, ...row]) =>
    row
  );
  assert.deepEqual(
    rows,
    fields.map(([name, field]) => [name, field.help, field.default ?? "needed"]),
  );
  const schema = JSON.parse(await Deno.readTextFile(`${ROOT}docs/hooks.schema.json`));
  assert.deepEqual(schema, ENDPOINTS_SCHEMA);
});

Deno.test("docs/events.md: settings, and file", async () => {
  const folder = await Deno.makeTempDir();
  const { code, stderr } = await run(["sh", "-ec", block("settings")], { cwd: folder });
  assert.equal(code, 0, stderr);
  await Deno.writeTextFile(`${folder}/hooks.json`, block("file"));
  const env = parseEnv(await Deno.readTextFile(`${folder}/.env`));
  const { endpoints } = readConfig({ ...env, HOOK_FILE: `${folder}/hooks.json` }).config.hooks;
  assert.deepEqual(endpoints.map(({ name, choice }) => [name, choice.events, choice.rooms]), [
    ["hook", ["room.*", "message.received"], ["chat:*", "lobby"]],
    ["moderation", ["message.received"], ["chat:*"]],
    ["presence", ["user.*", "room.occupied", "room.vacated"], undefined],
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("docs/events.md: events, as they are printed", async () => {
  await using receiver = new Receiver();
  await using program = await Program.start({
    env: hookEnv(receiver.url, { HOOK_EVENTS: "message.received" }),
  });
  await using _ann = await say(program);
  await receiver.getEvents(1);
  const printed = block("events").trim().replace(/\s+/g, " ").replace(/([{[]) | (?=[}\]])/g, "$1");
  const body = JSON.stringify(JSON.parse(receiver.told[0]?.body ?? ""));
  const spaced = body.replace(/([,:])(?=["{[\d])/g, "$1 ");
  const pattern = printed.replace(/[{}[\]]/g, "\\$&").replaceAll("…", "[^ ]+");
  assert.match(spaced, new RegExp(`^${pattern}$`));
});

for (const [name, command] of Object.entries(ENDPOINTS)) {
  Deno.test(`docs/events.md: ${name}`, async () => {
    const port = String(freePort());
    const file = await Deno.makeTempFile({ suffix: name === "PHP" ? ".php" : "" });
    await Deno.writeTextFile(file, block(name).replace("8080", port));
    const url = `http://127.0.0.1:${port}/hooks`;
    await using endpoint = new Script(command(file, port), {
      env: { HOOK_SECRET: SECRET },
      isQuiet: true,
    });
    await using program = await Program.start({
      env: hookEnv(url, { HOOK_EVENTS: "message.received" }),
    });
    await waitFor("it refuses what is not signed", () => isRefused(url));
    await using _ann = await say(program);
    await waitFor("it is told", () => endpoint.text.includes("Hello"));
    assert.equal(endpoint.text, "message.received lobby 123 Hello\n");
    await Deno.remove(file);
  });
}

for (const [name, command] of Object.entries(READERS)) {
  Deno.test(`docs/events.md: ${name}`, async () => {
    await using redis = await RedisServer.start();
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, block(name).replace("6379", String(redis.port)));
    await using reader = new Script([command, file]);
    await using program = await Program.start({
      env: { ...redis.env, HOOK_STREAM: "message.received", HOOK_STREAM_ROOMS: "lobby" },
    });
    await using _ann = await say(program);
    await waitFor("it is read", () => reader.text.includes("Hello"));
    assert.equal(reader.text, "message.received lobby 123 Hello\n");
    await Deno.remove(file);
  });
}

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(`no block ${name}`);
}

/** User 123 says what the page shows. */
async function say(program: Program): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 123, name: "Ann" });
  const data = { mood: "good" };
  await client.command("publish", { room: "lobby", message: "Hello", data, id: "message-1" });
  return client;
}

/** Whether a request without a signature is answered with 401. */
async function isRefused(url: string): Promise<boolean> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "webhook-id": "forged", "webhook-timestamp": String(Math.floor(Date.now() / 1000)) },
    body: '{"events":[{"event":"message.received"}]}',
  });
  await response.text();
  return response.status === 401;
}
