/** Ids that clients made and that an older version has stored: they were whoever's came first, and are each user's own now. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { HISTORY, SqliteHistory } from "../../lib/engines/sqlite/history.ts";
import { migrate } from "../../lib/engines/sqlite/migrations.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { StoreClock } from "../../lib/engines/sqlite/store_clock.ts";
import { message, openFullRedis, QUIET } from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";

const LOBBY = { site: "default", kind: "room", name: "lobby" } as const;
const OPTIONS = { size: 10, seconds: 60, persistent: true };

Deno.test("an id that 0.2 has stored in a SQLite file stays its own user's", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    migrate(database, [{ ...HISTORY, sql: HISTORY.sql?.slice(0, 3) }]);
    const ends = Date.now() + 60_000;
    database.exec(`
      INSERT INTO channels (seq, name, offset, ends_at, expires_at)
        VALUES (1, 'default\nroom\nlobby', 2, ${ends}, ${ends});
      INSERT INTO publications (channel, offset, kind, id, at, content)
        VALUES (1, 1, 'message', 'the-same', 5, '{"from":{"user":"1"},"message":"x"}');
      INSERT INTO publication_ids (channel, id, offset, at)
        VALUES (1, 'the-same', 1, ${Date.now()}), (1, 'unknown1', 2, ${Date.now()});
    `);
  }
  {
    await using store = new SqliteStore(dataDir, { sync: "always", schemas: [HISTORY] });
    const history = new SqliteHistory(store, new StoreClock(store), () => {});
    const say = (user: string, id: string) => history.publish(LOBBY, own(user, id), OPTIONS);
    assert.deepEqual((await say("1", "the-same")).isDuplicate, true);
    assert.deepEqual((await say("2", "the-same")).isDuplicate, false);
    assert.deepEqual((await say("2", "unknown1")).isDuplicate, true, "its message is gone");
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("an id that 0.2 has stored in Redis stays its own user's", async () => {
  await using redis = await RedisServer.start();
  await using engine = await openFullRedis(redis);
  await engine.run(QUIET);
  const { broker } = engine;
  await broker.publish(LOBBY, own("1", "the-first"), OPTIONS);
  const key = "notifyli:publication:room:{lobby}:the-first";
  await redis.call("RENAME", `${key}:1`, key); // as 0.2 named it
  assert.equal((await broker.publish(LOBBY, own("2", "the-first"), OPTIONS))?.isDuplicate, false);
  assert.equal((await broker.publish(LOBBY, own("1", "the-first"), OPTIONS))?.isDuplicate, true);
});

function own(user: string, id: string) {
  return { ...message(id), from: { user, name: user }, isClientsId: true };
}
