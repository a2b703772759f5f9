/** Dead letters of the schedule: what an inbox did not take when it was due is shown, sent again and deleted, in either store. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

/** A server whose inbox of user 1 takes nothing for as long as it is broken. */
interface Place extends AsyncDisposable {
  readonly program: Program;
  /** Whether it takes what is for later while the inbox is broken: breaking it takes longer than that may wait. */
  readonly isBrokenFirst: boolean;
  break(): Promise<void>;
  mend(): Promise<void>;
}

for (const [name, open] of [["SQLite", onSqlite], ["Redis", onRedis]] as const) {
  Deno.test(`dead letters of the schedule: looked at, sent again, deleted (${name})`, async () => {
    await using place = await open();
    const manager = await Manager.of(place.program);
    const call = (
      ...args: Parameters<Manager["call"]> extends [unknown, ...infer Rest] ? Rest
        : never
    ) => manager.call(place.program, ...args);
    const list = async (query = "") => {
      const { status, json } = await call("GET", `/dead-letters?source=schedule${query}`);
      assert.equal(status, 200, JSON.stringify(json));
      return json;
    };
    await call("POST", "/notifications", { user_id: 1, message: "makes the inbox" });
    assert.deepEqual(await list(), { dead_letters: [] });
    if (place.isBrokenFirst) await place.break();
    const soon = Math.floor(Date.now() / 1000) + 8;
    const said = { user_id: 1, title: "Later", deliver_at: soon };
    for (const id of ["for-later-1", "for-later-2", "for-later-3"]) {
      const end = id.endsWith("3") ? { expires_at: soon + 10 } : {};
      const fields = { ...said, ...end, id, message: `It is ${id}` };
      assert.equal((await call("POST", "/notifications", fields)).status, 201);
    }
    if (!place.isBrokenFirst) await place.break();
    const letters = await waitFor("all are kept aside", async () => {
      const found = (await list())["dead_letters"] as Json[];
      return found.length === 3 && found;
    });
    const [last, , first] = letters;
    assert.deepEqual([last?.["source"], first?.["source"]], ["schedule", "schedule"]);
    assert.ok(Math.abs(Number(first?.["at"]) - Date.now() / 1000) < 600);
    assert.notEqual(first?.["reason"], "");
    const payload = first?.["payload"] as Json;
    assert.deepEqual(
      [payload["site"], payload["user_id"], payload["title"], payload["deliver_at"]],
      ["default", 1, "Later", soon],
    );
    assert.match(String(payload["message"]), /^It is for-later-\d$/);
    const page = await list("&limit=2");
    assert.deepEqual(
      [
        ...page["dead_letters"] as Json[],
        ...(await list(`&before=${page["next"]}`))["dead_letters"] as Json[],
      ],
      letters,
    );
    // They are in no other list, where nobody could send them again.
    const stream = await call("GET", "/dead-letters?source=stream");
    assert.deepEqual(stream.json["dead_letters"], []);
    const at = (letter: Json | undefined) => `/dead-letters/schedule/${letter?.["id"]}`;
    const byId = (id: string) =>
      letters.find(({ payload }) => (payload as Json)["id"] === id) as Json;
    assert.equal((await call("POST", `/dead-letters/stream/${first?.["id"]}/resend`)).status, 404);
    assert.equal((await call("DELETE", `/dead-letters/stream/${first?.["id"]}`)).status, 204);

    // While the inbox takes nothing, it stays.
    assert.ok((await call("POST", `${at(byId("for-later-1"))}/resend`)).status >= 400);
    assert.equal(((await list())["dead_letters"] as Json[]).length, 3);
    await place.mend();
    assert.deepEqual((await list())["dead_letters"], letters, "they are there after a restart");
    const resent = await call("POST", `${at(byId("for-later-1"))}/resend`);
    assert.deepEqual([resent.status, resent.json], [202, {
      id: byId("for-later-1")["id"],
      source: "schedule",
    }]);
    const receipt = await call("GET", "/notifications/for-later-1");
    assert.deepEqual([receipt.status, receipt.json["state"]], [200, "queued"]);
    assert.equal((await call("POST", `${at(byId("for-later-1"))}/resend`)).status, 404);
    // Its sender has sent this one again meanwhile: the user has it once.
    const again = { user_id: 1, id: "for-later-2", message: "again" };
    assert.equal((await call("POST", "/notifications", again)).status, 201);
    assert.equal((await call("POST", `${at(byId("for-later-2"))}/resend`)).status, 202);
    const { json } = await call("GET", "/users/1");
    assert.equal((json["inbox"] as Json)["total"], 3);
    // What has expired meanwhile nobody would get.
    await waitFor("it has expired", () => Date.now() / 1000 > soon + 10);
    const late = await call("POST", `${at(byId("for-later-3"))}/resend`);
    assert.deepEqual([late.status, late.json["code"]], [400, "invalid_field"]);
    assert.match(String(late.json["message"]), /it expired at \d{4}-/);
    assert.equal((await call("DELETE", at(byId("for-later-3")))).status, 204);
    assert.equal((await call("DELETE", at(byId("for-later-3")))).status, 204);
    assert.deepEqual((await list())["dead_letters"], []);
    for (const wrong of ["x", "1-1", "../1"]) {
      const path = `/dead-letters/schedule/${encodeURIComponent(wrong)}`;
      assert.equal((await call("POST", `${path}/resend`)).status, 404, wrong);
      assert.equal((await call("DELETE", path)).status, 204, wrong);
      assert.deepEqual((await list(`&before=${encodeURIComponent(wrong)}`))["dead_letters"], []);
    }
    const { json: audit } = await call("GET", "/audit?limit=1000");
    const did = (audit["records"] as Json[]).filter(({ action }) =>
      action === "dead_letter.resend"
    );
    assert.deepEqual(did.map(({ target }) => target), [
      `dead letter ${byId("for-later-2")["id"]} of schedule`,
      `dead letter ${byId("for-later-1")["id"]} of schedule`,
    ]);
  });
}

async function onSqlite(): Promise<Place> {
  const dataDir = await Deno.makeTempDir();
  const start = () => Program.start({ env: { APP_KEY }, dataDir });
  let program = await start();
  const change = async (sql: string) => {
    await program[Symbol.asyncDispose]();
    {
      using database = new DatabaseSync(`${dataDir}/notifyli.db`);
      database.exec(sql);
    }
    program = await start();
  };
  return {
    get program() {
      return program;
    },
    isBrokenFirst: true,
    // The next place in the inbox is taken already.
    break: () =>
      change(`INSERT INTO notifications (site, user, id, room, content, offset)
        SELECT site, user, 'in-its-place', 'lobby', '{}', offset + 1 FROM inboxes WHERE user = '1'`),
    mend: () => change("DELETE FROM notifications WHERE id = 'in-its-place'"),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

async function onRedis(): Promise<Place> {
  await using parts = new AsyncDisposableStack();
  const redis = parts.use(await RedisServer.start());
  const postgres = parts.use(await PostgresServer.start());
  const program = parts.use(
    await Program.start({ env: { ...redis.env, ...postgres.env, APP_KEY } }),
  );
  const all = parts.move();
  const [order, kept] = ["notifyli:inbox-order:{1}", "kept-order"];
  return {
    program,
    isBrokenFirst: false,
    async break() {
      await redis.call("RENAME", order, kept);
      await redis.call("SET", order, "x");
    },
    async mend() {
      await redis.call("RENAME", kept, order);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
