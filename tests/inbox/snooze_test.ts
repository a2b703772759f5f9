/** Snoozing: by commands, over HTTP, by the library, and what all doors say of what is snoozed. */
import assert from "node:assert/strict";
import { connect, type InboxChange, type Notification } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { applicationOf, userOf } from "../support/chat.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { call, INBOX_WORLDS } from "./worlds.ts";

const ROOM = "/user/1";

for (const [what, start] of INBOX_WORLDS) {
  Deno.test(`a user snoozes notifications, ${what}`, async (t) => {
    await using world = await start();
    const { first, last } = world;
    const send = (id: string, fields: object = {}) =>
      call(first, "POST", "/notifications", { user_id: 1, room: ROOM, id, message: id, ...fields });
    await using phone = await TestClient.connectV2(first.webSocketUrl);
    await phone.command("connect", { user_id: 1 });
    await using laptop = await TestClient.connectV2(last.webSocketUrl);
    await laptop.command("connect", { user_id: 1 });
    const snoozed = async () =>
      (await laptop.command("inbox", { snoozed: true }))["notifications"] as Frame[];
    const listed = async () =>
      ((await laptop.command("inbox"))["notifications"] as Frame[]).map(({ id }) => id);

    await t.step("it leaves the inbox on all devices, and waits in a list of its own", async () => {
      for (const id of ["order-0001", "order-0002"]) await send(id, { title: "T" });
      await phone.get("direct_message", 2);
      const asked = await phone.command("snooze", {
        ids: ["order-0001", "none-0001"],
        until: "2h",
      });
      const until = Number(asked["snoozed_until"]);
      assert.ok(Math.abs(until - Date.now() / 1000 - 7200) < 60);
      assert.equal(asked["unread"], 1);
      const [told] = await laptop.get("inbox");
      assert.deepEqual(told, {
        ...{ type: "inbox", event: "snooze", ids: ["order-0001"], unread: 1, snoozed_until: until },
      });
      assert.deepEqual(await listed(), ["order-0002"]);
      const [waiting, ...others] = await snoozed();
      assert.deepEqual(others, []);
      assert.deepEqual({ ...waiting, timestamp: 0, snoozed_at: 0 }, {
        ...{ type: "direct_message", id: "order-0001", room: ROOM, user_id: 1, name: "system" },
        ...{ message: "order-0001", timestamp: 0, title: "T", snoozed_at: 0 },
        ...{ state: "snoozed", snoozed_until: until },
      });
      assert.deepEqual((await call(first, "GET", "/notifications/order-0001")).json, {
        ...{ id: "order-0001", state: "snoozed", deliver_at: until },
      });
    });

    await t.step("it comes back as a new one when its time comes, to all protocols", async () => {
      await using v1 = await TestClient.join(last.webSocketUrl, { user: 1, room: ROOM });
      await using stream = await EventStream.open(`${last.url}/sse?user_id=1`);
      await v1.settled();
      const before = v1.ofType("direct_message").length;
      const until = Math.floor(Date.now() / 1000) + 6;
      await phone.command("snooze", { ids: ["order-0001"], until }); // another time
      await phone.command("snooze", { ids: ["order-0002"], until });
      assert.deepEqual((await snoozed()).map(({ snoozed_until }) => snoozed_until), [until, until]);
      for (const client of [phone, laptop, stream]) {
        const ids = await waitFor("both come back", () => {
          const back = client.ofType("direct_message").filter((each) => each["snoozed_at"]);
          return back.length === 2 && back.map(({ id, state }) => [id, state]);
        });
        assert.deepEqual(ids.map(([id]) => id).sort(), ["order-0001", "order-0002"]);
        assert.ok(ids.every(([, state]) => state === undefined), "as if it had just been sent");
      }
      await waitFor("v1 has both", () => v1.ofType("direct_message").length === before + 2);
      assert.ok(Date.now() >= until * 1000, "not before");
      assert.deepEqual(await snoozed(), []);
      assert.equal((await laptop.command("inbox"))["unread"], 2);
      const { json } = await call(first, "GET", "/notifications/order-0001");
      assert.ok(["sent", "delivered"].includes(json.state), json.state);
    });

    await t.step("over HTTP it is snoozed, snoozed anew, and brought back", async () => {
      const path = "/users/1/notifications/order-0002/snooze";
      const put = await call(last, "PUT", path, { until: "tomorrow 9:00" });
      assert.deepEqual(put, {
        status: 200,
        json: {
          ...{ id: "order-0002", state: "snoozed", user_id: 1 },
          snoozed_until: put.json.snoozed_until,
        },
      });
      const later = await call(last, "PUT", `${path}?until=3d`);
      assert.ok(later.json.snoozed_until > put.json.snoozed_until);
      const count = laptop.ofType("direct_message").length;
      assert.equal((await call(first, "DELETE", path)).status, 204);
      assert.equal((await call(first, "DELETE", path)).status, 204, "harmless twice");
      const frames = await laptop.get("direct_message", count + 1);
      assert.equal(frames.at(-1)?.["id"], "order-0002");
      for (
        const [body, code] of [[{}, "missing_field"], [{ until: 5 }, "invalid_field"]] as const
      ) {
        const { status, json } = await call(first, "PUT", path, body);
        assert.deepEqual([status, json.code, json.field], [400, code, "until"]);
      }
      const none = await call(first, "PUT", "/users/2/notifications/order-0002/snooze?until=3d");
      assert.equal(none.status, 404, "it is another user's");
    });

    await t.step("its sender changes it and takes it back, its user deletes it", async () => {
      await send("plan-0001", { deliver_at: "1h" });
      await phone.command("snooze", {
        ids: ["order-0001", "order-0002", "plan-0001"],
        until: "2h",
      });
      await call(last, "PATCH", "/notifications/order-0001", { title: "New" });
      const time = await call(last, "PATCH", "/notifications/order-0001", { deliver_at: "5h" });
      assert.deepEqual([time.status, time.json.field], [400, "deliver_at"]);
      const titles = (await snoozed()).map(({ id, title }) => [id, title]);
      assert.deepEqual(titles.sort(), [["order-0001", "New"], ["order-0002", "T"]]);
      assert.equal((await call(last, "DELETE", "/notifications/order-0001")).status, 204);
      await phone.command("delete", { ids: ["order-0002", "plan-0001"] });
      assert.deepEqual(await snoozed(), []);
      const deleted = await waitFor("both are told of", () => {
        const told = laptop.ofType("inbox").filter(({ event }) => event === "delete");
        return told.length === 2 && told.flatMap(({ ids }) => ids);
      });
      assert.deepEqual(deleted, ["order-0001", "order-0002"]);
      const { json } = await call(first, "GET", "/notifications/plan-0001");
      assert.equal(json.state, "scheduled", "what its sender has scheduled is not the user's yet");
    });

    await t.step("one that expires before is refused, and stays", async () => {
      const expires_at = Math.floor(Date.now() / 1000) + 3600;
      await send("short-001", { expires_at });
      await assert.rejects(phone.command("snooze", { ids: ["short-001"], until: "2h" }), /until/);
      assert.deepEqual(await listed(), ["short-001"]);
    });

    await t.step(
      "in the library it leaves the list, and comes as a notification again",
      async () => {
        const client = connect({ url: last.webSocketUrl, userId: 9 });
        using _client = { [Symbol.dispose]: () => client.close() };
        const heard: Notification[] = [];
        const changes: InboxChange[] = [];
        client.on("notification", (each) => heard.push(each));
        client.on("inbox", (each) => changes.push(each));
        await waitFor("it is online", () => client.state.kind === "online");
        await send("lib-00001", { user_id: 9 });
        await waitFor("it comes", () => heard.length === 1);
        const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3600_000);
        assert.equal(await client.notifications.snooze(["lib-00001"], at), 0);
        await waitFor("the list hears of it", () => client.notifications.list.length === 0);
        assert.partialDeepStrictEqual(changes, [{
          event: "snooze",
          snoozedUntil: at.getTime() / 1000,
        }]);
        const [waiting] = await client.notifications.snoozed();
        assert.equal(waiting?.details?.snoozedUntil, at.getTime() / 1000);
        await send("lib-00002", { user_id: 9 });
        await client.notifications.snooze(["lib-00002"], at);
        const page = await client.notifications.snoozed({ limit: 1 });
        assert.deepEqual(page.map(({ id }) => id), ["lib-00001"]);
        const rest = await client.notifications.snoozed({ limit: 1, cursor: page.next! });
        assert.deepEqual([rest.map(({ id }) => id), rest.next], [["lib-00002"], undefined]);
        const listed = async (query: string) =>
          (await call(last, "GET", `/users/9/notifications/snoozed?${query}`)).json;
        const { notifications: [first], next } = await listed("limit=1");
        assert.partialDeepStrictEqual(first, {
          ...{ id: "lib-00001", state: "snoozed", snoozed_until: at.getTime() / 1000 },
        });
        const { notifications: [second], ...end } = await listed(`limit=1&cursor=${next}`);
        assert.deepEqual([second.id, end], ["lib-00002", {}]);
        assert.equal((await listed("cursor=x")).field, "cursor");
        await client.notifications.delete(["lib-00002"]);
        await client.notifications.unsnooze(["lib-00001"]);
        await waitFor("it is back", () => heard.length === 3);
        assert.deepEqual(client.notifications.list.map(({ id, read }) => [id, read]), [
          ["lib-00001", false],
        ]);
        assert.ok(heard[2]?.details?.snoozedAt);
        assert.equal(client.notifications.unread, 1);
      },
    );

    await t.step("it is exported, and erased", async () => {
      await phone.command("snooze", { ids: ["short-001"], until: "10m" });
      const manager = await applicationOf(first, ["manage"]);
      const data = await fetch(`${first.url}/api/users/1/data`, {
        headers: { authorization: `Bearer ${manager.bearer}` },
      });
      assert.match(await data.text(), /"id":"short-001".*"state":"snoozed"/);
      const { erased } = await manager.done("DELETE", "/users/1/data");
      assert.partialDeepStrictEqual(erased, { notifications: 2 }); // and plan-0001
      await using later = await TestClient.connectV2(last.webSocketUrl);
      await later.command("connect", { user_id: 1 });
      assert.deepEqual((await later.command("inbox", { snoozed: true }))["notifications"], []);
    });
  });
}

Deno.test("users snooze over HTTP by their connection tokens, and nobody else's", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const app = await applicationOf(program, ["publish"]);
  await app.done("POST", "/notifications", { user_id: 1, id: "order-0001", message: "x" });
  const path = "/users/1/notifications/order-0001/snooze";
  const bob = await userOf(program, 2);
  assert.equal((await bob.call("PUT", path, { until: "1h" })).status, 403);
  assert.equal((await bob.call("DELETE", path)).status, 403);
  const alice = await userOf(program, 1);
  assert.equal((await alice.done("PUT", path, { until: "1h" }))["state"], "snoozed");
  assert.equal((await alice.call("DELETE", path)).status, 204);
  const reader = await applicationOf(program, ["read"]);
  assert.equal((await reader.call("PUT", path, { until: "1h" })).status, 403);
});

for (const store of ["SQLite", "Redis"]) {
  Deno.test(`a kill while a user snoozes loses none, and doubles none (${store})`, async () => {
    await using stack = new AsyncDisposableStack();
    const redis = store === "Redis" ? stack.use(await RedisServer.start()) : undefined;
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const startAgain = () => Program.start({ dataDir, ...(redis && { env: redis.env }) });
    const ids = Array.from({ length: 300 }, (_, index) => `order-${1000 + index}`);
    {
      await using program = await startAgain();
      await Promise.all(
        ids.map((id) => call(program, "POST", "/notifications", { user_id: 1, id, message: id })),
      );
      await using client = await TestClient.connectV2(program.webSocketUrl);
      await client.command("connect", { user_id: 1 });
      const until = Math.floor(Date.now() / 1000) + 5;
      for (const id of ids) client.send({ type: "snooze", ids: [id], until });
      await client.get("inbox", 50);
      await program.kill();
    }
    await using program = await startAgain();
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const listed = await waitFor("all are back", async () => {
      // One after the other: what comes back between two answers would be in neither.
      const waiting = await client.command("inbox", { limit: 1000, snoozed: true });
      if ((waiting["notifications"] as Frame[]).length > 0) return false;
      return await client.command("inbox", { limit: 1000 });
    });
    const found = (listed["notifications"] as Frame[]).map(({ id }) => String(id));
    assert.deepEqual(found.sort(), ids);
    assert.equal(listed["unread"], ids.length);
    const back = (listed["notifications"] as Frame[]).filter((each) => each["snoozed_at"]);
    assert.ok(back.length >= 50, "what was told is done");
  });
}
