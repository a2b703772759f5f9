/** The archive: by commands, over HTTP and by the library, on every store and listener. */
import assert from "node:assert/strict";
import { connect, type InboxChange } from "../../lib/sdk/mod.ts";
import { applicationOf, userOf } from "../support/chat.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { call, INBOX_WORLDS } from "./worlds.ts";

for (const [what, start] of INBOX_WORLDS) {
  Deno.test(`a user archives notifications and brings them back, ${what}`, async (t) => {
    await using world = await start();
    const { first, last } = world;
    const ids = ["order-0001", "order-0002", "order-0003"];
    for (const id of ids) {
      await call(first, "POST", "/notifications", { user_id: 1, id, message: id });
    }
    await using phone = await TestClient.connectV2(first.webSocketUrl);
    await phone.command("connect", { user_id: 1 });
    await using laptop = await TestClient.connectV2(last.webSocketUrl);
    await laptop.command("connect", { user_id: 1 });
    const listed = async (fields: Frame = {}) =>
      ((await laptop.command("inbox", fields))["notifications"] as Frame[]).map(({ id }) => id);

    await t.step("by commands", async () => {
      await phone.command("archive", { ids: ["order-0001", "order-0003"] });
      assert.deepEqual(await listed(), ["order-0002"]);
      assert.deepEqual(await listed({ archived: "only" }), ["order-0003", "order-0001"]);
      assert.deepEqual(await listed({ archived: "only", limit: 1, before: 3 }), ["order-0001"]);
      assert.deepEqual(await phone.command("unarchive", { ids: ["order-0001", "none-0001"] }), {
        unread: 2,
      });
      const told = await laptop.get("inbox", 2);
      assert.deepEqual(told.at(-1), {
        ...{ type: "inbox", event: "unarchive", ids: ["order-0001"], unread: 2 },
      });
      assert.deepEqual(await listed(), ["order-0002", "order-0001"]);
      const { notifications, unread } = await phone.command("inbox", {
        ids: ["order-0003", "none-0001", "order-0001", "order-0003"],
      });
      assert.equal(unread, 2);
      assert.deepEqual(
        (notifications as Frame[]).map(({ id, archived_at }) => [id, !!archived_at]),
        [
          ["order-0003", true],
          ["order-0001", false],
        ],
      );
      await assert.rejects(phone.command("inbox", { archived: "all" }), /archived/);
      await assert.rejects(phone.command("unarchive", {}), /missing_field.*ids/);
    });

    await t.step("over HTTP", async () => {
      const path = "/users/1/notifications/order-0002/archive";
      for (let count = 0; count < 2; count++) {
        assert.deepEqual(await call(last, "PUT", path), { status: 204, json: undefined });
      }
      assert.deepEqual(await listed(), ["order-0001"]);
      for (let count = 0; count < 2; count++) {
        assert.deepEqual(await call(first, "DELETE", path), { status: 204, json: undefined });
      }
      assert.deepEqual(await listed(), ["order-0002", "order-0001"]);
      const none = await call(first, "PUT", "/users/2/notifications/order-0002/archive");
      assert.deepEqual([none.status, none.json.code], [404, "not_found"]);
      await phone.command("snooze", { ids: ["order-0002"], until: "2h" });
      assert.equal((await call(first, "PUT", path)).status, 404, "it is not in the inbox");
      await phone.command("unsnooze", { ids: ["order-0002"] });
    });

    await t.step("in the library, it is in the list again once `inbox` tells of it", async () => {
      const client = connect({ url: last.webSocketUrl, userId: 1 });
      using _client = { [Symbol.dispose]: () => client.close() };
      await waitFor("it is online", () => client.state.kind === "online");
      const { notifications } = client;
      await notifications.loadMore({ before: 99 });
      const known = () => notifications.list.map(({ id }) => id);
      assert.deepEqual(known(), ["order-0002", "order-0001"]);
      const archived = async () => (await notifications.archived()).map(({ id }) => id);
      assert.deepEqual(await archived(), ["order-0003"]);
      const back = new Promise<[InboxChange, string[]]>((resolve) => {
        client.on("inbox", (change) => change.event === "unarchive" && resolve([change, known()]));
      });
      assert.equal(await notifications.unarchive(["order-0003"]), 3);
      const [change, then] = await back;
      assert.deepEqual(change, { event: "unarchive", ids: ["order-0003"], unread: 3 });
      assert.deepEqual(then, ["order-0002", "order-0003", "order-0001"]);
      assert.deepEqual(await archived(), []);
    });
  });
}

Deno.test("users archive over HTTP by their connection tokens, and nobody else's", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const app = await applicationOf(program, ["publish"]);
  await app.done("POST", "/notifications", { user_id: 1, id: "order-0001", message: "x" });
  const path = "/users/1/notifications/order-0001/archive";
  const bob = await userOf(program, 2);
  const alice = await userOf(program, 1);
  const reader = await applicationOf(program, ["read"]);
  for (const method of ["PUT", "DELETE"]) {
    assert.equal((await bob.call(method, path)).status, 403);
    assert.equal((await reader.call(method, path)).status, 403);
    assert.equal((await alice.call(method, path)).status, 204);
    assert.equal((await app.call(method, path)).status, 204);
  }
});
