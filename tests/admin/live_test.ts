/** What is live: rooms, topics and users on all nodes, and one user with all connections. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { type Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

async function connect(nodes: Nodes, at: "first" | "last", user: number, rooms: string[]) {
  const token = await connectionToken({ sub: String(user), topics: ["orders"] });
  const client = await TestClient.connectWithToken(nodes[at].webSocketUrl, token);
  for (const room of rooms) await client.command("subscribe", { room });
  return client;
}

for (const [place, start] of PLACES) {
  Deno.test(`live lists count all nodes together (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager } = nodes;
    await using one = await connect(nodes, "first", 1, ["lobby", "a"]);
    await using two = await connect(nodes, "last", 2, ["lobby", "b"]);
    await using again = await connect(nodes, "last", 1, ["lobby"]);
    await two.command("subscribe", { topic: "orders" });
    await one.command("publish", { room: "lobby", message: "hello" });
    await again.get("usermsg");
    for (const program of nodes.all) {
      const get = async (path: string) => {
        const { status, json } = await manager.call(program, "GET", path);
        assert.equal(status, 200, JSON.stringify(json));
        return json;
      };
      const rooms = await waitFor("the lists are fresh", async () => {
        const json = await get("/live/rooms");
        return (json["rooms"] as Json[])[0]?.["messages_a_minute"] === 1 && json;
      });
      const [lobby, ...others] = rooms["rooms"] as Json[];
      assert.equal(lobby?.["room"], "lobby");
      assert.equal(lobby?.["connections"], 3);
      assert.ok(Math.abs(Number(lobby?.["last_at"]) - Date.now() / 1000) < 60);
      assert.deepEqual(others, [
        { room: "a", connections: 1, messages_a_minute: 0 },
        { room: "b", connections: 1, messages_a_minute: 0 },
      ]);
      assert.equal(rooms["total"], 3);
      const names = async (query: string) => {
        const json = await get(`/live/rooms?${query}`);
        return [(json["rooms"] as Json[]).map(({ room }) => room), json["next"], json["total"]];
      };
      assert.deepEqual(await names("order=name&limit=2"), [["a", "b"], "b", 3]);
      assert.deepEqual((await names("order=name&limit=2&after=b"))[0], ["lobby"]);
      assert.deepEqual((await names("order=messages&limit=1")).slice(0, 2), [["lobby"], "1"]);
      assert.deepEqual((await names("limit=2&after=1")).slice(0, 2), [["a", "b"], undefined]);
      assert.deepEqual(await names("q=ob"), [["lobby"], undefined, 1]);
      assert.deepEqual((await get("/live/topics"))["topics"], [
        { topic: "orders", connections: 1, messages_a_minute: 0 },
      ]);
      const users = (await get("/live/users"))["users"] as Json[];
      assert.deepEqual(users.map(({ user_id, connections }) => [user_id, connections]), [
        [1, 2],
        [2, 1],
      ]);
      assert.equal(((await get("/live/users?q=2"))["users"] as Json[]).length, 1);
      assert.deepEqual((await get("/live/conversations"))["conversations"], []);
      for (const wrong of ["order=users", "limit=0", "after=x"]) {
        const { status, json } = await manager.call(program, "GET", `/live/rooms?${wrong}`);
        assert.deepEqual([status, json["code"]], [400, "invalid_field"]);
      }
      const foreign = await Manager.of(nodes.first, "shop");
      for (const list of ["rooms", "topics", "users", "conversations"]) {
        const { json } = await foreign.call(program, "GET", `/live/${list}`);
        assert.deepEqual(json[list], [], list);
      }
    }
  });

  Deno.test(`one user: connections of all nodes, each of which can be closed (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager } = nodes;
    await using one = await connect(nodes, "first", 7, ["lobby"]);
    await using two = await connect(nodes, "last", 7, ["a", "b"]);
    await assert.rejects(two.command("subscribe", { room: "" }), /missing_field/);
    await manager.done(nodes.first, "/notifications", { user_id: 7, message: "x" });
    await manager.done(nodes.first, "/notifications", { user_id: 7, message: "x" });
    const deliver_at = Math.floor(Date.now() / 1000) + 3600;
    await manager.done(nodes.first, "/notifications", { user_id: 7, message: "x", deliver_at });
    const [{ id } = {}] = await one.get("direct_message");
    await one.command("archive", { ids: [id] });
    const find = async (user: string | number = 7, who = manager) => {
      const { status, json } = await who.call(nodes.first, "GET", `/users/${user}`);
      assert.equal(status, 200, JSON.stringify(json));
      return json;
    };
    // Nodes that have just started come to know each other within a moment.
    const found = await waitFor("both connections are there", async () => {
      const json = await find();
      return (json["connections"] as Json[]).length === 2 && json;
    });
    assert.deepEqual([found["user_id"], found["online"]], [7, true]);
    const connections = found["connections"] as Json[];
    const shown = connections.map(({ protocol, transport, rooms }) => [protocol, transport, rooms]);
    assert.deepEqual(
      new Set(shown.map((each) => JSON.stringify(each))),
      new Set([
        '["v2","websocket",["lobby"]]',
        '["v2","websocket",["a","b"]]',
      ]),
    );
    assert.equal(new Set(connections.map(({ node }) => node)).size, nodes.all.length);
    assert.equal(connections[0]?.["address"], "127.0.0.1");
    assert.deepEqual(found["inbox"], {
      total: 2,
      unread: 1,
      archived: 1,
      snoozed: 0,
      scheduled: 1,
    });
    assert.deepEqual([found["devices"], found["pushes"]], [[], []]);
    const [refusal] = found["refusals"] as Json[];
    assert.deepEqual([refusal?.["code"], refusal?.["count"]], ["missing_field", 1]);

    const foreign = await Manager.of(nodes.first, "shop");
    const unseen = await find(7, foreign);
    assert.deepEqual([unseen["online"], unseen["connections"]], [false, []]);
    for (const { id } of connections) {
      const { status } = await foreign.call(nodes.first, "DELETE", `/connections/${id}`);
      assert.equal(status, 204);
    }
    assert.equal((await find())["online"], true);

    await manager.done(nodes.first, "/users/9/block", { until: deliver_at });
    assert.deepEqual((await find(9))["blocked"], { until: deliver_at });
    assert.equal((await find())["blocked"], undefined);

    for (const { id } of connections) {
      const path = `/connections/${id}`;
      assert.equal((await manager.call(nodes.first, "DELETE", path)).status, 204);
      assert.equal((await manager.call(nodes.first, "DELETE", path)).status, 204);
    }
    for (const client of [one, two]) assert.equal((await client.waitClosed()).code, 3015);
    await waitFor("the user is gone", async () => {
      const { online, connections } = await find();
      return online === false && (connections as Json[]).length === 0;
    });
    const closed = nodes.all.flatMap(({ log }) =>
      log.filter(({ action }) => action === "connection.close")
    );
    assert.equal(closed.length, 2);
  });
}

Deno.test("one user: what is in a database that a node lacks is named, and all else is there", async () => {
  const [, , [, start] = assert.fail()] = PLACES;
  await using nodes = await start();
  const seen = await Promise.all(nodes.all.map(async (program) => {
    const { status, json } = await nodes.manager.call(program, "GET", "/users/7");
    assert.equal(status, 200);
    return json;
  }));
  const without = seen.filter(({ unavailable }) => unavailable !== undefined);
  assert.equal(without.length, 1);
  const unavailable = without[0]?.["unavailable"] as string[];
  assert.deepEqual(unavailable.toSorted(), ["devices", "pushes"]);
  assert.equal((without[0]?.["inbox"] as Json)["total"], 0);
});

Deno.test("a node that does not answer is named, and nothing is said to be done there", async () => {
  const [, , [, start] = assert.fail()] = PLACES;
  await using nodes = await start();
  const { manager, first, last } = nodes;
  await using _client = await connect(nodes, "last", 7, ["lobby"]);
  const call = (method: "GET" | "PUT" | "DELETE", path: string, body?: unknown) =>
    manager.call(first, method, path, body);
  const { json: { connections: [connection] } } = await waitFor("both are there", async () => {
    const answer = await call("GET", "/users/7");
    const connections = answer.json["connections"] as Json[];
    return connections.length === 1 && { json: { connections } };
  });
  const { id, node } = connection!;
  last.kill("SIGSTOP");
  using _again = { [Symbol.dispose]: () => last.kill("SIGCONT") };
  const [user, rooms, levels, close] = await Promise.all([
    call("GET", "/users/7"),
    call("GET", "/live/rooms"),
    call("PUT", "/log/levels", { levels: {} }),
    call("DELETE", `/connections/${id}`),
  ]);
  for (const { status, json } of [user, rooms, levels]) {
    assert.deepEqual([status, json["missing"]], [200, [node]]);
  }
  assert.deepEqual([close.status, close.json["code"]], [503, "unavailable"]);
  assert.ok(String(close.json["message"]).includes(String(node)));
  assert.ok(!first.log.some(({ action }) => action === "connection.close"));
});
