/** Notifications for many have their turns: none holds up another site's, or a smaller one. And who is erased gets none. */
import assert from "node:assert/strict";
import {
  addBroadcast,
  addPage,
  findBroadcast,
  forgetRecipient,
  pageOf,
} from "../../lib/inbox/broadcasts/store.ts";
import { Turns } from "../../lib/inbox/broadcasts/turns.ts";
import { testDatabases } from "../support/databases.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { useOwnProcesses } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses();

const keys = (...names: string[]) =>
  names.map((name) => {
    const [site = "", id = ""] = name.split("/");
    return { site, id };
  });

Deno.test("turns: one site after the other, and of each one after the other", () => {
  const turns = new Turns();
  turns.update(keys("a/1", "a/2", "b/1"));
  const next = (count: number) =>
    Array.from({ length: count }, () => {
      const { site, id } = turns.next() ?? assert.fail();
      return `${site}/${id}`;
    });
  assert.deepEqual(next(5), ["a/1", "b/1", "a/2", "b/1", "a/1"]);
  turns.update(keys("a/1", "a/2", "a/3", "b/1", "c/1"));
  assert.deepEqual(next(6), ["b/1", "a/2", "c/1", "b/1", "a/1", "c/1"]);
  turns.end({ site: "b", id: "1" });
  turns.update(keys("a/2", "c/1"));
  assert.deepEqual(next(3), ["a/2", "c/1", "a/2"]);
  turns.update([]);
  assert.deepEqual([turns.next(), turns.isEmpty], [undefined, true]);
});

for (const [place, start] of PLACES) {
  Deno.test(`notifications for many have their turns (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { first, last, manager } = nodes;
    const others = await Manager.of(first, "other");
    const users = Array.from({ length: 10_000 }, (_, index) => index + 1);
    const stateOf = async (who: Manager, id: string) =>
      (await who.call(first, "GET", `/notifications/${id}`)).json["state"];

    await test.step("small ones overtake a long one, of another site and of the same", async () => {
      const long = { user_ids: users, message: "Long", id: "long-00001" };
      await manager.call(first, "POST", "/notifications", long);
      const small = { user_ids: [1, 2, 3], message: "Small", id: "small-0001" };
      await others.call(last, "POST", "/notifications", small);
      await manager.call(last, "POST", "/notifications", small);
      for (const who of [others, manager]) {
        await waitFor("it is done", async () => await stateOf(who, "small-0001") === "done");
      }
      assert.equal(await stateOf(manager, "long-00001"), "sending");
    });

    await test.step("who is erased meanwhile gets nothing of it", async () => {
      const { json } = await manager.call(last, "DELETE", "/users/9999/data");
      const { broadcasts } = json["erased"] as Record<string, number>;
      assert.equal(broadcasts, 1);
      const progress = await waitFor("it is done", async () => {
        const { json } = await manager.call(last, "GET", "/notifications/long-00001");
        return json["state"] === "done" && json;
      }, 90_000);
      const { stored, gone } = progress;
      assert.deepEqual([stored, gone], [9999, 0]);
      const token = await connectionToken({ sub: "9999" });
      await using client = await TestClient.connectWithToken(last.webSocketUrl, token);
      assert.deepEqual((await client.command("inbox"))["notifications"], []);
    });
  });
}

testDatabases(
  "who is erased stands in no page, and the next one begins where it should",
  async (database) => {
    const key = { site: "default", id: "to-all-01" };
    const asked = {
      audience: { kind: "everyone" },
      request: "{}",
      asked: "x",
      deliverAt: 0,
    } as const;
    await database.transaction(() => addBroadcast(key, asked, 1000));
    const find = async () => {
      const found = await database.transaction(() => findBroadcast(key));
      return found ?? assert.fail();
    };
    const [odd, like] = ['a"\\b', "a%"];
    await database.transaction(function* () {
      yield* addPage((yield* findBroadcast(key))!, ["A", "a", odd, like]);
    });
    assert.equal((await find()).afterUser, like);
    const forget = (user: string) => database.transaction(() => forgetRecipient("default", user));
    assert.deepEqual([await forget("a_"), await forget("b"), await forget(like)], [0, 0, 1]);
    assert.deepEqual(await database.transaction(() => pageOf(key, 0)), ["A", "a", odd]);
    assert.equal((await find()).afterUser, odd);
    await forget(odd);
    await forget("A");
    assert.deepEqual(await database.transaction(() => pageOf(key, 0)), ["a"]);
    assert.equal(await database.transaction(() => forgetRecipient("other", "a")), 0);
    await forget("a");
    assert.deepEqual(await database.transaction(() => pageOf(key, 0)), []);
    assert.equal((await find()).afterUser, "");
  },
);
