/** Quiet hours, digests, throttles, repeats and what is withheld, on both engines and listeners. */
import assert from "node:assert/strict";
import { digestOf, nextOf, textOf } from "../../lib/inbox/timing/digest.ts";
import { LAST_MS } from "../../lib/inbox/timing/quiet_ends.ts";
import { takeTimers } from "../../lib/inbox/timing/store.ts";
import { HELD_MS } from "../../lib/inbox/timing/timers.ts";
import { beforeEnd } from "../support/before_end.ts";
import { openPostgres } from "../support/databases.ts";
import { range } from "../support/full_inbox.ts";
import { Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import type { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

async function clientAs(program: Program, user: number): Promise<TestClient> {
  const token = await connectionToken({ sub: String(user) });
  return await TestClient.connectWithToken(program.webSocketUrl, token);
}

async function send({ manager, first }: Nodes, fields: Frame): Promise<[number, Frame]> {
  const { status, json } = await manager.call(first, "POST", "/notifications", {
    message: "x",
    ...fields,
  });
  return [status, json];
}

async function put({ manager, last }: Nodes, path: string, body: object): Promise<void> {
  const { status, json } = await manager.call(last, "PUT", path, body);
  assert.ok(status < 300, JSON.stringify(json));
}

for (const [place, start] of PLACES) {
  Deno.test(`timing of notifications (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({ ...postgres?.env });
    const { first, last, manager } = nodes;
    const shown = (user: number) => clientAs(last, user);
    const state = async (id: string) =>
      (await manager.call(last, "GET", `/notifications/${id}`)).json;

    await test.step("what a user does not want in the inbox is withheld, and it is known why", async () => {
      await put(nodes, "/users/1/preferences", { kinds: { news: { in_app: false } } });
      await using client = await shown(1);
      const [status, taken] = await send(nodes, {
        user_id: 1,
        kind: "news.daily",
        id: "news-0001",
      });
      assert.deepEqual([status, taken["state"], taken["why"]], [202, "withheld", "preferences"]);
      assert.equal((await send(nodes, { user_id: 1, kind: "news", id: "news-0001" }))[0], 200);
      await send(nodes, { user_id: 1, kind: "news", id: "critical-1", critical: true });
      await send(nodes, { user_id: 1, kind: "order", id: "order-0001" });
      const frames = await client.get("direct_message", 2);
      assert.deepEqual(frames.map(({ id }) => id), ["critical-1", "order-0001"]);
      const { state: found, why } = await state("news-0001") as Frame;
      assert.deepEqual([found, why], ["withheld", "preferences"]);
      assert.equal((await manager.stats(first))["withheld"], 1);
    });

    await test.step("while it is quiet a notification comes silently, and asks for attention after, by priority", async () => {
      await using clients = new AsyncDisposableStack();
      const { client, turn } = await beforeEnd(3, async (mute_until, turn) => {
        const user_id = 200 + turn;
        const client = clients.use(await shown(user_id));
        await put(nodes, `/users/${user_id}/preferences`, { mute_until });
        for (const priority of [2, 5, 3]) {
          await send(nodes, { user_id, priority, id: `quiet-${turn}000${priority}` });
        }
        await send(nodes, { user_id, id: `quiet-${turn}-read` });
        const silent = await client.get("direct_message", 4);
        assert.ok(silent.every(({ silent }) => silent === true));
        await client.command("read", { ids: [`quiet-${turn}-read`] });
        return { client, turn };
      });
      const all = await client.get("direct_message", 7);
      const alerts = all.slice(4);
      assert.deepEqual(
        alerts.map(({ id }) => id),
        [5, 3, 2].map((priority) => `quiet-${turn}000${priority}`),
      );
      for (const { silent, alerted_at } of alerts) {
        assert.equal(silent, undefined);
        assert.ok(Math.abs(Number(alerted_at) - Date.now() / 1000) < 20);
      }
      const { notifications } = await client.command("inbox");
      assert.equal((notifications as Frame[]).length, 4);
      await client.settled();
      assert.equal(client.ofType("direct_message").length, 7);
    });

    await test.step("what came while it is quiet asks when that is over as it was then, whatever is chosen later", async () => {
      await using clients = new AsyncDisposableStack();
      // What comes in the last seconds has a timer of its own: all is to come before.
      const { client, turn, end } = await beforeEnd(4, async (last, turn) => {
        const [user_id, end] = [1300 + turn, last + LAST_MS / 1000];
        const client = clients.use(await shown(user_id));
        const choose = (chosen: object) => put(nodes, `/users/${user_id}/preferences`, chosen);
        await choose({ mute_until: end });
        for (const priority of [2, 5]) {
          await send(nodes, { user_id, priority, id: `quiet-13${turn}${priority}` });
        }
        await choose({ mute_until: end + 3 });
        await send(nodes, { user_id, priority: 5, id: `quiet-longer-${turn}` });
        const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [
          ...[day, [["00:00", "24:00"]]],
        ]);
        await choose({ quiet_hours: { days: Object.fromEntries(days) } });
        await send(nodes, { user_id, priority: 5, id: `quiet-always-${turn}` });
        await choose({});
        return { client, turn, end };
      });
      const alerts = (await client.get("direct_message", 7)).slice(4);
      assert.deepEqual(alerts.map(({ id, alerted_at }) => [id, alerted_at]), [
        [`quiet-13${turn}5`, end],
        [`quiet-13${turn}2`, end],
        [`quiet-longer-${turn}`, end + 3],
      ]);
      await client.settled();
      const all = client.ofType("direct_message");
      assert.equal(all.length, 7);
      assert.ok(all.every((frame) => frame["alert_at"] === undefined), "that is the server's own");
    });

    await test.step("a digest is one notification of all that came in its window", async () => {
      await put(nodes, "/kinds/order", {
        digest: { window: "5s" }, // all that is sent together is within it, also on a busy machine
        template: "{count} new orders: {titles}",
      });
      await using client = await shown(3);
      const [status, taken] = await send(nodes, {
        ...{ user_id: 3, kind: "order.new", title: "Order 1", id: "order-0101" },
      });
      assert.deepEqual([status, taken["state"], taken["why"]], [202, "digested", "kind"]);
      await send(nodes, { user_id: 3, kind: "order.new", title: "Order 2", priority: 4 });
      await send(nodes, { user_id: 3, kind: "order.new", title: "Order 2", id: "order-0101" });
      const [digest] = await client.get("direct_message");
      const { message, count, items, kind, priority } = digest!;
      assert.deepEqual([message, count, kind, priority], [
        ...["2 new orders: Order 1, Order 2", 2, "order", 4],
      ]);
      assert.deepEqual((items as Frame[]).map(({ title }) => title), ["Order 1", "Order 2"]);
      const { state: found, digest: inDigest } = await waitFor("it is known", async () => {
        const json = await state("order-0101");
        return json["digest"] !== undefined && json;
      });
      assert.deepEqual([found, inDigest], ["digested", digest?.["id"]]);
      await send(nodes, { user_id: 3, kind: "order.new", title: "Order 3", message: "Alone" });
      const single = (await client.get("direct_message", 2)).at(-1)!;
      assert.deepEqual([single["title"], single["message"]], ["Order 3", "Alone"]);
    });

    await test.step("what is taken back before its digest is in none", async () => {
      await using client = await shown(4);
      await send(nodes, { user_id: 4, kind: "order", title: "Stays" });
      await send(nodes, { user_id: 4, kind: "order", title: "Goes", id: "order-gone" });
      assert.equal((await manager.call(last, "DELETE", "/notifications/order-gone")).status, 204);
      const { status } = await manager.call(last, "GET", "/notifications/order-gone");
      assert.equal(status, 404, "nobody waits for it");
      const again = await send(nodes, { user_id: 4, kind: "order", title: "x", id: "order-gone" });
      assert.deepEqual([again[0], again[1]["state"]], [200, "withdrawn"]);
      assert.equal((await manager.call(last, "DELETE", "/notifications/order-gone")).status, 404);
      const [digest] = await client.get("direct_message");
      assert.equal(digest?.["title"], "Stays");
    });

    await test.step("more of a kind than may come at once are together in a digest", async () => {
      await put(nodes, "/kinds/ping", { throttle: { count: 2, per: "8s" } });
      await using client = await shown(5);
      for (const index of [1, 2, 3, 4]) {
        const fields = { user_id: 5, kind: "ping", title: `Ping ${index}`, id: `ping-000${index}` };
        const [status, { why }] = await send(nodes, fields);
        assert.deepEqual([status, why], index < 3 ? [201, undefined] : [202, "throttle"]);
      }
      const frames = await client.get("direct_message", 3);
      assert.deepEqual(frames.map(({ title, count }) => [title, count]), [
        ["Ping 1", undefined],
        ["Ping 2", undefined],
        ["Ping", 2],
      ]);
      // Sent again, one that was in the digest is that, though there is room by now.
      const again = await send(nodes, { user_id: 5, kind: "ping", id: "ping-0004", title: "x" });
      assert.deepEqual([again[0], again[1]["state"]], [200, "digested"]);
      await client.settled();
      assert.equal(client.ofType("direct_message").length, 3);
      assert.equal((await manager.stats(first))["throttled"], 2);
    });

    await test.step("what is due later is looked at when it is due", async () => {
      await put(nodes, "/users/6/preferences", { kinds: { news: { in_app: false } } });
      await using client = await shown(6);
      const turn = await beforeEnd(2, async (deliver_at, turn) => {
        const due = { user_id: 6, deliver_at };
        assert.equal((await send(nodes, { ...due, kind: "news", id: `news-at-${turn}` }))[0], 201);
        assert.equal(
          (await send(nodes, { ...due, kind: "other", id: `other-at-${turn}` }))[0],
          201,
        );
        assert.equal((await state(`news-at-${turn}`))["state"], "scheduled");
        return turn;
      });
      const frames = await client.get("direct_message", turn + 1);
      assert.deepEqual(
        frames.map(({ id }) => id),
        range(turn + 1).map((each) => `other-at-${each}`),
      );
      assert.equal((await state(`news-at-${turn}`))["state"], "withheld");
    });

    await test.step("hundreds that are due at once are each looked at", async () => {
      await using client = await shown(10);
      await put(nodes, "/users/10/preferences", { kinds: { news: { in_app: false } } });
      const deliver_at = Math.floor(Date.now() / 1000) + 4;
      const kinds = Array.from({ length: 450 }, (_, index) => index < 230 ? "news" : "other");
      for (let at = 0; at < kinds.length; at += 50) {
        await Promise.all(
          kinds.slice(at, at + 50).map((kind) => send(nodes, { user_id: 10, kind, deliver_at })),
        );
      }
      const frames = await client.get("direct_message", 220);
      await client.settled();
      assert.equal(client.ofType("direct_message").length, 220);
      assert.ok(frames.every(({ kind }) => kind === "other"));
    });

    await test.step("a notification that is stored as it begins to ask for attention does so", async () => {
      await using client = await shown(11);
      // Some are stored right before it is quiet no more, and some after.
      const ids: string[] = [];
      const end = Math.floor(Date.now() / 1000) + 2;
      await put(nodes, "/users/11/preferences", { mute_until: end });
      await waitFor("it is almost over", () => Date.now() > end * 1000 - 150);
      while (Date.now() < end * 1000 + 50 && ids.length < 100) {
        const id = `edge-${1000 + ids.length}`;
        ids.push(id);
        assert.equal((await send(nodes, { user_id: 11, id }))[0], 201);
      }
      const latest = new Map<unknown, Frame>();
      await waitFor("all have asked for attention", () => {
        for (const frame of client.ofType("direct_message")) latest.set(frame["id"], frame);
        return latest.size === ids.length &&
          latest.values().every(({ silent }) => silent === undefined);
      });
    });

    await test.step("what was put off while it was quiet asks for attention when it is back", async () => {
      await using client = await shown(12);
      await put(nodes, "/users/12/preferences", {
        mute_until: Math.floor(Date.now() / 1000) + 3600,
      });
      await send(nodes, { user_id: 12, id: "put-off-01" });
      assert.equal((await client.get("direct_message"))[0]?.["silent"], true);
      const path = "/users/12/notifications/put-off-01/snooze";
      await put(nodes, path, { until: Math.floor(Date.now() / 1000) + 4 });
      const [, back] = await client.get("direct_message", 2);
      assert.deepEqual([back?.["id"], back?.["silent"]], ["put-off-01", undefined]);
    });

    await test.step("it asks for attention until it is read, and then somebody else", async () => {
      await put(nodes, "/kinds/alarm", {
        repeat: { every: "2s", times: 1, escalate: { user_id: 8 } },
      });
      await using client = await shown(7);
      await using boss = await shown(8);
      await send(nodes, { user_id: 7, kind: "alarm", title: "Fire", id: "fire-0001" });
      await send(nodes, { user_id: 7, kind: "alarm", title: "Read", id: "fire-read" });
      await client.get("direct_message", 2);
      await client.command("read", { ids: ["fire-read"] });
      const [, , again] = await client.get("direct_message", 3);
      assert.deepEqual([again?.["id"], again?.["reminder"]], ["fire-0001", 1]);
      const [escalated] = await boss.get("direct_message", 1);
      const { title, priority, escalated_from } = escalated!;
      assert.deepEqual([title, priority, escalated_from], ["Fire", 5, "7"]);
      await client.settled();
      assert.equal(client.ofType("direct_message").length, 3);
    });

    await test.step("an export has what waits, and an erasure takes it", async () => {
      await put(nodes, "/kinds/slow", { digest: { window: "1h" } });
      await send(nodes, { user_id: 9, kind: "slow", message: "Waits", id: "waits-001" });
      const headers = { authorization: `Bearer ${manager.key}` };
      const read = async () => {
        const response = await fetch(`${first.url}/api/users/9/data`, { headers });
        const lines = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
        return lines.filter(({ id }) => id === "waits-001").map(({ state }) => state);
      };
      assert.deepEqual(await read(), ["digested"]);
      const { json } = await manager.call(last, "DELETE", "/users/9/data");
      assert.equal((json["erased"] as Frame)["digested_notifications"], 1);
      assert.deepEqual(await read(), []);
    });
  });
}

Deno.test("digests: at fixed times of the user's day, whatever the clocks do", () => {
  const at = (iso: string) => Date.parse(iso);
  const next = (zone: string, now: string) =>
    new Date(nextOf(["09:00", "17:00"], zone, at(now))).toISOString();
  assert.equal(next("Europe/Berlin", "2026-12-01T07:59:59Z"), "2026-12-01T08:00:00.000Z");
  assert.equal(next("Europe/Berlin", "2026-12-01T08:00:00Z"), "2026-12-01T16:00:00.000Z");
  assert.equal(next("Europe/Berlin", "2026-12-01T16:00:00Z"), "2026-12-02T08:00:00.000Z");
  assert.equal(next("America/New_York", "2026-12-01T08:00:00Z"), "2026-12-01T14:00:00.000Z");
  const gap = nextOf(["02:30"], "Europe/Berlin", at("2027-03-27T12:00:00Z"));
  assert.equal(new Date(gap).toISOString(), "2027-03-28T01:30:00.000Z");
});

Deno.test("digests: the text says how many, and the last titles", () => {
  const items = Array.from({ length: 60 }, (_, index) => ({
    ...{
      id: `id-${index}`,
      room: "1",
      message: `Message ${index}`,
      details: { title: `T${index}` },
    },
  }));
  assert.equal(
    textOf(items, { kind: "order" }),
    "60 new: T55, T56, T57, T58, T59 … (+55)",
  );
  const text = "{count} of {kind}: first {first}, last {last} {unknown}";
  assert.equal(
    textOf(items.slice(0, 2), { kind: "order", template: text }),
    "2 of order: first T0, last T1 {unknown}",
  );
  const { details } = digestOf(items, { kind: "order.shipped" });
  assert.equal((details?.["items"] as unknown[]).length, 50);
  assert.equal(details?.["title"], "Order shipped", "not whoever sent the last one");
  assert.equal(digestOf(items, { kind: "order", name: "Orders" }).details?.["title"], "Orders");
  assert.equal(digestOf(items, { kind: "*" }).details?.["title"], undefined);
});

Deno.test("what waited for quiet hours comes by priority, also where nodes share it and one dies", async () => {
  await using postgres = await PostgresServer.start();
  await using nodes = await Nodes.redis(postgres.env);
  const { first, last, manager } = nodes;
  await using database = await openPostgres(postgres.url);
  // What comes in the last seconds has a timer of its own: all is to come before, so that one timer is for all.
  const { user_id, now, held } = await beforeEnd(7, async (end, turn) => {
    const [user_id, mute_until] = [50 + turn, end + LAST_MS / 1000];
    await manager.call(first, "PUT", `/users/${user_id}/preferences`, { mute_until });
    await Promise.all(
      Array.from(
        { length: 300 },
        (_, index) =>
          manager.call(index % 2 ? first : last, "POST", "/notifications", {
            ...{ user_id, id: `many-${turn}${String(index).padStart(4, "0")}`, message: "x" },
            priority: 1 + index * 7 % 5,
          }),
      ),
    );
    // As by a node that takes what is due, and dies.
    const now = mute_until * 1000;
    const taken = await database.transaction(() =>
      takeTimers({ now, heldUntil: now + HELD_MS, limit: 100 })
    );
    return { user_id, now, held: taken.filter(({ user }) => user === String(user_id)) };
  });
  assert.deepEqual(held.map(({ what }) => what), ["quiet_over"]);
  await using client = await clientAs(last, user_id);
  const alerted = () =>
    client.ofType("direct_message").filter(({ alerted_at }) => alerted_at !== undefined);
  await waitFor("all have come", () => alerted().length === 300);
  assert.ok(Date.now() < now + 45_000, "another node has done what the dead one held");
  const priorities = alerted().map(({ priority }) => Number(priority));
  assert.deepEqual(priorities, priorities.toSorted((one, other) => other - one));
});
