/**
 * A capability is one folder and one line of `lib/features.ts`: the one in `notes/` is put into a copy of the checkout,
 * and works there on WebSocket, SSE and HTTP, on both stores, with its settings in `check` and its scopes enforced.
 */
import assert from "node:assert/strict";
import { Checkout } from "../support/checkout.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const FOLDER = new URL("notes/", import.meta.url);

Deno.test("a capability is added with its folder and one line, and works by every door", async (t) => {
  await using checkout = await Checkout.make();
  const root = `${checkout.path}/`;
  await addNotes(root);

  await t.step("nothing else was touched", async () => {
    const changed = await changedFiles(root);
    assert.deepEqual(changed.filter((path) => !path.startsWith("lib/notes/")), ["lib/features.ts"]);
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

/** The folder, with its imports as they are beside the other capabilities, and the line in the list. */
async function addNotes(root: string): Promise<void> {
  await Deno.mkdir(`${root}lib/notes`);
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    await Deno.writeTextFile(`${root}lib/notes/${name}`, text.replaceAll("../../../lib/", "../"));
  }
  const features = await Deno.readTextFile(`${root}lib/features.ts`);
  const line = 'import { notesFeature } from "./notes/feature.ts";\n';
  const listed = features.replace(/\n\] as const/, "\n  notesFeature,\n] as const");
  assert.notEqual(listed, features);
  await Deno.writeTextFile(`${root}lib/features.ts`, listed.replace(/^import /m, `${line}import `));
}

/** Files of the program that are others than here, or are not here. */
async function changedFiles(root: string, folder = "lib"): Promise<string[]> {
  const changed: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) changed.push(...await changedFiles(root, path));
    else if (await textOf(`${root}${path}`) !== await textOf(`${ROOT}${path}`)) changed.push(path);
  }
  return changed.sort();
}

async function textOf(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}
