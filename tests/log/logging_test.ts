/** The log: its two forms, its levels, and what must never be in it. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { type LogLine, Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { Terminal } from "../support/terminal.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** Stands in every message of these tests. */
const SECRET = "xyzzy-secret";

/** A user id that would begin a line of its own, and colour it, if it were written as it is. */
const FORGED = '7\n{"level":"error","message":"forged"}\r\n\u001b[31mforged\u0085forged';

const LEVELS = new Set(["debug", "info", "warning", "error"]);

Deno.test("the log is one JSON object a line where standard error is no terminal", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_DEBUG: "true" } });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  await program.hearsRedis();
  await publish(redis, "broken");
  await seen(program, ({ message }) => message.startsWith("a payload was refused"));
  await client.close();
  program.kill("SIGTERM");
  assert.equal((await program.ended()).code, 0);

  assert.deepEqual(program.errors, []);
  assert.ok(program.log.length >= 6, program.output);
  for (const line of program.log) {
    assert.ok(LEVELS.has(line.level), JSON.stringify(line));
    assert.match(line.logger, /^notifyli(\.\w+)*$/);
    assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(line.message.length > 0 && !/\{\w+\}/.test(line.message), line.message);
  }
  const levels = new Set(program.log.map(({ level }) => level));
  for (const level of ["debug", "info", "warning"]) assert.ok(levels.has(level), level);
});

Deno.test("a log line has its values as properties too", async () => {
  await using program = await Program.start();
  const { message, ...rest } = program.log.find(({ message }) => message.includes("listens on"))!;
  assert.equal(
    message,
    `notifyli ${rest["version"]} listens on ${rest["url"]} (listener deno, engine embedded)`,
  );
  assert.deepEqual([rest.level, rest.logger, rest["listener"]], ["info", "notifyli", "deno"]);
});

Deno.test("the log is for people where standard error is a terminal", async () => {
  await using server = await OnTerminal.start();
  assert.match(
    server.plain,
    /^\d\d:\d\d:\d\d info notifyli notifyli \d+\.\d+\.\d+ listens on http:\/\/127\.0\.0\.1:\d+ /m,
  );
  assert.ok(server.terminal.screen.includes("\u001b[32minfo\u001b[0m"), server.terminal.screen);
  assert.doesNotMatch(server.plain, /^\{/m);
  await server.terminal.type("\u0003"); // Ctrl-C
  assert.equal(await server.terminal.ended(), 0, server.terminal.screen);
  assert.match(server.plain, /\d\d:\d\d:\d\d info notifyli SIGINT: stopping\r$/m);
  assert.match(server.plain, /^\d\d:\d\d:\d\d info notifyli stopped\r$/m);
});

for (const [debug, expected] of [["true", true], ["false", false]] as const) {
  Deno.test(`APP_DEBUG=${debug} ${expected ? "gives" : "gives no"} debug lines`, async () => {
    await using program = await Program.start({ env: { APP_DEBUG: debug } });
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
    await client.close();
    program.kill("SIGTERM");
    await program.ended();
    const lines = program.log.filter(({ level }) => level === "debug");
    assert.equal(lines.length > 0, expected, program.output);
    assert.ok(program.log.some(({ level, message }) => level === "info" && message === "stopped"));
  });
}

/** Frames and bodies with the secret in the message, or where one may take it for a message. */
const WITH_SECRET: unknown[] = [
  { user_id: 1, room: "1", message: SECRET },
  { user_id: 1, room: "1", message: { text: SECRET } },
  { user_id: 1, room: "1", message: [SECRET] },
  { user_id: 1, room: "1", message: `${SECRET}\ud800` },
  { user_id: 1, room: "1", message: SECRET.repeat(1000) },
  { user_id: 1, room: 5, message: SECRET },
  { user_id: 1, room: "", message: SECRET },
  { user_id: null, room: "1", message: SECRET },
  { user_id: {}, room: "1", message: SECRET },
  { user_id: 1, room: "1", message: SECRET, timestamp: "soon" },
  { user_id: 1, room: "1", message: SECRET, from: 7 },
  { data: { user_id: 1, room: "1", message: SECRET } },
  { user_id: 1, room: "1", text: SECRET },
  [SECRET],
  SECRET,
  null,
];

for (const listener of ["deno", "node"]) {
  Deno.test(`no message is in the log, whichever way it came (${listener})`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: { ...redis.env, APP_LISTENER: listener } });
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
    const texts = [
      ...WITH_SECRET.map((value) => JSON.stringify(value)),
      SECRET,
      `{"user_id":1,"room":"1","message":"${SECRET}`,
      `{"message":"${SECRET}"}}`,
    ];

    for (const text of texts) {
      const { type: _, ...frame } = { type: "usermsg", ...asObject(text) };
      client.sendRaw(asObject(text) ? JSON.stringify({ type: "usermsg", ...frame }) : text);
      client.sendRaw(text);
    }
    client.sendRaw(new TextEncoder().encode(SECRET));
    await client.settled();

    for (const path of ["/api/notifications", "/api/users/1/notifications"]) {
      for (const body of texts) {
        const response = await fetch(program.url + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        });
        assert.notEqual(response.status, 500, body);
        await response.body?.cancel();
      }
    }

    await program.hearsRedis();
    for (const text of texts) assert.equal(await publish(redis, text), 1);
    const { bridge_received, bridge_refused, bridge_routed } = await waitFor(
      "the bridge has worked through all",
      async () => {
        const stats = await (await fetch(`${program.url}/api/stats`)).json();
        return stats.bridge_refused + stats.bridge_routed === texts.length && stats;
      },
    );
    assert.deepEqual([bridge_received, bridge_routed], [texts.length, 4]);
    program.kill("SIGTERM");
    await program.ended();
    assert.equal(refusals(program).length + unwritten(program), bridge_refused);
    assert.ok(!program.output.includes("xyzzy"), program.output);
  });
}

Deno.test("a refused payload is logged with its reason", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  const reasons: [payload: string, reason: string][] = [
    ["{nothing", "8 characters that are not JSON"],
    ["[1]", "JSON, but not an object"],
    ['{"user_id":1,"message":{}}', "Field 'message' is not text"],
    ['{"room":"1","message":"Hi"}', "Missing field 'user_id'"],
    [
      '{"user_id":1.5,"message":"Hi"}',
      "Cannot take field 'user_id': current value is 1.5, allowed is a whole number or a string",
    ],
  ];
  await program.hearsRedis();
  for (const [payload] of reasons) await publish(redis, payload);
  await seen(program, () => refusals(program).length === reasons.length);
  assert.deepEqual(
    refusals(program).map(({ level, logger, reason }) => [level, logger, reason]),
    reasons.map(([, reason]) => ["warning", "notifyli.bridge", reason]),
  );
});

Deno.test("an id with control characters forges no line in the JSON log", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_DEBUG: "true" } });
  await program.hearsRedis();
  await sendForged(program.url, program.webSocketUrl, redis);
  await seen(program, () => refusals(program).length === 2);
  program.kill("SIGTERM");
  await program.ended();
  assert.deepEqual(program.errors, []);
  assert.ok(!program.log.some(({ message }) => message === "forged"), program.output);
});

Deno.test("the JSON log is free of every kind of line break and control character", async () => {
  const name = "APP_A\u0085B\u2028C\u009bD\u007fE\nF";
  const { code, stderr } = await run(taskCommand("start"), {
    cwd: "/",
    env: { [name]: "1", APP_HOST: "203.0.113.1", APP_OPEN: "1", APP_DATA_DIR: ":memory:" }, // no address of ours
  });
  assert.equal(code, 1, stderr);
  const lines = stderr.split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, 2, stderr);
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029]/u);
  assert.match(
    JSON.parse(lines[0]!).message,
    /unknown setting that begins with APP_A: it is ignored/i,
  );
});

Deno.test("an id with control characters forges no line on a terminal", async () => {
  await using redis = await RedisServer.start();
  await using server = await OnTerminal.start({ ...redis.env, APP_DEBUG: "true" });
  await server.terminal.shows("subscribed to");
  await sendForged(server.url, `${server.url.replace("http", "ws")}/ws`, redis);
  await waitFor("both refusals", () => server.plain.split("a payload was refused").length === 3);
  await server.terminal.type("\u0003");
  await server.terminal.ended();
  const lines = server.plain.split("\r\n").filter((line) => line !== "" && line !== "^C");
  assert.ok(lines.length >= 5, server.plain);
  // `^C` is the terminal's own echo.
  for (const line of lines) assert.match(line.replace("^C", ""), /^\d\d:\d\d:\d\d \w+ notifyli/);
  assert.ok(!server.terminal.screen.includes("\u001b[31mforged"), server.terminal.screen);
});

/** Says the forged id by every way in. */
async function sendForged(url: string, webSocketUrl: string, redis: RedisServer): Promise<void> {
  await using client = await TestClient.connect(webSocketUrl, { user_id: FORGED, room: FORGED });
  const frame = { type: "usermsg", message: "Hi", name: "Bob" };
  client.send({ ...frame, user_id: FORGED, room: "1" });
  client.send({ ...frame, user_id: 1, room: FORGED });
  client.send({ ...frame, user_id: 1, room: "1", name: FORGED });
  client.send({ type: FORGED });
  await client.settled();
  assert.equal(client.ofType("usermsg").length, 0);
  assert.equal(client.ofType("error").length, 5);

  const encoded = encodeURIComponent(FORGED);
  for (const path of [`users/${encoded}/notifications`, `users/1/notifications?room=${encoded}`]) {
    const response = await fetch(`${url}/api/${path}`, { method: "POST", body: "Hi" });
    await response.body?.cancel();
    assert.equal(response.status, 400);
  }
  await publish(redis, JSON.stringify({ user_id: FORGED, room: "1", message: "Hi" }));
  await publish(redis, JSON.stringify({ user_id: 1, room: FORGED, message: "Hi" }));
}

function asObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

/** Publishes as another system does; resolves with how many heard it. */
async function publish(redis: RedisServer, payload: string): Promise<number> {
  return Number(await redis.call("PUBLISH", "notifyli:messages", payload));
}

function refusals({ log }: Program): LogLine[] {
  return log.filter(({ message }) => message.startsWith("a payload was refused"));
}

/** How many refusals of a minute are only counted, in a line of their own. */
function unwritten({ log }: Program): number {
  const sums = log.filter(({ message }) => /^\d+ more: a payload was refused/.test(message));
  return sums.reduce((sum, { message }) => sum + parseInt(message), 0);
}

async function seen(program: Program, test: (line: LogLine) => boolean): Promise<void> {
  await waitFor("the line in the log", () => program.log.some(test));
}

/** A server on a terminal. */
class OnTerminal implements AsyncDisposable {
  readonly terminal: Terminal;
  readonly #folder: string;

  private constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    this.terminal = new Terminal(taskCommand("start"), {
      cwd: folder,
      env: { APP_PORT: "0", APP_DATA_DIR: ":memory:", ...env },
    });
  }

  static async start(env: Record<string, string> = {}): Promise<OnTerminal> {
    const server = new OnTerminal(await Deno.makeTempDir(), env);
    await server.terminal.shows("listens on");
    await waitFor("the whole line", () => server.url);
    return server;
  }

  get url(): string {
    return /listens on (\S+) /.exec(this.plain)?.[1] ?? "";
  }

  /** What is on the screen, without colours. */
  get plain(): string {
    // deno-lint-ignore no-control-regex -- ESC begins a colour
    return this.terminal.screen.replace(/\u001b\[[\d;]*m/g, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
