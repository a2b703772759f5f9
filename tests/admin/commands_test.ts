/** `notifyli top` and `notifyli trace`, as an operator types them. */
import assert from "node:assert/strict";
import { nodesTable } from "../../lib/commands/top.ts";
import { traceLine } from "../../lib/commands/trace.ts";
import { baseEnv, run, taskCommand, type TaskName } from "../support/command.ts";
import { PLACES } from "../support/nodes.ts";
import type { Program } from "../support/program.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`top and trace show what happens on all nodes (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last, redis } = nodes;
    const env = {
      ...{ APP_KEY, APP_PORT: String(first.port), APP_DATA_DIR: first.dataDir },
      ...redis?.env,
    };
    await waitFor("all are ready", async () => {
      const { json } = await manager.call(first, "GET", "/nodes");
      const listed = json["nodes"] as { ready: boolean }[];
      return listed.length === nodes.all.length && listed.every(({ ready }) => ready);
    });
    const once = await run([...taskCommand("top"), "--once"], { env, cwd: first.dataDir });
    assert.equal(once.code, 0, once.stderr);
    const [head, ...rows] = once.stdout.trimEnd().split("\n");
    assert.match(head!, /^NODE +ID +VERSION +UP +READY +CPU/);
    assert.equal(rows.length, nodes.all.length);
    for (const row of rows) assert.match(row, / yes .* \d+M /);
    const json = await run([...taskCommand("top"), "--once", "--json"], {
      env,
      cwd: first.dataDir,
    });
    assert.equal(JSON.parse(json.stdout).nodes.length, nodes.all.length);

    await using live = new Command("top", ["--json"], first, env);
    await waitFor("it shows it again and again", () => live.lines.length >= 2);
    assert.equal(JSON.parse(live.lines[0]!).nodes.length, nodes.all.length);
    await using user = new Command("trace", ["user", "7"], first, env);
    await using room = new Command("trace", ["room", "lobby", "--json", "--texts"], first, env);
    await waitFor("both watch", async () => (await manager.stats(first))["watchers"] === 3);
    await using client = await TestClient.connectWithToken(
      last.webSocketUrl,
      await connectionToken({ sub: "7" }),
    );
    await client.command("subscribe", { room: "lobby" });
    await client.command("publish", { room: "lobby", message: "Hello!" });
    const line = await waitFor(
      "the frame is shown",
      () => user.lines.find((each) => each.includes("publish")),
    );
    assert.match(
      line,
      /^\d\d:\d\d:\d\d\.\d{3} {2}-> {2}publish +\d+ B {2}user 7 {2}room lobby {2}\w+\/\w+$/,
    );
    assert.ok(user.lines.every((each) => !each.includes("Hello!")));
    const frame = await waitFor(
      "the text is shown",
      () => room.lines.map((each) => JSON.parse(each)).find(({ type }) => type === "usermsg"),
    );
    assert.match(frame.text, /"message":"Hello!"/);
    live.interrupt();
    assert.equal(await live.code, 130);
  });
}

Deno.test("top and trace say what is wrong, and print their help", async () => {
  const cases: [TaskName, string[], number, RegExp][] = [
    ["top", ["--help"], 0, /^Usage: notifyli top/],
    ["trace", ["--help"], 0, /^Usage: notifyli trace user USER/],
    ["trace", ["user"], 2, /Missing the id of the user/],
    ["trace", ["thing", "x"], 2, /Unknown command "thing"/],
    ["top", ["--once"], 1, /^Not done: /],
  ];
  for (const [task, args, expected, pattern] of cases) {
    const folder = await Deno.makeTempDir();
    const env = { APP_PORT: "1", APP_DATA_DIR: folder };
    const { code, stdout, stderr } = await run([...taskCommand(task), ...args], {
      env,
      cwd: folder,
    });
    assert.equal(code, expected, stderr);
    assert.match(stdout + stderr, pattern);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the table names nodes that are not ready, with the reason", () => {
  const node = {
    name: "a\x1b[31m",
    id: "1",
    version: "1.0.0",
    started_at: 0,
    ready: false,
    reason: "silent since then",
  };
  const text = nodesTable([{ ...node, cpu: 0.5, memory: { rss: 1024 ** 2 } }], {
    now: 90_000_000,
  });
  assert.match(text, /1\.0\.0 +1d +NO +0\.50 +1M/);
  assert.match(text, /: silent since then$/);
  assert.ok(!text.includes("\x1b"));
});

Deno.test("the table leaves out what matters least where a line is too short for all", () => {
  const node = {
    ...{ name: "ip-10-0-0-11.eu-central-1.internal:7000", id: "abcdefabcdef", version: "1.0.0" },
    ...{ started_at: 0, ready: true, cpu: 0.5, connections: 50_000, users: 40_000, rooms: 9_000 },
    ...{ memory: { rss: 1024 ** 3 }, loop_lag_ms: { p99: 12 }, latency_ms: { p99: 1234 } },
    rates: { publications: 1234, deliveries: 123_456, requests: 12, dropped: 0 },
  };
  const linesOf = (width: number) => nodesTable([node], { width }).split("\n");
  const [head, row] = linesOf(80);
  assert.ok([head, row].every((line) => line!.length <= 80), `${head}\n${row}`);
  assert.match(head!, /^NODE +READY +CPU .*LAG +CONNS .*DELIV\/S .*ACK$/);
  assert.match(row!, /^ip-10-0-0-11\.eu-cen… +yes .* 50000 .* 1234ms$/);
  assert.ok(linesOf(Infinity)[1]!.startsWith(node.name));
  assert.match(linesOf(20)[0]!, /^NODE +READY +LAG +CONNS/);
});

Deno.test("a traced frame leaves out what says least where a line is too short for all", () => {
  const data = {
    ...{ at: 1_790_000_000.5, node: "0123456789ab", connection: "3f2a81c09d4e5b67", bytes: 12_345 },
    ...{ user_id: "7", room: "launch-crew-berlin-lisbon", direction: "in", type: "publish" },
  };
  const line = (width: number, subject = "user") =>
    traceLine({ name: "trace", data }, { width, subject });
  const start = "14:13:20.500  ->  publish            12345 B";
  const room = "room launch-crew-berlin-lisbon";
  assert.ok(line(Infinity).startsWith(start), line(Infinity));
  assert.equal(line(Infinity), `${start}  user 7  ${room}  0123456789ab/3f2a81c09d4e5b67`);
  assert.equal(line(110), `${start}  user 7  ${room}  3f2a81c09d4e5b67`);
  assert.equal(line(100), `${start}  ${room}  3f2a81c09d4e5b67`);
  assert.equal(line(80, "room"), `${start}  user 7  3f2a81c09d4e5b67`);
  assert.equal(line(80), `${start}  room launch-crew…`);
  for (let width = 1; width < 120; width++) {
    assert.ok(line(width).length <= width, `${width}: ${line(width)}`);
  }
  const unseen = { name: "trace", data: { ...data, room: "\x1b".repeat(40), text: "\x1b[2J" } };
  const [first, ...texts] = traceLine(unseen, { width: 80 }).split("\n");
  assert.ok(first!.length <= 80 && !first!.includes("\x1b"), first!);
  assert.ok(!texts.join("").includes("\x1b"));
});

Deno.test("top ends when nobody reads what it writes any more", async () => {
  const [[, start] = assert.fail()] = PLACES;
  await using nodes = await start();
  const { first } = nodes;
  const env = { APP_KEY, APP_PORT: String(first.port), APP_DATA_DIR: first.dataDir };
  await using command = new Command("top", ["--json"], first, env, (lines) => lines.length > 0);
  let ended: { readonly code: number } | undefined;
  void command.code.then((code) => ended = { code });
  assert.deepEqual(await waitFor("it ends", () => ended), { code: 0 });
  assert.ok(command.lines.length >= 1);
});

/** A command that goes on until it is ended. */
class Command implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly code: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(
    task: TaskName,
    args: readonly string[],
    program: Program,
    env: Record<string, string>,
    isEnough: (lines: readonly string[]) => boolean = () => false,
  ) {
    const [command = "", ...words] = [...taskCommand(task), ...args];
    this.#child = new Deno.Command(command, {
      args: words,
      cwd: program.dataDir,
      clearEnv: true,
      env: { ...baseEnv(), ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.code = this.#child.status.then(({ code }) => code);
    this.#reading = this.#read(isEnough);
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.code;
    await this.#reading;
  }

  async #read(isEnough: (lines: readonly string[]) => boolean): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      if (isEnough(this.lines)) return; // and nobody reads on
    }
  }
}
