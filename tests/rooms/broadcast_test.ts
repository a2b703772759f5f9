/** What is said in many rooms at once: in those with somebody in them, and in those that were made by their names. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { envOf } from "../support/engine_target.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import type { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [where, start] of PLACES) {
  Deno.test(`a broadcast comes once into each room that is there (${where})`, async () => {
    await using nodes = await start();
    const { manager, first, last } = nodes;
    await using news = await entered(last, ["news:a", "news:b"]);
    await using lobby = await entered(first, ["lobby"]);
    await using other = await entered(last, ["lobby"], { site_id: "acme" });
    await manager.call(first, "PUT", "/rooms/empty", { history: { size: 5, seconds: 60 } });
    await manager.call(first, "PUT", "/rooms/team:*", {});
    await waitFor("all know it", async () => {
      return (await manager.call(last, "GET", "/rooms/empty")).status === 200;
    });

    const fields = { message: "to all", data: { n: 1 }, name: "Ops", id: "broadcast-1" };
    for (let times = 0; times < 2; times++) {
      const { status, json } = await manager.call(last, "POST", "/broadcast", fields);
      assert.deepEqual([status, json], [200, { id: "broadcast-1", rooms: 4 }]);
    }
    const some = await manager.call(first, "POST", "/broadcast", {
      message: "to some",
      rooms: "news:*",
    });
    assert.deepEqual([some.status, some.json["rooms"]], [200, 2]);
    await news.get("usermsg", 4);
    assert.deepEqual(said(news), [
      ["news:a", "Ops", "to all", { n: 1 }],
      ["news:a", "system", "to some", undefined],
      ["news:b", "Ops", "to all", { n: 1 }],
      ["news:b", "system", "to some", undefined],
    ]);
    await lobby.get("usermsg");
    await lobby.command("subscribe", { room: "empty" });
    const { publications } = await lobby.command("history", { room: "empty" });
    assert.deepEqual((publications as Frame[]).map(({ message }) => message), ["to all"]);
    assert.equal(lobby.ofType("usermsg").length, 1);
    await other.settled();
    assert.deepEqual(other.ofType("usermsg"), [], "another site's");

    const none = await manager.call(first, "POST", "/broadcast", { message: "x", rooms: "no:*" });
    assert.deepEqual([none.status, none.json["rooms"]], [200, 0]);
    const empty = await manager.call(first, "POST", "/broadcast", { rooms: "news:*" });
    assert.deepEqual([empty.status, empty.json["field"]], [400, "message"]);
    const acme = await Manager.of(first, "acme");
    const foreign = await acme.call(first, "POST", "/broadcast", { message: "x", site: "default" });
    assert.equal(foreign.status, 403);
  });
}

for (const [where, start] of PLACES) {
  Deno.test(`a broadcast goes to the rooms that are named, or to none (${where})`, async () => {
    await using nodes = await start();
    const { manager, first } = nodes;
    await using client = await entered(first, ["lobby", "news:a"]);
    const wrong: [query: string, body: unknown, field: string][] = [
      ["", { message: "x", room: "lobby" }, "room"],
      ["?room=lobby", "x", "room"],
      ["?rooms=news:*", { message: "x", rooms: "lobby" }, "rooms"],
    ];
    for (const [query, body, field] of wrong) {
      const { status, json } = await manager.call(first, "POST", `/broadcast${query}`, body);
      assert.deepEqual([status, json["field"]], [400, field], `${query} ${JSON.stringify(body)}`);
    }
    const path = "/broadcast?rooms=news:*&name=Shop&user_id=7";
    const told = await manager.call(first, "POST", path, "Sale!");
    assert.deepEqual([told.status, told.json["rooms"]], [200, 1]);
    const [said] = await client.get("usermsg");
    assert.partialDeepStrictEqual(said, {
      room: "news:a",
      message: "Sale!",
      name: "Shop",
      user_id: 7,
    });
    await client.settled();
    assert.equal(client.ofType("usermsg").length, 1);
  });
}

Deno.test("a broadcast reaches the other rooms where one cannot be written", async () => {
  await using nodes = await PLACES[2]![1]();
  const { manager, first, redis } = nodes;
  const rooms = Array.from({ length: 120 }, (_, index) => `room-${100 + index}`);
  await using client = await entered(first, rooms.slice(0, 90));
  await using other = await entered(first, rooms.slice(90), { sub: "other" });
  await redis!.call("SET", "notifyli:history:room:{room-100}", "what another program wrote");
  const { status, json } = await manager.call(first, "POST", "/broadcast", { message: "Hello" });
  assert.equal(status, 503, JSON.stringify(json));
  assert.match(String(json["message"]), /room-100/);
  await client.get("usermsg", 89);
  await other.get("usermsg", 30);
});

Deno.test("a broadcast reaches thousands of rooms, by pages", async () => {
  await using nodes = await PLACES[0]![1]({ APP_LIMIT_MADE_ROOMS: "off" });
  const { manager, first } = nodes;
  const names = Array.from({ length: 1500 }, (_, index) => `room:${index}`);
  const rooms = await Promise.all(
    names.map((room) => manager.call(first, "PUT", `/rooms/${room}`)),
  );
  assert.ok(rooms.every(({ status }) => status === 201));
  await using clients = new AsyncDisposableStack();
  const last = clients.use(await entered(first, names.slice(-90)));
  const { status, json } = await manager.call(first, "POST", "/broadcast", { message: "Hello" });
  assert.ok([200, 202].includes(status));
  assert.equal(json["rooms"], 1500);
  await last.get("usermsg", 90);
});

Deno.test("notifyli publish --broadcast, and notifyli room", async () => {
  await using nodes = await PLACES[0]![1]();
  const { manager, first } = nodes;
  const env = { ...envOf(first), APP_API_KEY: manager.key };
  const cli = async (name: "room" | "publish", ...args: string[]) => {
    const { code, stdout, stderr } = await run([...taskCommand(name), ...args], { env });
    return { code, text: `${stdout}${stderr}`.trim() };
  };
  const made = await cli(
    "room",
    ...["create", "team:1", "--private", "--members", "alice, 7", "--max-clients", "5"],
    ...["--history", "10/60", "--persistent", "--publish", "members"],
  );
  assert.equal(made.code, 0, made.text);
  const { created_at, updated_at, ...fields } = JSON.parse(made.text);
  assert.equal(created_at, updated_at);
  assert.deepEqual(fields, {
    room: "team:1",
    made: true,
    users: 0,
    members: ["alice", "7"],
    publish: "members",
    history: { size: 10, seconds: 60 },
    persistent: true,
    private: true,
    maxClients: 5,
  });
  const shown = await cli("room", "show", "team:1");
  assert.equal(shown.code, 0, shown.text);
  assert.equal(JSON.parse(shown.text)["room"], "team:1");
  await using alice = await entered(first, ["team:1", "lobby"], { sub: "alice" });
  const { text } = await cli("room", "list", "--pattern", "*");
  assert.match(text, /^ROOM +USERS +MADE +RULE\nlobby +1 +no *\nteam:1 +1 +yes +.*maxClients=5/);
  const told = await cli("publish", "--broadcast", "-r", "t*", "-m", "Hello");
  assert.match(told.text, /^Said in 1 room, with the id \S+$/);
  assert.equal((await alice.get("usermsg"))[0]?.["room"], "team:1");
  assert.match((await cli("publish", "--broadcast", "-m", "All")).text, /^Said in 2 rooms/);
  const wrong = await cli("room", "create", "x", "--persistent");
  assert.deepEqual(
    [wrong.code, /persistent needs to know/.test(wrong.text)],
    [1, true],
    wrong.text,
  );
  assert.deepEqual(await cli("room", "delete", "team:1"), { code: 0, text: "Deleted team:1" });
  assert.equal((await cli("room", "show", "team:2")).code, 1);
  assert.equal((await cli("room", "create")).code, 2);
  assert.match((await cli("room", "--help")).text, /room create ROOM \[options\]/);
});

/** What a client heard, in the order of the rooms. */
function said(client: TestClient): unknown[] {
  return client.ofType("usermsg").map((
    { room, name, message, data },
  ) => [room, name, message, data])
    .sort((one, other) => String(one[0]) < String(other[0]) ? -1 : 1);
}

async function entered(
  { webSocketUrl }: Program,
  rooms: readonly string[],
  claims: Frame = {},
): Promise<TestClient> {
  const client = await TestClient.connectWithToken(webSocketUrl, await connectionToken(claims));
  for (const room of rooms) await client.command("subscribe", { room });
  return client;
}
