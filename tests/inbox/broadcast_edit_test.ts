/** Notifications for many that are changed: for those who have them and those who get them later, once each, whatever dies. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses();

type Json = Record<string, unknown>;

async function clientAs(program: Program, user: number): Promise<TestClient> {
  const token = await connectionToken({ sub: String(user) });
  return await TestClient.connectWithToken(program.webSocketUrl, token);
}

async function inboxOf(client: TestClient): Promise<Json[]> {
  return (await client.command("inbox", { archived: true }))["notifications"] as Json[];
}

function usersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** Resolves with how far it is once nothing is left to be done. */
async function ended(manager: Manager, program: Program, id: string): Promise<Json> {
  return await waitFor(`${id} is done`, async () => {
    const { json } = await manager.call(program, "GET", `/notifications/${id}`);
    return json["state"] === "done" && json;
  }, 60_000);
}

for (const [place, start] of PLACES) {
  Deno.test(`notifications for many are changed (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { first, last, manager } = nodes;
    const post = (call: Json) => manager.call(first, "POST", "/notifications", call);
    const patch = (id: string, fields: Json, query = "") =>
      manager.call(last, "PATCH", `/notifications/${id}${query}`, fields);

    await test.step("all who have it hear of it, as of one for them alone, and what they did stays", async () => {
      await using one = await clientAs(first, 1);
      await using two = await clientAs(last, 2);
      await using three = await clientAs(last, 3);
      const call = { user_ids: usersTo(450), id: "order-0001", message: "Old", title: "Sale" };
      await post({ ...call, url: "/sale", actions: "http, Buy, https://shop.example/secret" });
      await ended(manager, first, "order-0001");
      await one.get("direct_message");
      await one.command("archive", { ids: ["order-0001"] });
      await three.get("direct_message");
      await three.command("delete", { ids: ["order-0001"] });
      const { status, json } = await patch("order-0001", { message: "New", title: null });
      assert.deepEqual([status, { ...json, edited_at: 0 }], [202, {
        ...{ id: "order-0001", state: "editing", edited_at: 0 },
      }]);
      const progress = await ended(manager, first, "order-0001");
      assert.deepEqual([progress["stored"], progress["edited"], progress["editing"]], [
        ...[450, 449, false],
      ]);
      assert.equal(progress["edited_at"], json["edited_at"]);
      const [, changed] = await two.get("direct_message", 2);
      const { message, title, url, first_offset, offset, broadcast_change } = changed ?? {};
      assert.deepEqual([message, title, url, first_offset, offset, broadcast_change], [
        ...["New", undefined, "/sale", 1, 2, undefined],
      ]);
      assert.deepEqual(changed?.["actions"], [{ type: "http", id: "1", label: "Buy" }]);
      const [archived] = await inboxOf(one);
      assert.deepEqual([archived?.["message"], archived?.["broadcast_change"]], ["New", undefined]);
      assert.ok(archived?.["archived_at"]);
      await three.settled();
      assert.deepEqual(await inboxOf(three), []);
      assert.equal(three.ofType("direct_message").length, 1);
      await using far = await clientAs(first, 450);
      assert.deepEqual((await inboxOf(far)).map(({ message }) => message), ["New"]);
    });

    await test.step("several changes, while it is sent as well, end in all of them in their order", async () => {
      await using early = await clientAs(first, 1);
      const call = { user_ids: usersTo(2000), id: "order-0002", message: "x", progress: 0 };
      await post(call);
      await early.get("direct_message");
      const given = [["title", "t"], ["kind", "k"], ["group", "g"]];
      for (const [index, [field = "", value]] of given.entries()) {
        const { status } = await patch("order-0002", { [field]: value, progress: index + 1 });
        assert.equal(status, 202);
      }
      await patch("order-0002", { group: null, progress: 100 });
      assert.equal((await post(call)).status, 200); // the same call again is the same one
      const { stored, gone } = await ended(manager, first, "order-0002");
      assert.deepEqual([stored, gone], [2000, 0]);
      for (const user of [1, 200, 201, 700, 1200, 2000]) {
        await using client = await clientAs(last, user);
        const [newest] = await inboxOf(client);
        const { message, title, kind, group, progress } = newest ?? {};
        assert.deepEqual([user, message, title, kind, group, progress], [
          ...[user, "x", "t", "k", undefined, 100],
        ]);
      }
      // Whom it was sent to after the last change has got it once.
      await using late = await clientAs(last, 2000);
      const [newest] = await inboxOf(late);
      assert.ok(newest?.["edited_at"] === undefined || newest["first_offset"] !== undefined);
    });

    await test.step("of one that is due later, what waits is changed, its time too", async () => {
      const deliver_at = Math.floor(Date.now() / 1000) + 3600;
      await post({ user_ids: [11, 12], id: "later-0001", message: "Old", deliver_at });
      await ended(manager, first, "later-0001");
      await using eleven = await clientAs(first, 11);
      await patch("later-0001", { message: "New", deliver_at: null });
      const [frame] = await eleven.get("direct_message");
      assert.deepEqual([frame?.["message"], frame?.["edited_at"]], ["New", undefined]);
      await ended(manager, first, "later-0001");
      const again = await patch("later-0001", { deliver_at: "1h" });
      assert.deepEqual([again.status, again.json["field"]], [400, "deliver_at"]);
    });

    await test.step("what a user has put off is changed there, and what waits for a digest too", async () => {
      await manager.call(first, "PUT", "/kinds/news", { digest: { window: "15s" } });
      await using client = await clientAs(first, 3001);
      await using other = await clientAs(last, 3002);
      await other.command("set_preferences", { kinds: { news: { in_app: false } } });
      await post({ user_ids: [3001], id: "put-off-01", message: "Old" });
      await client.get("direct_message");
      await client.command("snooze", { ids: ["put-off-01"], until: "1h" });
      await patch("put-off-01", { message: "New", deliver_at: null });
      await post({ user_ids: [3001, 3002], id: "digest-001", message: "Old", kind: "news" });
      await post({ user_ids: [3001], id: "digest-002", message: "Other", kind: "news" });
      await ended(manager, first, "digest-001");
      await patch("digest-001", { title: "Changed" });
      const { edited } = await ended(manager, first, "digest-001");
      assert.equal(edited, 1);
      await ended(manager, first, "put-off-01");
      const { notifications } = await client.command("inbox", { snoozed: true });
      assert.deepEqual((notifications as Json[]).map(({ message }) => message), ["New"]);
      const [, digest] = await client.get("direct_message", 2);
      const item = (digest?.["items"] as Json[]).find(({ id }) => id === "digest-001");
      assert.equal(item?.["title"], "Changed");
      await other.settled();
      assert.deepEqual(await inboxOf(other), []);
    });

    await test.step("what cannot be is refused, and one for one of them changes that alone", async () => {
      const refused: [Json, string][] = [
        [{ progress: 101 }, "progress"],
        [{ message: null }, "message"],
        [{ id: "order-0009" }, "id"],
        [{ deliver_at: "1h" }, "deliver_at"],
        [{ image: "x".repeat(22) }, "image"],
        [{ attachments: ["x".repeat(22)], message: "Never" }, "attachments"],
      ];
      for (const [fields, field] of refused) {
        const { status, json } = await patch("order-0001", fields);
        assert.deepEqual([status, json["field"]], [400, field]);
      }
      const { status, json } = await patch("order-0001", { message: "For 7" }, "?user_id=7");
      assert.deepEqual([status, json["user_id"]], [200, 7]);
      await using seven = await clientAs(first, 7);
      await using eight = await clientAs(first, 8);
      const said = async (client: TestClient) =>
        (await inboxOf(client)).find(({ id }) => id === "order-0001")?.["message"];
      assert.deepEqual([await said(seven), await said(eight)], ["For 7", "New"]);
      await manager.call(first, "DELETE", "/notifications/order-0001");
      assert.equal((await patch("order-0001", { message: "Back?" })).status, 404);
      await waitFor("it is gone", async () => {
        const { json } = await manager.call(first, "GET", "/notifications/order-0001");
        return json["state"] === "withdrawn";
      });
      assert.equal(await said(eight), undefined);
    });
  });
}

for (const database of ["SQLite", "PostgreSQL"]) {
  Deno.test(`notifications for many, ${database}: killed in the middle of a change, it goes on, and nobody hears of it twice`, async () => {
    await using postgres = database === "PostgreSQL" ? await PostgresServer.start() : undefined;
    await using redis = database === "PostgreSQL" ? await RedisServer.start() : undefined;
    const dataDir = await Deno.makeTempDir();
    const env = { APP_KEY, ...postgres?.env, ...redis?.env };
    const id = "killed-001";
    const killed = await Program.start({ env, dataDir });
    const manager = await Manager.of(killed);
    {
      await using last = await clientAs(killed, 401);
      const call = { user_ids: usersTo(2000), message: "Old", id };
      await manager.call(killed, "POST", "/notifications", call);
      await ended(manager, killed, id);
      await last.get("direct_message");
      await manager.call(killed, "PATCH", `/notifications/${id}`, { message: "New" });
      await last.get("direct_message", 2);
      killed.kill();
    }
    await killed[Symbol.asyncDispose]();
    await using program = await Program.start({ env, dataDir });
    const { edited } = await ended(manager, program, id);
    assert.equal(edited, 2000);
    for (const user of [1, 200, 201, 390, 400, 401, 402, 405, 411, 420, 600, 601, 2000]) {
      await using client = await clientAs(program, user);
      const [only, ...others] = await inboxOf(client);
      assert.deepEqual([user, only?.["message"], only?.["offset"], others], [user, "New", 2, []]);
    }
    await Deno.remove(dataDir, { recursive: true }).catch(() => {});
  });
}

Deno.test("while the database is away, one for many is not changed for one of them, and one user's is where that user is named", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  await using program = await Program.start({ env: { APP_KEY, ...redis.env, ...postgres.env } });
  const manager = await Manager.of(program);
  const call = { user_ids: [1, 2], id: "many-away-1", message: "Old" };
  await manager.call(program, "POST", "/notifications", call);
  await ended(manager, program, call.id);
  await manager.call(program, "POST", "/notifications", {
    ...call,
    user_ids: undefined,
    user_id: 1,
    id: "alone-away-1",
  });
  await postgres.stop();
  const patch = (path: string) =>
    manager.call(program, "PATCH", `/notifications/${path}`, { message: "New" });
  const refused = await waitFor("the database is away", async () => {
    const answer = await patch("many-away-1");
    return answer.status === 503 && answer;
  });
  assert.match(String(refused.json["message"]), /database/);
  assert.equal((await patch("alone-away-1?user_id=1")).status, 200);
  const path = "/notifications/many-away-1";
  assert.equal((await manager.call(program, "DELETE", path)).status, 503);
  await using one = await clientAs(program, 1);
  const messages = (await inboxOf(one)).map(({ id, message }) => [id, message]);
  assert.deepEqual(messages.sort(), [["alone-away-1", "New"], ["many-away-1", "Old"]]);
  const alone = "/notifications/alone-away-1?user_id=1";
  assert.equal((await manager.call(program, "DELETE", alone)).status, 204);
  assert.deepEqual((await inboxOf(one)).map(({ id }) => id), ["many-away-1"]);
});

Deno.test("a node that has no database for ever changes what is one user's", async () => {
  await using redis = await RedisServer.start();
  const start = () => Program.start({ env: { APP_KEY, ...redis.env } });
  await using first = await start();
  await using last = await start(); // the other has the database in its own file
  const manager = await Manager.of(first);
  await manager.call(first, "POST", "/notifications", {
    user_id: 1,
    id: "alone-0001",
    message: "Old",
  });
  for (const program of [first, last]) {
    const path = "/notifications/alone-0001";
    const { status } = await manager.call(program, "PATCH", path, { message: "New" });
    assert.equal(status, 200);
  }
});
