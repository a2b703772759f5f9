/** A scheduled notification in SQLite that cannot be delivered is kept aside alone, and holds up no other. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openFullEmbedded } from "../support/engines.ts";

const SITE = "default";

/** What is wrong with the rows of user 1, whatever made it so. */
const FAULTS: Readonly<Record<string, string>> = {
  "an offset that is taken": `UPDATE inboxes SET offset = 0 WHERE user = '1';
    INSERT INTO notifications (site, user, id, room, content, offset)
      VALUES ('default', '1', 'there', 'lobby', '{}', 1)`,
};

for (const [fault, sql] of Object.entries(FAULTS)) {
  Deno.test(`a scheduled notification with ${fault} is refused alone, and its id is free again`, async () => {
    const dataDir = await Deno.makeTempDir();
    const due = Date.now() - 1000;
    {
      await using engine = await openFullEmbedded({ dataDir });
      await engine.inbox.sync(SITE, "1"); // which makes the inbox
      for (const user of ["1", "2"]) {
        await engine.schedule.add({ ...of(user), isCallersId: true, deliverAt: due });
      }
    }
    {
      using database = new DatabaseSync(`${dataDir}/notifyli.db`);
      database.exec(sql);
    }
    {
      await using engine = await openFullEmbedded({ dataDir });
      const { delivered, refused, isMore } = await engine.schedule.release(10);
      assert.deepEqual([delivered, refused.map(({ id }) => id), isMore], [
        [due],
        ["id-of-1"],
        false,
      ]);
      assert.deepEqual((await engine.schedule.release(10)).refused, []);
      assert.equal((await engine.inbox.list(SITE, "2", { limit: 9 })).length, 1);
      assert.equal(await engine.unready(), undefined, "nothing is wrong with the store");
      const again = { ...of("1"), isCallersId: true, deliverAt: Date.now() + 60_000 };
      assert.equal(await engine.schedule.add(again), true);
    }
    {
      using database = new DatabaseSync(`${dataDir}/notifyli.db`);
      const kept = database.prepare("SELECT user, id, reason, deliver_at FROM refused").all();
      assert.deepEqual(kept.map(({ user, id, deliver_at }) => [user, id, deliver_at]), [
        ["1", "id-of-1", due],
      ]);
      assert.notEqual(kept[0]?.["reason"], "");
    }
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("whatever times an older version has stored, all that is due is delivered", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = await openFullEmbedded({ dataDir });
    for (const user of ["1", "2"]) {
      await engine.schedule.add({ ...of(user), deliverAt: Date.now() - 1000 });
    }
  }
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    // Of what an older version took: the largest number that JSON has, in milliseconds.
    database.exec(`UPDATE scheduled SET at = 1767225600123, expires_at = 9007199254740991000
      WHERE user = '1'`);
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    assert.equal((await engine.schedule.release(10)).delivered.length, 2);
    const [wild] = await engine.inbox.list(SITE, "1", { limit: 9 });
    assert.equal(wild?.publication.at, 1_767_225_600);
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    assert.equal((await engine.inbox.list(SITE, "1", { limit: 9 })).length, 1);
  }
  await Deno.remove(dataDir, { recursive: true });
});

function of(user: string) {
  return { site: SITE, user, id: `id-of-${user}`, room: "lobby", message: "x" };
}
