/** Followers of topics by every door, on both engines and listeners. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";

const RULES = {
  unknown: "public",
  rooms: [],
  topics: [
    { pattern: "secret", members: [2] },
    { pattern: "*", private: false },
  ],
};

for (const [place, start] of PLACES) {
  Deno.test(`followers (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using rules = await RoomsFile.write(RULES);
    await using nodes = await start({
      ...{ APP_LIMIT_FOLLOWED: "3", APP_ROOMS: rules.path },
      ...postgres?.env,
    });
    const { first, last, manager } = nodes;
    const token = await connectionToken({ sub: "1" });
    await using alice = await TestClient.connectWithToken(first.webSocketUrl, token);
    const asUser = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${last.url}/api${path}`, { method, headers });
      const text = await response.text();
      return [response.status, text === "" ? undefined : JSON.parse(text)];
    };
    const names = ({ topics }: Record<string, unknown>) =>
      (topics as { topic: string; since: number }[]).map(({ topic, since }) => {
        assert.ok(Math.abs(since - Date.now() / 1000) < 60);
        return topic;
      });

    await test.step("a user follows and ceases to, on any node, and twice is harmless", async () => {
      assert.deepEqual(await alice.command("follow", { topic: "sport" }), { topic: "sport" });
      assert.deepEqual(await alice.command("follow", { topic: "sport" }), { topic: "sport" });
      assert.deepEqual(await asUser("PUT", "/users/1/topics/a%2Fb"), [201, {
        user_id: 1,
        topic: "a/b",
      }]);
      assert.equal((await asUser("PUT", "/users/1/topics/a%2Fb"))[0], 200);
      const [status, list] = await asUser("GET", "/users/1/topics");
      assert.deepEqual([status, names(list)], [200, ["a/b", "sport"]]);
      assert.deepEqual(await asUser("DELETE", "/users/1/topics/a%2Fb"), [204, undefined]);
      assert.deepEqual(await asUser("DELETE", "/users/1/topics/a%2Fb"), [204, undefined]);
      assert.deepEqual(await alice.command("unfollow", { topic: "none" }), { topic: "none" });
      assert.deepEqual(names(await alice.command("followed")), ["sport"]);
    });

    await test.step("an application does it for a user, and lists come in pages", async () => {
      for (const topic of ["a", "b"]) {
        assert.equal((await manager.call(first, "PUT", `/users/1/topics/${topic}`)).status, 201);
      }
      const page = await alice.command("followed", { limit: 2 });
      assert.deepEqual([names(page), page["next"]], [["a", "b"], "b"]);
      const rest = await manager.call(last, "GET", "/users/1/topics?limit=2&cursor=b");
      assert.deepEqual([names(rest.json), rest.json["next"]], [["sport"], undefined]);
    });

    await test.step("not more than one may, counted", async () => {
      await assert.rejects(
        alice.command("follow", { topic: "c" }),
        /too_many_followed.*user 1 follows 3 topics/,
      );
      assert.equal((await manager.call(first, "PUT", "/users/1/topics/c")).status, 429);
      assert.equal((await manager.stats(first))["refused_follows"], 2);
      await alice.command("unfollow", { topic: "a" });
    });

    await test.step("nobody follows what may not be subscribed to, nor for another user", async () => {
      await assert.rejects(alice.command("follow", { topic: "secret" }), /forbidden/);
      assert.equal((await asUser("PUT", "/users/1/topics/secret"))[0], 403);
      assert.equal((await asUser("PUT", "/users/2/topics/sport"))[0], 403);
      assert.equal((await asUser("GET", "/users/2/topics"))[0], 403);
      assert.equal((await manager.call(first, "PUT", "/users/2/topics/secret")).status, 201);
    });

    await test.step("an export has them, and an erasure takes them", async () => {
      const headers = { authorization: `Bearer ${manager.key}` };
      const response = await fetch(`${first.url}/api/users/1/data`, { headers });
      const lines = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
      const found = lines.filter(({ type }) => type === "followed_topic");
      assert.deepEqual(found.map(({ topic }) => topic), ["b", "sport"]);
      const { json } = await manager.call(first, "DELETE", "/users/1/data");
      assert.equal((json["erased"] as Record<string, number>)["followed_topics"], 2);
      const { json: left } = await manager.call(last, "GET", "/users/1/topics");
      assert.deepEqual(names(left), []);
    });
  });
}
