/**
 * A capability is one folder and one line of `lib/features.ts`, beside what documents say of it. The one in `notes/` is
 * added to a copy of the checkout by the page that says how; it works there on WebSocket, SSE and HTTP, on both stores,
 * with its settings in `check` and its scopes enforced, and no test of the others has to change.
 */
import assert from "node:assert/strict";
import type { ConfigOf, Slice } from "../../lib/config/slice.ts";
import type { Feature } from "../../lib/feature.ts";
import type { FEATURES } from "../../lib/features.ts";
import { bundleProgram } from "../support/bundled_program.ts";
import { Checkout } from "../support/checkout.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import type { notesFeature } from "./notes/feature.ts";

/** The types of all features with this one: they are checked here, where they cost less than in a copy of the program. */
type Together<Features extends readonly Feature[]> = Extract<
  Features[number],
  { readonly settings: Slice }
>["settings"];
type Slices = Together<readonly [...typeof FEATURES, typeof notesFeature]>;

/** The capability's name, which its field of the configuration has, too. */
const NAME: keyof ConfigOf<readonly Slices[]> = "notes";

/** The files of the capability, in its folder. */
const FILES = [
  ...["1_notes.sql", "commands.ts", "feature.ts", "functions.ts", "metrics.ts", "note_add.lua"],
  ...["notes.ts", "open.ts", "readers.ts", "redis.ts", "routes.ts", "settings.ts", "sqlite.ts"],
  "store.ts",
];

/** The files outside its folder that adding it changes, all of which `docs/architecture.md` names. */
const OUTSIDE = [".env.example", "README.md", "docs/api-keys.md", "docs/notes.md"];

/** Tests of the whole program: none of them may have to change for one more capability. */
const TESTS_OF_ALL = [
  ...["imports_test.ts", "configuration_test.ts", "engines/migrations_test.ts"],
  ...["docs/settings_test.ts", "docs/metrics_test.ts", "docs/comments_test.ts"],
  "docs/api_keys_test.ts",
];

Deno.test("a capability is added with its folder and one line, and works by every door", async (t) => {
  await using checkout = await Checkout.make({ isWhole: true });
  const root = `${checkout.path}/`;
  const before = await checkout.digests();
  await addNotes(root);
  const bundled = await bundleProgram(root);

  await t.step("the tests of all pass", async () => {
    const tests = TESTS_OF_ALL.map((name) => `tests/${name}`);
    const { code, stdout, stderr } = await run(
      [Deno.execPath(), "test", "--cached-only", "--allow-all", "--no-check", ...tests],
      { cwd: root, env: bundled },
    );
    assert.equal(code, 0, stdout + stderr);
  });

  await t.step("nothing else was touched", async () => {
    const after = await checkout.digests();
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    const changed = paths.filter((path) =>
      before.get(path) !== after.get(path) && !path.startsWith("tests/.program/")
    );
    const expected = [...OUTSIDE, "lib/features.ts", ...FILES.map((name) => `lib/${NAME}/${name}`)];
    assert.deepEqual(changed.sort(), expected.sort());
  });

  for (const store of ["SQLite", "Redis"]) {
    await t.step(`on ${store}: WebSocket, SSE, HTTP and counters`, async () => {
      await using redis = store === "Redis" ? await RedisServer.start() : undefined;
      await using program = await Program.start({
        root,
        env: { ...redis?.env, APP_LIMIT_NOTES: "3", APP_NOTES_REPORT_SECONDS: "1" },
      });
      await useNotes(program);
    });
  }

  await t.step("what was kept is there after a restart, in tables of its own version", async () => {
    const dataDir = await Deno.makeTempDir();
    for (const count of [1, 2]) {
      await using program = await Program.start({ root, dataDir });
      assert.equal((await post(program, "kept")).status, 201);
      assert.equal((await list(program)).length, count);
      program.kill("SIGTERM");
      await program.ended();
    }
    await Deno.remove(dataDir, { recursive: true });
  });

  await t.step("check refuses a wrong value of its setting, and knows its name", async () => {
    const check = (env: Record<string, string>) =>
      run(taskCommand("check", root), { cwd: checkout.path, env });
    const wrong = await check({ APP_LIMIT_NOTES: "many" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Cannot use APP_LIMIT_NOTES: current value is "many", allowed is/);
    const typo = await check({ APP_LIMIT_NOTE: "5" });
    assert.match(typo.stderr, /APP_LIMIT_NOTE.*APP_LIMIT_NOTES/);
  });

  await t.step("its routes are behind their scopes", async () => {
    const dataDir = await Deno.makeTempDir();
    const key = async (scope: string) => {
      const made = await run(
        [...taskCommand("key", root), "create", "--name", scope, "--scope", scope],
        { cwd: dataDir, env: { APP_DATA_DIR: dataDir } },
      );
      return { authorization: `Bearer ${made.stdout.trim()}` };
    };
    const [publish, read] = [await key("publish"), await key("read")];
    await using program = await Program.start({ root, dataDir, env: { APP_KEY } });
    assert.equal((await post(program, "hello")).status, 401);
    assert.equal((await post(program, "hello", read)).status, 403);
    assert.equal((await post(program, "hello", publish)).status, 201);
    const refused = await fetch(notesOf(program), { headers: publish });
    assert.deepEqual([refused.status, (await refused.json()).code], [403, "forbidden"]);
    const answer = await fetch(notesOf(program), { headers: read });
    assert.equal((await answer.json()).notes[0].message, "hello");
    await using client = await TestClient.connectV2(program.webSocketUrl);
    const told = client.command("note", { message: "too early" });
    await assert.rejects(told, /unauthorized|proved/);
    await client.command("auth", { token: await connectionToken() });
    await client.command("connect");
    assert.equal(typeof (await client.command("note", { message: "by token" }))["id"], "string");
    await Deno.remove(dataDir, { recursive: true });
  });
});

/** One device makes a note, the others are told; a stream of events, another system and the counters see it, too. */
async function useNotes(program: Program): Promise<void> {
  await using laptop = await TestClient.connectV2(program.webSocketUrl);
  await using phone = await TestClient.connectV2(program.webSocketUrl);
  for (const client of [laptop, phone]) await client.command("connect", { user_id: 7 });
  await using stream = await EventStream.open(`${program.url}/sse?user_id=7`);
  const [connected] = await stream.get("connected");
  await using plain = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });

  const { id } = await laptop.command("note", { message: "milk" });
  const told = { type: "note", id, user: "7", user_id: 7, message: "milk" };
  for (const receiver of [phone, stream]) {
    const [frame] = await receiver.get("note");
    assert.partialDeepStrictEqual(frame, told);
  }
  await say(program, connected?.["session"], "bread");
  await phone.get("note", 2);
  const notes = (await phone.command("notes"))["notes"] as { message: string }[];
  assert.deepEqual(notes.map(({ message }) => message), ["milk", "bread"]);
  assert.equal((await post(program, "butter")).status, 201);
  assert.equal((await post(program, "one too many")).status, 429);
  assert.deepEqual((await list(program)).map(({ message }) => message), [
    "milk",
    "bread",
    "butter",
  ]);
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  assert.deepEqual([stats["notes_kept"], stats["notes_readers"]], [3, 3]);
  const report = "3 notes were kept, and 3 connections are told of new ones";
  await waitFor("it is in the log", () => program.log.some(({ message }) => message === report));
  assert.deepEqual(plain.ofType("note"), [], "the base protocol is closed");
}

/** Makes a note over a stream of events, whose commands are POSTs. */
async function say({ url }: Program, session: unknown, message: string): Promise<void> {
  const response = await fetch(`${url}/sse/${session}`, {
    method: "POST",
    body: JSON.stringify({ type: "note", message }),
  });
  assert.equal(response.status, 202, await response.text());
}

function notesOf({ url }: Program): string {
  return `${url}/api/users/7/notes`;
}

async function post(
  program: Program,
  message: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(notesOf(program), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ message }),
  });
  await response.body?.cancel();
  return response;
}

async function list(program: Program): Promise<{ message: string }[]> {
  return (await (await fetch(notesOf(program))).json()).notes;
}

/** Does what `docs/architecture.md` says. */
async function addNotes(root: string): Promise<void> {
  const page = await Deno.readTextFile(`${root}docs/architecture.md`);
  const [, copying = ""] = /`(cp -r tests\/example\/notes [^`]+)`/.exec(page) ?? [];
  await done(["sh", "-ec", copying], root);
  await edit(
    `${root}lib/features.ts`,
    (text) =>
      text.replace(/^import /m, 'import { notesFeature } from "./notes/feature.ts";\nimport ')
        .replace(/\n\] as const/, "\n  notesFeature,\n] as const"),
  );
  await done(taskCommand("settings"), root);
  await Deno.copyFile(new URL("notes.md", import.meta.url), `${root}docs/notes.md`);
  await edit(
    `${root}docs/api-keys.md`,
    (text) => text.replace(/(?<=^\| route .*\n.*\n)/m, ROWS.join("")),
  );
}

/** The capability's routes, as the table of all routes has them. */
const ROWS = [
  "| `POST /api/users/{user}/notes` | `publish` |\n",
  "| `GET /api/users/{user}/notes` | `read` |\n",
];

/** Runs a command that is to succeed. */
async function done(command: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await run(command, { cwd });
  assert.equal(code, 0, stderr);
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const changed = change(text);
  assert.notEqual(changed, text, path);
  await Deno.writeTextFile(path, changed);
}
