/** What the server writes is its own user's to read, whatever the umask, and whatever an older version left. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";

/** Runs a command with a umask that takes nothing away. */
const OPEN_UMASK = ["/bin/sh", "-c", 'umask 000; exec "$@"', "sh"];

Deno.test("the store's folder and files are 0700 and 0600, also while they are written to and after a crash", async () => {
  const base = await Deno.makeTempDir();
  const dataDir = `${base}/a/b`;
  await Deno.mkdir(base, { recursive: true });
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await using program = await Program.start({
      env: { APP_DATA_DIR: dataDir },
      dataDir: base,
      wrapper: OPEN_UMASK,
    });
    await notify(program);
    assert.equal(modeOf(dataDir), "700");
    assert.ok(filesIn(dataDir).length >= 3, filesIn(dataDir).join());
    for (const file of filesIn(dataDir)) assert.equal(modeOf(file), "600", file);
    program.kill(signal);
    await program.ended();
    for (const file of filesIn(dataDir)) assert.equal(modeOf(file), "600", file);
  }
  await Deno.remove(base, { recursive: true });
});

Deno.test("what an older version left open to others is closed, and what is in it stays", async () => {
  const base = await Deno.makeTempDir();
  const dataDir = `${base}/data`;
  const start = () =>
    Program.start({ env: { APP_DATA_DIR: dataDir }, dataDir: base, wrapper: OPEN_UMASK });
  {
    await using program = await start();
    await notify(program);
  }
  Deno.chmodSync(dataDir, 0o755);
  for (const file of filesIn(dataDir)) Deno.chmodSync(file, 0o644);
  await using program = await start();
  assert.equal(modeOf(dataDir), "700");
  for (const file of filesIn(dataDir)) assert.equal(modeOf(file), "600", file);
  const { id } = await notify(program);
  assert.equal(id, "order-12345", "it was there before");
  await program[Symbol.asyncDispose]();
  await Deno.remove(base, { recursive: true });
});

Deno.test("a folder with files of others stays as open as it was, and the server's own files are closed", async () => {
  const dataDir = await Deno.makeTempDir();
  Deno.chmodSync(dataDir, 0o755);
  Deno.writeTextFileSync(`${dataDir}/theirs.txt`, "hello", { mode: 0o644 });
  await using program = await Program.start({ dataDir, wrapper: OPEN_UMASK });
  await notify(program);
  assert.deepEqual([modeOf(dataDir), modeOf(`${dataDir}/theirs.txt`)], ["755", "644"]);
  for (const file of filesIn(dataDir)) {
    if (!file.endsWith("theirs.txt")) assert.equal(modeOf(file), "600", file);
  }
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("with Redis, the folder has the operator's key and the database, and is as closed", async () => {
  await using redis = await RedisServer.start();
  const base = await Deno.makeTempDir();
  const dataDir = `${base}/data`;
  await using program = await Program.start({
    env: { ...redis.env, APP_DATA_DIR: dataDir },
    dataDir: base,
    wrapper: OPEN_UMASK,
  });
  const names = filesIn(dataDir).map((file) => file.slice(dataDir.length + 1)).toSorted();
  assert.deepEqual(names, ["notifyli.db", "notifyli.db-wal", "notifyli.seal", "operator.key"]);
  for (const file of filesIn(dataDir)) assert.equal(modeOf(file), "600", file);
  assert.equal(modeOf(dataDir), "700");
  await program[Symbol.asyncDispose]();
  await Deno.remove(base, { recursive: true });
});

async function notify({ url }: Program): Promise<{ id: string }> {
  const answer = await fetch(`${url}/api/users/1/notifications`, {
    method: "POST",
    headers: { "idempotency-key": "order-12345" },
    body: "hi",
  });
  assert.ok(answer.ok);
  return await answer.json();
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
}

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}
