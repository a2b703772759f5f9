/** Executes every example of `docs/notifications.md`, as printed there but for ports. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/configuration.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { Receiver, SECRET, webhookEnv } from "../support/receiver.ts";
import { freePort } from "../support/free_port.ts";
import { RedisServer } from "../support/redis.ts";
import { Script } from "../support/script.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/notifications.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- (?:example|answer): (.+) -->\s+```(\w+)\n([^`]+)```/g)]
    .map((
      [mark = "", name = "", language = "", code = ""],
    ) => [mark.startsWith("<!-- answer") ? `answer: ${name}` : name, { language, code }]),
);

/** How many notifications each example sends, and to which room of user 123. */
const SENT: Readonly<Record<string, [count: number, room: string]>> = {
  "curl": [1, "/user/123"],
  "curl with room and sender": [2, "lobby"],
  "json": [1, "/user/123"],
  "ignored": [1, "/user/123"],
  "actions": [1, "/user/123"],
  "act": [1, "/user/123"],
  "curl as with ntfy": [1, "/user/123"],
  "other bodies": [5, "/user/123"],
  "send": [2, "/user/123"],
  "redis": [1, "/user/123"],
  "stream": [1, "/user/123"],
  "kept aside": [0, "/user/123"],
  "publisher": [1, "/user/123"],
  "receipt": [1, "/user/123"],
  "change": [1, "/user/123"],
  "snooze": [1, "/user/123"],
  "archive": [1, "/user/123"],
  "schedule": [0, "/user/123"],
  "send at": [0, "/user/123"],
  "connections": [0, "lobby"],
  "connections by query": [0, "lobby"],
};

/** The programs that are told by webhook, and what runs each. */
const HOOKS: Readonly<Record<string, (code: string) => string[]>> = {
  "webhook in Node.js": (code) => ["node", "-e", code],
  "webhook in Python": (code) => ["python3", "-c", code],
};

Deno.test("docs/notifications.md: every block is an example that is executed", () => {
  assert.equal(examples.size, PAGE.match(/^```\w+$/gm)?.length);
  const answers = [
    "act",
    "change",
    "curl",
    "ignored",
    "to many",
    "receipt",
    "schedule",
    "snooze",
    "webhook",
  ]
    .map((name) => `answer: ${name}`);
  const others = ["webhook settings", "to many"];
  const executed = [...Object.keys(SENT), ...Object.keys(HOOKS), ...others, ...answers];
  assert.deepEqual([...examples.keys()].sort(), executed.sort());
});

for (const [name, [count, room]] of Object.entries(SENT)) {
  Deno.test(`docs/notifications.md: ${name}`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    await using client = await TestClient.join(program.webSocketUrl, { user: 123, room });
    client.send({ type: "keepalive", user_id: 123, room: "/user/123", name: "Alice" });
    await client.settled();
    const output = await execute(name, { program, redis });
    await client.get("direct_message", count);
    await client.settled();
    assert.equal(client.ofType("direct_message").length, count);
    if (["curl", "ignored", "schedule", "act", "change", "snooze"].includes(name)) {
      assert.match(output, answerPattern(name));
    }
    if (name === "archive") assert.doesNotMatch(output, /"error"/);
    if (name === "receipt") {
      await waitFor(
        "it is sent",
        async () => answerPattern(name).test(await execute(name, { program, redis })),
      );
    }
    if (name === "send") assert.match(output, /^(User is online - notification delivered\s+){2}$/);
    if (name === "send at") assert.match(output, /^Scheduled for \d{4}-\d\d-\d\dT09:00:00[+-]/);
    if (name.startsWith("connections")) assert.equal(output.match(/"client_id"/g)?.length, 2);
  });
}

Deno.test("docs/notifications.md: what clients of version 2 get of how it is shown", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 123 });
  await execute("curl as with ntfy", { program, redis });
  await execute("actions", { program, redis });
  const [ntfy, actions] = await client.get("direct_message", 2);
  const { title, message, priority, tags, url, icon } = ntfy ?? {};
  assert.deepEqual({ title, message, priority, tags, url, icon, actions: ntfy?.actions }, {
    title: "Order 7",
    message: "Your order has shipped",
    priority: 4,
    tags: ["truck", "shop"],
    url: "https://shop.example/orders/7",
    icon: "https://shop.example/icon.png",
    actions: [
      { type: "view", id: "1", label: "Track it", url: "https://shop.example/orders/7" },
      { type: "http", id: "2", label: "Cancel it", clear: true },
    ],
  });
  assert.deepEqual(actions?.actions, [
    { type: "view", id: "1", label: "Track it", url: "https://shop.example/orders/7" },
    { type: "http", id: "2", label: "Yes", clear: true },
    { type: "reply", id: "3", label: "Answer", placeholder: "Leave it with…" },
  ]);
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  assert.equal(stats.scheduled, 2); // those with a Delay
});

Deno.test("docs/notifications.md: to many", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 123 });
  await client.command("follow", { topic: "sport" });
  const [closing = "", goal = "", all = "", how = "", change = "", back = ""] =
    (examples.get("to many")?.code ?? "").split(/\n(?=curl)/);
  for (const [index, line] of [closing, goal].entries()) {
    await executeLine(line, program);
    await client.get("direct_message", index + 1);
  }
  const [frame] = client.ofType("direct_message");
  await client.command("ack", { ids: [frame?.["id"]] });
  const said = await waitFor("it is done", async () => {
    const text = await executeLine(how, program);
    return text.includes('"delivered":1') && text;
  });
  assert.deepEqual(JSON.parse(said), JSON.parse(examples.get("answer: to many")?.code ?? ""));
  await waitFor("everyone gets one", async () => {
    await executeLine(all, program);
    return client.ofType("direct_message").some(({ message }) => message === "Hello, all");
  });
  assert.match(await executeLine(change, program), /"editing","edited_at":\d+/);
  await waitFor("it is changed", () => {
    return client.ofType("direct_message").some(({ message }) => message === "We close at one");
  });
  assert.match(await executeLine(back, program), /"withdrawing"/);
});

for (const [name, command] of Object.entries(HOOKS)) {
  Deno.test(`docs/notifications.md: ${name}`, async () => {
    const port = freePort();
    const code = (examples.get(name)?.code ?? "").replace("8080", String(port));
    await using hook = new Script(command(code), {
      env: { WEBHOOK_SECRET: SECRET },
      isQuiet: true,
    });
    const env = webhookEnv(`http://127.0.0.1:${port}/hooks`);
    await using program = await Program.start({ env });
    await using reader = await TestClient.connectV2(program.webSocketUrl);
    await reader.command("connect", { user_id: 123 });
    await waitFor("the hook refuses what is not signed", () => isRefused(env["WEBHOOK_URL"] ?? ""));
    await sendOrder(program);
    await reader.command("read", { ids: ["order-12345"] });
    await waitFor("it is told", () => hook.text.includes("read"));
    assert.equal(hook.text, "order-12345 delivered\norder-12345 read\n");
    await waitFor("it is counted", async () => {
      const stats = await (await fetch(`${program.url}/api/stats`)).json();
      return stats.webhook_sent === 2 && stats.webhook_failed === 0;
    });
  });
}

Deno.test("docs/notifications.md: webhook, as it is printed", async () => {
  await using receiver = new Receiver();
  await using program = await Program.start({ env: receiver.env });
  await using reader = await TestClient.connectV2(program.webSocketUrl);
  await reader.command("connect", { user_id: 123 });
  await sendOrder(program);
  await reader.command("ack", { ids: ["order-12345"] });
  const [told] = await receiver.get(1);
  const { at } = told?.receipts[0] ?? {};
  const printed = examples.get("answer: webhook")?.code.replace("…", String(at)) ?? "";
  assert.deepEqual(JSON.parse(told?.body ?? ""), JSON.parse(printed));
});

Deno.test("docs/notifications.md: webhook settings", async () => {
  const folder = await Deno.makeTempDir();
  const { code, stderr } = await run(
    ["sh", "-ec", examples.get("webhook settings")?.code ?? "exit 1"],
    { cwd: folder },
  );
  assert.equal(code, 0, stderr);
  const { hooks: { webhook } } =
    readConfig(parseEnv(await Deno.readTextFile(`${folder}/.env`))).config;
  assert.equal(webhook?.url, "https://shop.example/hooks/notifyli");
  assert.equal(webhook?.secrets.length, 1);
  await Deno.remove(folder, { recursive: true });
});

/** User 123 gets the notification `order-12345`. */
async function sendOrder(program: Program): Promise<void> {
  const response = await fetch(`${program.url}/api/users/123/notifications`, {
    method: "POST",
    body: "Hello",
    headers: { "idempotency-key": "order-12345" },
  });
  assert.equal(response.status, 201, await response.text());
}

/** Whether a webhook without a signature is answered with 401. */
async function isRefused(url: string): Promise<boolean> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "webhook-id": "forged",
      "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    },
    body: '{"receipts":[{"id":"forged","state":"read"}]}',
  });
  await response.text();
  return response.status === 401;
}

async function executeLine(line: string, { url }: Program): Promise<string> {
  const here = line.replaceAll("http://localhost:7000", url).replaceAll("curl ", "curl -sS ");
  const { code, stdout, stderr } = await run(["sh", "-ec", here]);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function execute(
  name: string,
  { program, redis }: { program: Program; redis: RedisServer },
): Promise<string> {
  const { language, code } = examples.get(name) ?? { language: "", code: "" };
  const here = code.replaceAll("http://localhost:7000", program.url)
    .replaceAll("redis-cli ", `redis-cli -p ${redis.port} `)
    .replaceAll("deno task", `${Deno.execPath()} task --quiet --cwd ${ROOT}`)
    .replaceAll("6379", String(redis.port))
    .replaceAll("curl ", "curl -sS ");
  const [command, ...args] = language === "ts"
    ? [Deno.execPath(), "eval", "--cached-only", "--ext=ts", `--config=${ROOT}deno.json`, here]
    : ["sh", "-ec", here];
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: { ...redis.env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The answer as printed there; `…` stands for any value. */
function answerPattern(name: string): RegExp {
  const answer = (examples.get(`answer: ${name}`)?.code ?? "").trim().replaceAll(
    /\n */g,
    " ",
  ).replaceAll(
    /([{,:]) | (?=})/g,
    "$1",
  );
  return new RegExp(`${answer.replace(/[{}[\]/]/g, "\\$&").replaceAll("…", '[^"]+')}$`);
}
