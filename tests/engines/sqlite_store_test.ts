/** The SQLite file: what is committed together, and what is refused. */
import assert from "node:assert/strict";
import type { Notification } from "../../lib/inbox/store/store.ts";
import { openFullEmbedded } from "../support/engines.ts";

Deno.test("embedded engine accepts nothing that the disk does not take", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = await openFullEmbedded({ dataDir });
    await Deno.remove(`${dataDir}/notifyli.db`); // so that nothing would be there after the next start
    await assert.rejects(
      engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", message: "x" }),
      { code: "unavailable", message: /^Cannot write to the store: notifyli\.db was removed/ },
    );
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine: what comes in one turn is one commit, and is stored when it is answered", async () => {
  const dataDir = await Deno.makeTempDir();
  const frames = () => (Deno.statSync(`${dataDir}/notifyli.db-wal`).size - 32) / (4096 + 24);
  {
    await using engine = await openFullEmbedded({ dataDir });
    const append = (id: string) => engine.inbox.append(of("1", id));
    await append("first");
    const before = frames();
    await append("second");
    const ofOne = frames() - before;
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(`n-${index}`)));
    // Each commit writes anew all the pages that it touched.
    assert.ok(frames() - before - ofOne < ofOne * 4, `${frames() - before - ofOne} for ${ofOne}`);
    let isRunning = true;
    const commits = append("last").then(() => isRunning = false);
    const found = await engine.inbox.get("default", "1", "last");
    assert.deepEqual([found, isRunning], [undefined, true]);
    await commits;
    assert.equal((await engine.inbox.get("default", "1", "last"))?.offset, 23);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine: a change that fails takes no other of its turn with it", async () => {
  await using engine = await openFullEmbedded();
  const append = (id: string) =>
    engine.inbox.append({ site: "default", user: "1", id, room: "lobby", message: "x" });
  await append("same");
  const results = await Promise.allSettled([append("before"), append("same"), append("after")]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const listed = await engine.inbox.list("default", "1", { limit: 9 });
  assert.deepEqual(listed.map(({ id }) => id), ["after", "before", "same"]);
});

Deno.test("embedded engine refuses a file that another server uses", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = await openFullEmbedded({ dataDir });
    await engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", message: "x" });
    await assert.rejects(
      async () => await openFullEmbedded({ dataDir }),
      /APP_DATA_DIR: .*notifyli\.db cannot be opened: another server is using it/,
    );
  }
  await Deno.remove(dataDir, { recursive: true });
});

function of(user: string, id: string): Notification {
  return { site: "default", user, id, room: "lobby", message: "x" };
}
