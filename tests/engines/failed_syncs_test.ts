/**
 * A disk that does not take what the system holds for it (`fsync` fails). After that the system says nothing more of what is
 * missing, so the server has SQLite write all of it anew before it accepts anything.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { readiness } from "../faults/readiness.ts";
import { FailingSyncs } from "../support/failing_syncs.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a disk whose syncs fail: what was accepted is on it, the rest is unconfirmed or leaves no trace", async () => {
  await using syncs = await FailingSyncs.make();
  await using rooms = await RoomsFile.write({
    rooms: [{ pattern: "lobby", history: { size: 9, seconds: 60 }, persistent: true }],
  });
  const dataDir = await Deno.makeTempDir();
  {
    const env = { APP_ROOMS: rooms.path };
    await using program = await Program.start({ dataDir, env, wrapper: syncs.wrapper });
    await using talker = await TestClient.connectV2(program.webSocketUrl);
    talker.send({ type: "connect", ref: 1, user_id: "1" });
    talker.send({ type: "subscribe", ref: 2, room: "lobby" });
    assert.equal((await said(talker, 3))["success"], true);
    assert.equal((await notify(program, "before-01")).status, 201);

    await syncs.begin(program.pid);
    const first = await notify(program, "during-01");
    assert.deepEqual([first.status, first.code], [503, "unconfirmed"]);
    for (const id of ["during-02", "during-03"]) {
      const { status, code, message } = await notify(program, id);
      assert.deepEqual([status, code], [503, "unavailable"]);
      assert.match(message, /^Cannot write to the store: Input\/output error/);
      assert.equal(await statusOf(program, id), 404);
    }
    assert.equal((await said(talker, 4))["code"], "unavailable");
    const { status, reason } = await readiness(program.url);
    assert.equal(status, 503);
    assert.match(reason, /^Cannot write to the store: Input\/output error/);

    await syncs.end(program.pid);
    await waitFor("it is ready", async () => (await readiness(program.url)).status === 200);
    assert.deepEqual(withoutLog(dataDir), ["before-01", "during-01"]);
    assert.equal((await notify(program, "during-01")).status, 200, "it was accepted after all");
    assert.equal((await notify(program, "after-001")).status, 201);
    assert.equal((await said(talker, 5))["success"], true);
    program.kill("SIGKILL");
    await program.ended();
  }
  await using after = await Program.start({ dataDir });
  for (const id of ["before-01", "during-01", "after-001"]) {
    assert.equal(await statusOf(after, id), 200, id);
  }
  assert.equal(await statusOf(after, "during-02"), 404);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a disk whose syncs fail, with APP_STORE_SYNC=everysec: it is not ready until all is on the disk", async () => {
  await using syncs = await FailingSyncs.make();
  const env = { APP_STORE_SYNC: "everysec" };
  await using program = await Program.start({ env, wrapper: syncs.wrapper });
  assert.equal((await notify(program, "before-01")).status, 201); // a new log is synced by its first write itself
  await syncs.begin(program.pid);
  assert.equal((await notify(program, "before-02")).status, 201);
  await waitFor("it is noticed", async () => (await readiness(program.url)).status === 503);
  const refused = await notify(program, "during-01");
  assert.deepEqual([refused.status, refused.code], [503, "unavailable"]);
  await syncs.end(program.pid);
  await waitFor("it is ready", async () => (await readiness(program.url)).status === 200);
  assert.deepEqual(withoutLog(program.dataDir), ["before-01", "before-02"]);
  assert.equal((await notify(program, "during-01")).status, 201);
});

/** The notifications that are in the database itself, whatever the log holds. */
function withoutLog(dataDir: string): string[] {
  const copy = `${dataDir}/copy.db`;
  Deno.copyFileSync(`${dataDir}/notifyli.db`, copy);
  using database = new DatabaseSync(copy);
  const rows = database.prepare("SELECT id FROM notifications ORDER BY offset").all();
  return rows.map(({ id }) => String(id));
}

async function said(talker: TestClient, ref: number): Promise<Readonly<Record<string, unknown>>> {
  talker.send({ type: "publish", ref, room: "lobby", message: "Hello" });
  return await waitFor("it is answered", () => talker.frames.find((frame) => frame.ref === ref));
}

async function statusOf({ url }: Program, id: string): Promise<number> {
  const answer = await fetch(`${url}/api/notifications/${id}`);
  await answer.body?.cancel();
  return answer.status;
}

async function notify(
  { url }: Program,
  id: string,
): Promise<{ status: number; code: string; message: string }> {
  const answer = await fetch(`${url}/api/users/2/notifications`, {
    method: "POST",
    body: "kept",
    headers: { "idempotency-key": id },
  });
  return { status: answer.status, ...await answer.json() };
}
