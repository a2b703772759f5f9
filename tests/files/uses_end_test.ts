/** Files of notifications that leave an inbox, or never come into one: they go with them, and not at the time that was noted. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { applicationOf, type Caller, type Json, userOf } from "../support/chat.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { upload } from "../support/picture.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const SCOPES = ["publish", "read", "files:read", "files:write", "manage"];

/** Makes due all that is scheduled in Redis. */
const ALL_DUE = `for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  redis.call('ZADD', KEYS[1], 1, name)
end`;

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`files go with notifications that go by themselves, ${what}`, async (t) => {
    await using world = await start({ APP_LIMIT_INBOX: "2", APP_LIMIT_INBOX_BYTES: "2000" });
    const { first, last, redis } = world.nodes;
    const app = await applicationOf(first, SCOPES);
    const send = (user: number, fields: Json) =>
      app.call("POST", "/notifications", { user_id: user, message: "Hi", ...fields });

    await t.step("one that is dropped since its inbox is full", async () => {
      const [old, kept] = [
        await upload(first.url, app.bearer),
        await upload(first.url, app.bearer),
      ];
      await send(1, { image: old });
      await send(1, { attachments: [kept] });
      await send(1, { data: { attachments: [old] } });
      await gone(app, old);
      assert.ok(await isThere(app, kept));
      // As long as an inbox bears in all: all others go from it.
      await send(1, { message: "x".repeat(2000) });
      await gone(app, kept);
    });

    await t.step("one that is dropped for one that was scheduled", async () => {
      const old = await upload(first.url, app.bearer);
      await send(2, { image: old });
      await send(2, { message: "x".repeat(1500), deliver_at: nowSeconds() + 1 });
      await gone(app, old);
    });

    await t.step("what is not taken leaves its files to be sent again", async () => {
      const file = await upload(first.url, app.bearer);
      const later = { message: "x".repeat(1900), deliver_at: nowSeconds() + 3600 };
      for (const more of [{}, { id: "own-id-0003" }]) {
        const { status, json } = await send(3, { ...later, image: file, ...more });
        assert.deepEqual([status, json["code"]], [429, "too_many_scheduled"]);
        assert.ok(await isThere(app, file));
        const caller = await userOf(last, 3);
        assert.equal((await caller.call("GET", `/files/${file}`)).status, 404, "nobody reads it");
      }
      assert.equal((await send(3, { image: file, id: "own-id-0003" })).status, 201);
    });

    await t.step("what is sent again is as it was first, with its files alone", async () => {
      const id = "own-id-0004";
      const [one, two] = [await upload(first.url, app.bearer), await upload(first.url, app.bearer)];
      const user = await userOf(last, 4);
      assert.equal((await send(4, { id, image: one })).status, 201);
      const again = await send(4, { id, image: two, expires_at: nowSeconds() + 2 });
      assert.equal(again.status, 200);
      const [found] = await inboxOf(user);
      assert.equal((found?.["image"] as Json)["id"], one);
      assert.equal((await user.call("GET", `/files/${two}`)).status, 404);
      const scheduled = { id: "own-id-0005", deliver_at: nowSeconds() + 3600 };
      const [three, four] = [
        await upload(first.url, app.bearer),
        await upload(first.url, app.bearer),
      ];
      assert.equal((await send(4, { ...scheduled, image: three })).status, 201);
      assert.equal((await send(4, { ...scheduled, image: four })).status, 200);
      assert.equal((await user.call("GET", `/files/${four}`)).status, 404);
      assert.equal((await user.call("GET", `/files/${three}`)).status, 200);
      await gone(app, four);
    });

    if (redis === undefined) return;
    await t.step("one whose inbox does not take it when it is due", async () => {
      const file = await upload(first.url, app.bearer);
      const sent = await send(5, { image: file, deliver_at: nowSeconds() + 3600 });
      assert.equal(sent.status, 201);
      await redis.call("SET", "notifyli:inbox-order:{5}", "of another kind");
      await redis.call("EVAL", ALL_DUE, "1", "notifyli:scheduled");
      await gone(app, file);
    });
  });
}

Deno.test("files go with a notification that its inbox in SQLite does not take when it is due", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_KEY };
  let file: string;
  {
    await using program = await Program.start({ dataDir, env });
    const app = await applicationOf(program, SCOPES);
    file = await upload(program.url, app.bearer);
    await app.done("POST", "/notifications", { user_id: 1, message: "Here since before" });
    const later = { user_id: 1, image: file, deliver_at: nowSeconds() + 3600 };
    await app.done("POST", "/notifications", later);
  }
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    // The next offset of the inbox is taken.
    database.exec(
      "UPDATE inboxes SET offset = 0 WHERE user = '1'; UPDATE scheduled SET deliver_at = 1",
    );
  }
  {
    await using program = await Program.start({ dataDir, env });
    const app = await applicationOf(program, SCOPES);
    await gone(app, file);
    assert.equal((await inboxOf(await userOf(program, 1))).length, 1);
  }
  await Deno.remove(dataDir, { recursive: true });
});

async function isThere(app: Caller, id: string): Promise<boolean> {
  return (await app.call("GET", `/files/${id}`)).status === 200;
}

function gone(app: Caller, id: string): Promise<boolean> {
  return waitFor(`the file ${id} is gone`, async () => !await isThere(app, id));
}

async function inboxOf({ program, bearer }: Caller): Promise<Json[]> {
  await using client = await TestClient.connectWithToken(program.webSocketUrl, bearer);
  return (await client.command("inbox"))["notifications"] as Json[];
}
