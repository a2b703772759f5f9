/** Notifications for many: by every way in, to all of them once, whatever dies in between, and how far they are. */
import assert from "node:assert/strict";
import {
  addBroadcast,
  dropBroadcasts,
  endBroadcast,
  findBroadcast,
} from "../../lib/inbox/broadcasts/store.ts";
import { testDatabases } from "../support/databases.ts";
import { Manager } from "../support/manager.ts";
import { Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses();

type Json = Record<string, unknown>;

async function clientAs(program: Program, user: number): Promise<TestClient> {
  const token = await connectionToken({ sub: String(user), topics: ["*"] });
  return await TestClient.connectWithToken(program.webSocketUrl, token);
}

/** A node that is silent for so long is taken for dead. */
const LEASE = { REDIS_LEASE_SECONDS: "2" };

/** Counts inboxes that have something in them. */
const COUNT = "return #redis.call('KEYS', '*inbox-frames:*')";

/** Resolves once a notification for many has come to its end. */
async function ended({ manager, last }: Nodes, id: string, state = "done"): Promise<Json> {
  return await waitFor(`${id} is ${state}`, async () => {
    const { json } = await manager.call(last, "GET", `/notifications/${id}`);
    return json["state"] === state && json;
  });
}

for (const [place, start] of PLACES) {
  Deno.test(`notifications for many (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({ APP_LIMIT_RECIPIENTS: "500", ...postgres?.env });
    const { first, last, manager } = nodes;
    await using one = await clientAs(first, 1);
    await using two = await clientAs(last, 2);

    await test.step("by user_ids: accepted at once, and each gets it once", async () => {
      const users = Array.from({ length: 450 }, (_, index) => index + 1);
      const call = { user_ids: [...users, 1, "2"], message: "Hello", title: "All", id: "to-all-1" };
      const { status, json } = await manager.call(first, "POST", "/notifications", call);
      assert.deepEqual([status, json], [202, { id: "to-all-1", recipients: 450 }]);
      const receiptOf = (user: number) =>
        manager.call(last, "GET", `/notifications/to-all-1?user_id=${user}`);
      const coming = await receiptOf(450);
      assert.equal(coming.status, 200, "it is on its way");
      assert.match(String(coming.json["state"]), /^(queued|sent)$/);
      assert.equal((await receiptOf(451)).status, 404);
      for (const client of [one, two]) {
        const [frame] = await client.get("direct_message");
        const { id, message, title } = frame!;
        assert.deepEqual([id, message, title], ["to-all-1", "Hello", "All"]);
      }
      await one.command("ack", { ids: ["to-all-1"] });
      await two.command("read", { ids: ["to-all-1"] });
      await ended(nodes, "to-all-1");
      const progress = await waitFor("it is counted", async () => {
        const { json } = await manager.call(first, "GET", "/notifications/to-all-1");
        return json["read"] === 1 && json;
      });
      assert.deepEqual(progress, {
        ...{ id: "to-all-1", state: "done", accepted: 450, stored: 450, failed: 0, withheld: 0 },
        ...{ scheduled: 0, delivered: 2, read: 1, gone: 0 },
      });
      await using late = await clientAs(last, 450);
      const { notifications } = await late.command("inbox");
      assert.deepEqual((notifications as Json[]).map(({ id }) => id), ["to-all-1"]);
    });

    await test.step("the same call again changes nothing, and another one under its id is refused", async () => {
      const users = Array.from({ length: 450 }, (_, index) => index + 1);
      const call = { user_ids: users, message: "Hello", title: "All", id: "to-all-1" };
      const again = await manager.call(last, "POST", "/notifications", call);
      assert.deepEqual([again.status, again.json], [200, { id: "to-all-1", recipients: 450 }]);
      const other = await manager.call(last, "POST", "/notifications", { ...call, message: "Hi" });
      assert.deepEqual([other.status, other.json["code"]], [409, "id_taken"]);
      await one.settled();
      assert.equal(one.ofType("direct_message").length, 1);
    });

    await test.step("what became of it for one of them", async () => {
      const of = async (user: number) => {
        const { status, json } = await manager.call(
          ...[last, "GET", `/notifications/to-all-1?user_id=${user}`] as const,
        );
        return [status, json["id"], json["state"]];
      };
      assert.deepEqual(await of(1), [200, "to-all-1", "delivered"]);
      assert.deepEqual(await of(2), [200, "to-all-1", "read"]);
      assert.deepEqual(await of(400), [200, "to-all-1", "queued"]);
      assert.equal((await of(451))[0], 404);
    });

    await test.step("sent again a second later, one that is due in an hour is the same", async () => {
      const call = { user_ids: [3, 4], message: "Soon", id: "soon-0001", deliver_at: "1h" };
      assert.equal((await manager.call(first, "POST", "/notifications", call)).status, 202);
      const now = Math.floor(Date.now() / 1000);
      await waitFor("it is later", () => Math.floor(Date.now() / 1000) > now + 1);
      assert.equal((await manager.call(last, "POST", "/notifications", call)).status, 200);
      await ended(nodes, "soon-0001");
      await manager.call(last, "DELETE", "/notifications/soon-0001");
    });

    await test.step("withdrawn, it leaves all inboxes, and cannot come back", async () => {
      const { status } = await manager.call(last, "DELETE", "/notifications/to-all-1");
      assert.equal(status, 202);
      const progress = await ended(nodes, "to-all-1", "withdrawn");
      assert.equal(progress["gone"], 450);
      assert.deepEqual((await one.command("inbox"))["notifications"], []);
      const [change] = one.ofType("inbox");
      assert.deepEqual([change?.["event"], change?.["ids"]], ["delete", ["to-all-1"]]);
      assert.equal((await manager.call(last, "DELETE", "/notifications/to-all-1")).status, 202);
      const call = { user_ids: [1], message: "Hello", id: "to-all-1" };
      assert.equal((await manager.call(first, "POST", "/notifications", call)).status, 200);
      await one.settled();
      assert.deepEqual((await one.command("inbox"))["notifications"], []);
    });

    await test.step("withdrawn while it is sent, it waits in no digest either", async () => {
      for (const seconds of [5, 20, 60]) {
        const name = `withdrawn-${seconds}`;
        const kind = { digest: { window: `${seconds}s` } };
        await manager.call(first, "PUT", `/kinds/${name}`, kind);
        const users = Array.from({ length: 100 }, (_, index) => index + 1);
        const call = { user_ids: users, kind: name, message: "Gone" };
        const startedAt = performance.now();
        for (const each of [1, 2, 3]) {
          const id = `${name}-${each}`;
          await manager.call(first, "POST", "/notifications", { ...call, id });
          const { status } = await manager.call(first, "DELETE", `/notifications/${id}`);
          assert.equal(status, 202);
          await ended(nodes, id, "withdrawn");
        }
        // A machine so busy that the window has ended has brought what was not taken back by then.
        if (performance.now() - startedAt > seconds * 1000 - 1000) continue;
        const stays = { user_ids: [1, 2], kind: name, message: "Stays", id: `${name}-stays` };
        await manager.call(first, "POST", "/notifications", stays);
        for (const client of [one, two]) {
          const entry = await waitFor("the digest is there", async () => {
            const { notifications } = await client.command("inbox");
            return (notifications as Json[]).find(({ kind }) => kind === name);
          });
          assert.equal(entry["message"], "Stays");
        }
        break;
      }
      for (const client of [one, two]) {
        const { notifications } = await client.command("inbox");
        await client.command("delete", { ids: (notifications as Json[]).map(({ id }) => id) });
      }
    });

    await test.step("to the followers of a topic, and to them alone", async () => {
      await one.command("follow", { topic: "sport" });
      await two.command("follow", { topic: "sport" });
      await two.command("unfollow", { topic: "sport" });
      for (let user = 1000; user < 1205; user++) {
        await manager.call(first, "PUT", `/users/${user}/topics/sport`);
      }
      const call = { topic: "sport", message: "Goal", id: "goal-0001" };
      const { status, json } = await manager.call(last, "POST", "/notifications", call);
      assert.deepEqual([status, json], [202, { id: "goal-0001" }]);
      const { accepted, stored } = await ended(nodes, "goal-0001");
      assert.deepEqual([accepted, stored], [206, 206]);
      await two.settled();
      assert.ok(!two.ofType("direct_message").some(({ id }) => id === "goal-0001"));
      assert.ok(one.ofType("direct_message").some(({ id }) => id === "goal-0001"));
    });

    await test.step("to everyone who was ever here, and to no guest", async () => {
      await (await clientAs(first, 77))[Symbol.asyncDispose]();
      const call = { everyone: true, message: "News", id: "news-0001" };
      await waitFor("all are known", async () => {
        await manager.call(last, "POST", "/notifications", call);
        call.id = `news-${Math.random().toString().slice(2, 8)}`;
        const again = { ...call, id: `${call.id}-0` };
        await manager.call(last, "POST", "/notifications", again);
        return (await ended(nodes, again.id))["stored"] === 4; // 1, 2, 77 and 450
      });
    });

    await test.step("later, by deliver_at", async () => {
      const call = { user_ids: [1, 2], message: "Later", id: "later-001", deliver_at: "1h" };
      await manager.call(first, "POST", "/notifications", call);
      const { scheduled, gone } = await ended(nodes, "later-001");
      assert.deepEqual([scheduled, gone], [2, 0]);
      await manager.call(first, "DELETE", "/notifications/later-001");
      assert.equal((await ended(nodes, "later-001", "withdrawn"))["scheduled"], 0);
    });

    await test.step("fields may stand in headers and in the query, as for one user", async () => {
      const headers = { authorization: `Bearer ${manager.key}`, "X-Priority": "urgent" };
      const response = await fetch(`${first.url}/api/notifications?kind=beside`, {
        method: "POST",
        headers: { ...headers, Title: "Beside" },
        body: JSON.stringify({ user_ids: [1], message: "x", id: "beside-001" }),
      });
      assert.equal(response.status, 202);
      await response.body?.cancel();
      const { title, priority, kind } = await waitFor("it is there", async () => {
        const { notifications } = await one.command("inbox");
        return (notifications as Json[]).find(({ id }) => id === "beside-001");
      });
      assert.deepEqual([title, priority, kind], ["Beside", 5, "beside"]);
    });

    await test.step("what is wrong is said, with the field and its value", async () => {
      const refusals: readonly [fields: Json, status: number, what: RegExp][] = [
        [{ user_ids: [] }, 400, /'user_ids'.*at least one/],
        [{ user_ids: "a\nb" }, 400, /'user_ids'.*a\\nb/],
        [{ user_ids: [1.5] }, 400, /'user_ids'.*1\.5/],
        [{ user_ids: [1], user_id: 2 }, 400, /one of user_id, user_ids, topic, everyone/],
        [{ everyone: true, topic: "a" }, 400, /one of user_id, user_ids, topic, everyone/],
        [{ everyone: "perhaps" }, 400, /'everyone'.*perhaps/],
        [{ topic: "a\nb" }, 400, /'topic'/],
        [{ everyone: false }, 400, /'user_id'/],
        [{ user_ids: [1], image: "x".repeat(22) }, 400, /'image'.*the id of a file of the site/],
        [{ everyone: true, attachments: ["x".repeat(22)] }, 400, /'attachments'.*the id of a file/],
        [
          { user_ids: Array.from({ length: 501 }, (_, index) => index) },
          413,
          /there are 501, the limit is 500/,
        ],
      ];
      for (const [fields, status, what] of refusals) {
        const call = { message: "x", ...fields };
        const answer = await manager.call(first, "POST", "/notifications", call);
        assert.equal(answer.status, status, JSON.stringify(fields));
        assert.match(String(answer.json["message"]), what);
      }
      assert.equal((await manager.stats(first))["refused_recipients"], 1);
    });
  });
}

Deno.test("notifications for many: 10,000 ids of the length of a UUID fit into one call", async () => {
  await using nodes = await Nodes.embedded("deno");
  const users = Array.from({ length: 10_000 }, () => crypto.randomUUID());
  const call = { user_ids: users, message: "Hello", id: "ten-thousand" };
  const { status } = await nodes.manager.call(nodes.first, "POST", "/notifications", call);
  assert.equal(status, 202);
  assert.equal((await ended(nodes, "ten-thousand"))["stored"], 10_000);
});

Deno.test("notifications for many, on Redis: by PUBLISH and XADD, and without a database they are kept aside", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  await using program = await Program.start({ env: { ...redis.env, ...postgres.env } });
  await program.hearsRedis();
  await using one = await TestClient.connectV2(program.webSocketUrl);
  await one.command("connect", { user_id: 1 });
  const publish = (message: string) =>
    redis.call("PUBLISH", "notifyli:messages", JSON.stringify({ user_ids: [1, 2], message }));
  await publish("Hello");
  const entry = ["user_ids", "1,2", "message", "Again"];
  await redis.call("XADD", "notifyli:notifications", "*", ...entry);
  const frames = await one.get("direct_message", 2);
  assert.deepEqual(frames.map(({ message }) => message).sort(), ["Again", "Hello"]);
  await postgres.stop();
  await publish("Lost?");
  await redis.call("PUBLISH", "notifyli:messages", '{"user_id":1,"message":"Alone"}');
  const last = (await one.get("direct_message", 3)).at(-1);
  assert.equal(last?.["message"], "Alone"); // it does not wait for the database
  const [aside] = await redis.entriesOf("notifyli:notifications-dead");
  assert.match(aside?.["reason"] ?? "", /database/);
  assert.match(aside?.["payload"] ?? "", /Lost\?/);
});

for (const database of ["SQLite", "PostgreSQL"]) {
  Deno.test(`notifications for many, ${database}: killed in the middle, they go on, and nobody gets one twice`, async () => {
    await using postgres = database === "PostgreSQL" ? await PostgresServer.start() : undefined;
    await using redis = database === "PostgreSQL" ? await RedisServer.start() : undefined;
    const dataDir = await Deno.makeTempDir();
    const env = { APP_KEY, ...postgres?.env, ...redis?.env, ...(redis && LEASE) };
    const users = Array.from({ length: 5000 }, (_, index) => index + 1);
    const killed = await Program.start({ env, dataDir });
    const manager = await Manager.of(killed);
    {
      await using last = await clientAs(killed, 401);
      const call = { user_ids: users, message: "x", id: "killed-01" };
      assert.equal((await manager.call(killed, "POST", "/notifications", call)).status, 202);
      await last.get("direct_message");
      killed.kill();
    }
    await killed[Symbol.asyncDispose]();
    await using program = await Program.start({ env, dataDir });
    const progress = await waitFor("it is done", async () => {
      const { json } = await manager.call(program, "GET", "/notifications/killed-01");
      return json["state"] === "done" && json;
    }, 60_000);
    const { accepted, stored, gone } = progress;
    assert.deepEqual([accepted, stored, gone], [5000, 5000, 0]);
    for (const user of [1, 200, 401, 402, 5000]) {
      await using client = await clientAs(program, user);
      const { notifications } = await client.command("inbox");
      assert.equal((notifications as Json[]).length, 1, `user ${user}`);
    }
    await Deno.remove(dataDir, { recursive: true }).catch(() => {});
  });
}

Deno.test("notifications for many: a node that was stopped in the middle brings nothing back that was taken back meanwhile", async () => {
  await using postgres = await PostgresServer.start();
  await using nodes = await Nodes.redis({ ...postgres.env, ...LEASE });
  const { first, last, manager } = nodes;
  const user_ids = Array.from({ length: 10_000 }, (_, index) => index + 1);
  const id = "stopped-01";
  await manager.call(first, "POST", "/notifications", { user_ids, message: "x", id });
  await waitFor(
    "it is sending",
    async () => (await manager.stats(first))["broadcast_notifications"]! > 100,
  );
  first.kill("SIGSTOP");
  assert.equal((await manager.call(last, "DELETE", `/notifications/${id}`)).status, 202);
  await waitFor(
    "another node takes it back",
    async () =>
      (await manager.call(last, "GET", `/notifications/${id}`)).json["state"] === "withdrawn",
    60_000,
  );
  first.kill("SIGCONT");
  await waitFor(
    "the node is back",
    async () => (await manager.stats(first))["broadcast_notifications"],
  );
  await waitFor("nothing is left", async () => {
    const kept = await nodes.redis!.call("EVAL", COUNT, "0");
    return Number(kept) === 0;
  }, 20_000);
});

testDatabases("one that is delivered later is known until it has been", async (database) => {
  const key = { site: "default", id: "later-0001" };
  const asked = { audience: { kind: "everyone" }, request: "{}", asked: "x" } as const;
  const add = (id: string, deliverAt: number) =>
    database.transaction(() => addBroadcast({ ...key, id }, { ...asked, deliverAt }, 1000));
  await add("later-0001", 5000);
  await add("at-once-01", 0);
  for (const id of ["later-0001", "at-once-01"]) {
    const found = await database.transaction(() => findBroadcast({ ...key, id }));
    await database.transaction(() => endBroadcast(found!, 2000));
  }
  const isThere = async (id: string) =>
    await database.transaction(() => findBroadcast({ ...key, id })) !== undefined;
  assert.equal(await database.transaction(() => dropBroadcasts(2000)), 0);
  assert.equal(await database.transaction(() => dropBroadcasts(3000)), 1);
  assert.deepEqual([await isThere("later-0001"), await isThere("at-once-01")], [true, false]);
  assert.equal(await database.transaction(() => dropBroadcasts(6000)), 1);
});
