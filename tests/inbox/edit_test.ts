/** Notifications that their senders change: over HTTP, as clients of each protocol see it, and in the library. */
import assert from "node:assert/strict";
import { connect, type Notification } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { call, INBOX_WORLDS } from "./worlds.ts";

const ROOM = "/user/1";

for (const [what, start] of INBOX_WORLDS) {
  Deno.test(`a notification is changed where it is, ${what}`, async (t) => {
    await using world = await start();
    const { first, last } = world;
    const send = (fields: object) =>
      call(first, "POST", "/notifications", { user_id: 1, room: ROOM, ...fields });
    const patch = (id: string, fields: object | string, query = "") =>
      call(last, "PATCH", `/notifications/${id}${query}`, fields);

    await t.step("clients hear of it: v2 and streams in its place, v1 not again", async () => {
      await using v2 = await TestClient.connectV2(last.webSocketUrl);
      await v2.command("connect", { user_id: 1 });
      await using v1 = await TestClient.join(first.webSocketUrl, { user: 1, room: ROOM });
      await using stream = await EventStream.open(`${first.url}/sse?user_id=1`);
      const data = { order: 7 };
      await send({ id: "order-0007", message: "Packing", title: "Order 7", progress: 10, data });
      for (const client of [v2, v1, stream]) await client.get("direct_message");
      await waitFor("it is sent", async () => {
        return (await call(first, "GET", "/notifications/order-0007")).json.state !== "queued";
      });
      const { status, json } = await patch("order-0007", {
        ...{ message: "On its way", progress: "60", priority: "high" },
        ...{ data: null, actions: "http, Cancel, https://shop.example/secret" },
      });
      assert.deepEqual([status, json], [200, {
        ...{ id: "order-0007", user_id: 1, room: ROOM, edited_at: json.edited_at },
      }]);
      assert.ok(Math.abs(json.edited_at - Date.now() / 1000) < 60);
      for (const client of [v2, stream]) {
        const [before, after] = await client.get("direct_message", 2);
        const { timestamp } = before ?? {};
        assert.deepEqual({ ...after, state: "" }, {
          ...{ offset: 2, type: "direct_message", id: "order-0007", room: ROOM, user_id: 1 },
          ...{ name: "system", message: "On its way", timestamp, title: "Order 7" },
          ...{ progress: 60, priority: 4, edited_at: json.edited_at, first_offset: 1, state: "" },
          actions: [{ type: "http", id: "1", label: "Cancel" }],
        });
        assert.ok(["sent", "delivered"].includes(String(after?.["state"])));
      }
      await using second = await TestClient.join(last.webSocketUrl, { user: 1, room: ROOM });
      await patch("order-0007", { progress: 70 });
      await v2.get("direct_message", 3);
      await send({ message: "Another" });
      await second.get("direct_message");
      assert.deepEqual(second.ofType("direct_message").map(({ message }) => message), ["Another"]);
      const messages = (await v1.get("direct_message", 2)).map(({ message }) => message);
      assert.deepEqual(messages, ["Packing", "Another"]);
      const inbox = await v2.command("inbox", { limit: 9 });
      assert.deepEqual((inbox["notifications"] as object[]).length, 2);
    });

    await t.step("one that nobody has got comes as it is now, by every protocol", async () => {
      await send({ id: "later-0001", room: "hall", message: "Old" });
      await patch("later-0001", "New"); // a text is the message, as with POST
      await using v1 = await TestClient.join(first.webSocketUrl, { user: 1, room: "hall" });
      await v1.settled();
      assert.deepEqual(v1.ofType("direct_message").map(({ message }) => message), ["New"]);
      await patch("later-0001", { progress: 5 });
      await v1.settled();
      await send({ id: "later-0002", room: "hall", message: "Next" });
      await v1.get("direct_message", 2);
      assert.deepEqual(v1.ofType("direct_message").map(({ id }) => id), [
        "later-0001",
        "later-0002",
      ]);
    });

    await t.step("who was away gets it with what came after the position", async () => {
      await using before = await TestClient.connectV2(first.webSocketUrl);
      const { inbox } = await before.command("connect", { user_id: 3 });
      await call(first, "POST", "/notifications", { user_id: 3, id: "away-0001", message: "Old" });
      const [{ offset } = assert.fail()] = await before.get("direct_message");
      await before.close();
      await patch("away-0001", { message: "New", title: "" });
      await using after = await TestClient.connectV2(last.webSocketUrl);
      const { epoch } = inbox as { epoch: string };
      const answer = await after.command("connect", { user_id: 3, inbox: { offset, epoch } });
      assert.partialDeepStrictEqual(answer, {
        unread: 1,
        inbox: { recovered: true, notifications: [{ id: "away-0001", message: "New" }] },
      });
    });

    await t.step("one that is scheduled is changed there", async () => {
      const deliver_at = Math.floor(Date.now() / 1000) + 3600;
      await send({ id: "plan-0001", message: "Old", deliver_at, expires_at: deliver_at + 60 });
      const { json } = await patch("plan-0001", { message: "New", deliver_at: "2h" });
      assert.deepEqual(json.code, "invalid_field", "it would expire before");
      const moved = await patch("plan-0001", {
        message: "New",
        deliver_at: "2h",
        expires_at: null,
      });
      assert.ok(Math.abs(moved.json.deliver_at - deliver_at - 3600) <= 2);
      assert.deepEqual((await call(first, "GET", "/notifications/plan-0001")).json, {
        ...{ id: "plan-0001", state: "scheduled", deliver_at: moved.json.deliver_at },
      });
      await patch("plan-0001", { deliver_at: null });
      await waitFor("it is delivered", async () => {
        const { json } = await call(first, "GET", "/notifications/plan-0001");
        return json.state === "queued";
      });
    });

    await t.step("of many changes at once none is lost, and the last one wins", async () => {
      await send({ id: "many-0001", message: "x" });
      const fields = [["title", "t"], ["kind", "k"], ["url", "/u"], ["icon", "/i"], ["group", "g"]];
      await Promise.all(fields.flatMap(([field = "", value]) => [
        call(first, "PATCH", "/notifications/many-0001", { [field]: value }),
        call(last, "PATCH", "/notifications/many-0001", { progress: 50 }),
      ]));
      await patch("many-0001", { progress: 100 });
      await using v2 = await TestClient.connectV2(last.webSocketUrl);
      await v2.command("connect", { user_id: 1 });
      const { notifications } = await v2.command("inbox", { limit: 1 });
      assert.partialDeepStrictEqual(notifications, [{
        ...{ id: "many-0001", title: "t", kind: "k", url: "/u", icon: "/i", group: "g" },
        progress: 100,
      }]);
    });

    await t.step("what is wrong is refused, and changes nothing", async () => {
      await send({ id: "wrong-0001", message: "x", title: "t" });
      const refused: [fields: object, code: string, field: string][] = [
        [{ progress: 101 }, "invalid_field", "progress"],
        [{ title: "new", url: "javascript:alert(1)" }, "invalid_field", "url"],
        [{ message: null }, "missing_field", "message"],
        [{ id: "wrong-0002" }, "invalid_field", "id"],
        [{ deliver_at: "1h" }, "invalid_field", "deliver_at"],
        [{ image: "AAAAAAAAAAAAAAAAAAAAAA" }, "invalid_field", "image"],
      ];
      for (const [fields, code, field] of refused) {
        const { status, json } = await patch("wrong-0001", fields);
        assert.deepEqual([status, json.code, json.field], [400, code, field]);
      }
      assert.equal((await patch("wrong-0002", { title: "x" })).status, 404);
      assert.equal((await patch("wrong-0001", { title: "x" }, "?user_id=2")).status, 404);
      await using v2 = await TestClient.connectV2(last.webSocketUrl);
      await v2.command("connect", { user_id: 1 });
      const { notifications } = await v2.command("inbox", { limit: 1 });
      const [newest] = notifications as { edited_at?: number; title: string }[];
      assert.deepEqual([newest?.title, newest?.edited_at], ["t", undefined]);
    });

    await t.step(
      "what is no field is named, with what was meant, and changes nothing alone",
      async () => {
        const sent = await send({
          id: "typo-0001",
          message: "x",
          titel: "x",
          click: "/a",
          shop: 1,
        });
        assert.deepEqual([sent.status, sent.json.ignored], [201, [
          { field: "titel", meant: "title" },
          { field: "click", meant: "url" },
          { field: "shop" },
        ]]);
        assert.equal((await send({ id: "typo-0002", message: "x" })).json.ignored, undefined);
        const many = { user_ids: [1], message: "x", priorty: 5, id: "typo-0003" };
        const { json } = await call(first, "POST", "/notifications", many);
        assert.deepEqual(json.ignored, [{ field: "priorty", meant: "priority" }]);
        for (const body of [{}, { titel: "x" }, { user_ids: [1] }]) {
          const { status, json } = await patch("typo-0001", body);
          assert.deepEqual([status, json.code, json.field], [
            ...[400, "missing_field", Object.keys(body)[0]],
          ]);
        }
        const changed = await patch("typo-0001", { title: "y", kidn: "a" }, "?grup=1");
        assert.deepEqual([changed.status, changed.json.ignored], [200, [
          { field: "grup", meant: "group" },
          { field: "kidn", meant: "kind" },
        ]]);
      },
    );

    await t.step("the user is named where two have the same id", async () => {
      for (const user_id of [5, 6]) {
        await call(first, "POST", "/notifications", { user_id, id: "same-0001", message: "x" });
      }
      const { json } = await patch("same-0001", { message: "for 5" }, "?user_id=5");
      assert.equal(json.user_id, 5);
      await patch("same-0001", { message: "for 6", user_id: 6 });
      for (const user of [5, 6]) {
        await using v2 = await TestClient.connectV2(last.webSocketUrl);
        const { inbox } = await v2.command("connect", { user_id: user });
        const { notifications } = inbox as { notifications: { message: string }[] };
        assert.deepEqual(notifications.map(({ message }) => message), [`for ${user}`]);
      }
      const stats = (await call(last, "GET", "/stats")).json;
      assert.ok(stats.notifications_edited >= 8);
    });

    await t.step("the library replaces it, and tells of it as a change", async () => {
      const client = connect({ url: last.webSocketUrl, userId: 9 });
      using _client = { [Symbol.dispose]: () => client.close() };
      const [heard, changed]: [Notification[], Notification[]] = [[], []];
      client.on("notification", (each) => heard.push(each));
      client.on("notificationChanged", (each) => changed.push(each));
      const fields = { user_id: 9, id: "lib-00001", message: "Old", progress: 1 };
      await waitFor("it is online", () => client.state.kind === "online");
      await call(first, "POST", "/notifications", fields);
      await waitFor("it comes", () => heard.length === 1);
      await client.notifications.markRead(["lib-00001"]);
      await call(first, "POST", "/notifications", { user_id: 9, message: "Other" });
      await waitFor("the other comes", () => heard.length === 2);
      await patch("lib-00001", { message: "New", progress: 2 });
      await waitFor("it is changed", () => changed.length === 1);
      const { list, unread } = client.notifications;
      assert.deepEqual(list.map(({ message, read }) => [message, read]), [
        ["New", true],
        ["Other", false],
      ]);
      assert.deepEqual([unread, heard.length], [1, 2]);
      assert.partialDeepStrictEqual(changed[0]?.details, { progress: 2, firstOffset: 1 });
    });
  });
}
