/** Rooms that are made while the server runs: on both listeners and engines, on all nodes at once, by every way in. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { Manager } from "../support/manager.ts";
import { type Nodes, PLACES } from "../support/nodes.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, type Claims, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const RULES = {
  unknown: "closed",
  rooms: [{ pattern: "board", private: true }, { pattern: "lobby" }, { pattern: "news:*" }],
};

/**
 * Runs a test on each engine; with Redis there is a node of each listener.
 *
 * @param rules a file of them, if there is to be one
 */
function everywhere(
  name: string,
  run: (nodes: Nodes) => Promise<void>,
  { rules, env }: { rules?: unknown; env?: Record<string, string> } = {},
): void {
  for (const [where, start] of PLACES.filter(([where]) => where !== "embedded, node")) {
    Deno.test(`${name} (${where})`, async () => {
      await using file = rules === undefined ? undefined : await RoomsFile.write(rules);
      await using nodes = await start({
        ...(file === undefined ? {} : { APP_ROOMS: file.path }),
        ...env,
      });
      await run(nodes);
    });
  }
}

everywhere("a room is made, changed, shown and deleted", async (nodes) => {
  const { manager, first, last } = nodes;
  const made = await manager.call(first, "PUT", "/rooms/support", {
    maxClients: 2,
    private: true,
    members: ["alice", 7],
    history: { size: 5, seconds: 60 },
  });
  assert.equal(made.status, 201);
  const { created_at, updated_at, ...rest } = made.json;
  assert.deepEqual(rest, {
    room: "support",
    made: true,
    users: 0,
    maxClients: 2,
    private: true,
    members: ["alice", 7],
    history: { size: 5, seconds: 60 },
  });
  assert.equal(created_at, updated_at);
  await sameEverywhere(nodes, "/rooms/support", made.json);

  const changed = await manager.call(last, "PATCH", "/rooms/support", {
    maxClients: 3,
    members: null,
  });
  assert.equal(changed.status, 200);
  assert.deepEqual([changed.json["maxClients"], changed.json["members"]], [3, undefined]);
  assert.deepEqual(changed.json["private"], true);
  await sameEverywhere(nodes, "/rooms/support", changed.json);

  const put = await manager.call(first, "PUT", "/rooms?room=support", { publish: "server" });
  assert.deepEqual([put.status, put.json["publish"], put.json["private"]], [
    200,
    "server",
    undefined,
  ]);
  assert.equal(put.json["created_at"], created_at);

  for (let times = 0; times < 2; times++) {
    assert.equal((await manager.call(last, "DELETE", "/rooms/support")).status, 204);
  }
  for (const node of nodes.all) {
    await waitFor("it is gone", async () => {
      return (await manager.call(node, "GET", "/rooms/support")).status === 404;
    });
  }
  const { status, json } = await manager.call(first, "PATCH", "/rooms/support", { auth: true });
  assert.deepEqual([status, json["code"]], [404, "not_found"]);
});

everywhere(
  "what is wrong with a room is said as of the file of rules",
  async ({ manager, first }) => {
    const wrong: [fields: unknown, field: string, message: RegExp][] = [
      [
        { maxClients: 0 },
        "maxClients",
        /maxClients is 0, allowed is a whole number from 1 to 1000000/,
      ],
      [{ privat: true }, "privat", /privat is not known; did you mean private\?/],
      [{ members: [1] }, "members", /members is of no use: the rule does not say "private": true/],
      [{ private: true, auth: false }, "auth", /auth cannot be false in a private room/],
      [{ persistent: true }, "persistent", /persistent needs to know how much/],
      [{ history: { size: 0, seconds: 1 } }, "history.size", /history\.size is 0/],
      [{ publish: "nobody" }, "publish", /publish is "nobody"/],
    ];
    for (const [fields, field, message] of wrong) {
      const { status, json } = await manager.call(first, "PUT", "/rooms/x", fields);
      assert.deepEqual([status, json["code"], json["field"]], [400, "invalid_field", field]);
      assert.match(String(json["message"]), message);
    }
    const several = await manager.call(first, "PUT", "/rooms/x", { maxClients: 0, auth: "yes" });
    assert.match(String(several.json["message"]), /^Cannot make room "x": maxClients .*; auth /);
    const long = await manager.call(first, "PUT", `/rooms/${"x".repeat(129)}`);
    assert.deepEqual([long.status, long.json["code"]], [413, "too_long"]);
    assert.equal((await manager.call(first, "GET", "/rooms/x")).status, 404);
  },
);

everywhere("a body that names another room than the address is refused", async (nodes) => {
  const { manager, first } = nodes;
  assert.equal((await manager.call(first, "PUT", "/rooms/a", { room: "a" })).status, 201);
  const wrong: [method: "PUT" | "PATCH" | "POST", path: string, body: unknown, field: string][] = [
    ["PUT", "/rooms/a", { room: "b" }, "room"],
    ["PUT", "/rooms?room=a", { pattern: "a*" }, "pattern"],
    ["PATCH", "/rooms/a", { room: "b" }, "room"],
    ["POST", "/rooms/a/messages", { room: "b", message: "x" }, "room"],
    ["POST", "/rooms/events?room=a", { room: "b", event: "x" }, "room"],
  ];
  for (const [method, path, body, field] of wrong) {
    const { status, json } = await manager.call(first, method, path, body);
    assert.deepEqual([status, json["code"], json["field"]], [400, "invalid_field", field], path);
  }
  for (const room of [null, "a"]) {
    assert.equal((await manager.call(first, "PATCH", "/rooms/a", { room })).status, 200);
  }
  const list = await manager.call(first, "GET", "/rooms?pattern=");
  assert.deepEqual([list.status, list.json["field"]], [400, "pattern"]);
});

everywhere("who may no longer be inside is out, on all nodes and by every way", async (nodes) => {
  const { manager, first } = nodes;
  await using crowd = new AsyncDisposableStack();
  const open = async (node: Program, claims: Claims, room = "lobby") =>
    crowd.use(await entered(node, claims, room));
  const [outs, ins]: [TestClient[], TestClient[]] = [[], []];
  const streams: EventStream[] = [];
  for (const node of nodes.all) {
    outs.push(await open(node, { sub: "bob" }));
    ins.push(await open(node, { sub: "alice" }), await open(node, { sub: "eve", rooms: ["lo*"] }));
    const old = crowd.use(await v1(node, { sub: "bob" }));
    old.send({ type: "keepalive", room: "lobby" });
    await old.settled();
    outs.push(old);
    const token = await subscriptionToken({ sub: "carl", room: "lobby" });
    const carl = crowd.use(await v2(node, { sub: "carl" }));
    await carl.command("subscribe", { room: "lobby", token });
    ins.push(carl);
    const headers = { authorization: `Bearer ${await connectionToken({ sub: "bob" })}` };
    const stream = crowd.use(await EventStream.open(`${node.url}/sse?room=lobby`, "", headers));
    await stream.get("subscribed");
    streams.push(stream);
  }
  await manager.call(first, "PUT", "/rooms/lobby", { private: true, members: ["alice"] });
  const left = {
    type: "left",
    room: "lobby",
    code: "forbidden",
    message: 'Cannot use room "lobby": it is private, subscribe with a token for it',
  };
  for (const client of [...outs, ...streams]) {
    assert.deepEqual(await client.get("left"), [left]);
  }
  for (const node of nodes.all) {
    await waitFor("its presence is gone", async () => {
      return (await manager.call(node, "GET", "/rooms/lobby/connections/bob")).status === 404;
    });
  }
  await manager.done(nodes.last, "/rooms/lobby/messages", { message: "among us" });
  for (const client of ins) {
    await client.get("usermsg");
    assert.deepEqual(client.ofType("left"), []);
  }
  for (const client of [...outs, ...streams]) assert.deepEqual(client.ofType("usermsg"), []);
  await assert.rejects(outs[0]!.command("subscribe", { room: "lobby" }), /forbidden/);

  await manager.call(nodes.last, "PATCH", "/rooms/lobby", { private: null, members: null });
  await waitFor("it is open again", async () => {
    return await outs[0]!.command("subscribe", { room: "lobby" }).then(() => true, () => false);
  });
  const { rooms_put_out } = await manager.stats(first);
  assert.equal(rooms_put_out, 3);
});

everywhere("a made room opens what is closed, and is closed when it is deleted", async (nodes) => {
  const { manager, first, last } = nodes;
  await using alice = await v2(last, { sub: "alice" });
  await assert.rejects(alice.command("subscribe", { room: "general" }), /no rule names it/);
  const said = await manager.call(first, "POST", "/rooms/general/messages", { message: "x" });
  assert.equal(said.json["code"], "forbidden");
  await manager.call(first, "PUT", "/rooms/general");
  await waitFor("it is open", async () => {
    return await alice.command("subscribe", { room: "general" }).then(() => true, () => false);
  });
  await manager.call(first, "DELETE", "/rooms/general");
  const [left] = await alice.get("left");
  assert.equal(left?.["message"], 'Cannot use room "general": no rule names it');
}, { rules: RULES });

everywhere("the file's rules come first, then names, then longer patterns", async (nodes) => {
  const { manager, first } = nodes;
  const put = (room: string) => manager.call(first, "PUT", `/rooms/${room}`, { maxClients: 5 });
  assert.equal((await put("board")).json["overruled_by"], "board");
  assert.equal((await put("news:sport")).json["overruled_by"], "news:*");
  assert.equal((await put("news:a*")).json["overruled_by"], "news:*");
  assert.deepEqual((await put("n*")).json["partly_overruled_by"], ["news:*"]);
  assert.deepEqual((await put("*")).json["partly_overruled_by"], ["board", "lobby", "news:*"]);
  const free = (await put("team:*")).json;
  assert.deepEqual([free["overruled_by"], free["partly_overruled_by"]], [undefined, undefined]);
  await manager.call(first, "PUT", "/rooms/team:*", { publish: "server" });
  await manager.call(first, "PUT", "/rooms/team:a*", { publish: ["alice"] });
  await manager.call(first, "PUT", "/rooms/team:a1", {});
  await using bob = await v2(first, { sub: "bob" });
  const say = (room: string) => bob.command("publish", { room, message: "x" });
  await assert.rejects(say("board"), /it is private/, "the file's rule counts");
  await say("news:sport");
  await say("team:a1");
  await assert.rejects(say("team:a2"), /this user may not/);
  await assert.rejects(say("team:b"), /no client may/);
  await manager.call(first, "DELETE", "/rooms/team:a*");
  await assert.rejects(say("team:a2"), /no client may/);
}, { rules: RULES });

everywhere("a user is put out of a room, and may come back", async (nodes) => {
  const { manager, first, last } = nodes;
  await using bob = await entered(last, { sub: "bob" }, "/room/1");
  await using again = await entered(first, { sub: "bob" }, "/room/1");
  await using alice = await entered(last, { sub: "alice" }, "/room/1");
  const path = "/rooms/connections/bob?room=/room/1";
  for (let times = 0; times < 2; times++) {
    assert.equal((await manager.call(first, "DELETE", path)).status, 204);
  }
  for (const client of [bob, again]) {
    const [left] = await client.get("left");
    assert.deepEqual([left?.["room"], left?.["code"]], ["/room/1", "put_out"]);
  }
  const there = async () => {
    const { json } = await manager.call(first, "GET", "/rooms/connections?room=/room/1");
    return (json["connections"] as Frame[]).map(({ user_id }) => user_id);
  };
  await waitFor("its presence is gone", async () => (await there()).join() === "alice");
  await bob.command("subscribe", { room: "/room/1" });
  await waitFor("it is back", async () => (await there()).join() === "alice,bob");
  assert.deepEqual(alice.ofType("left"), []);
});

everywhere(
  "the library's subscriptions end with the reason, and come back when asked to",
  async (nodes) => {
    const { manager, first, last } = nodes;
    const heard: string[] = [];
    const token = await connectionToken({ sub: "bob" });
    const client = connect({ url: last.webSocketUrl, token });
    using _client = { [Symbol.dispose]: () => client.close() };
    client.on("error", ({ code }) => heard.push(`client ${code}`));
    const subscribe = (name: string) => {
      const subscription = client.subscribe("lobby", ({ message }) => {
        heard.push(`${name} ${message}`);
      });
      subscription.on("subscribed", () => heard.push(`${name} subscribed`));
      return subscription;
    };
    subscribe("one").on("error", ({ code }) => heard.push(`one ${code}`));
    subscribe("two");
    await waitFor("it is in", () => heard.includes("two subscribed"));
    await manager.call(first, "DELETE", "/rooms/lobby/connections/bob");
    await waitFor("it is out", () => heard.includes("one put_out"));
    await manager.done(first, "/rooms/lobby/messages", { message: "unheard" });
    subscribe("three");
    await waitFor("it is back", () => heard.includes("three subscribed"));
    await manager.done(first, "/rooms/lobby/messages", { message: "heard" });
    await waitFor("it hears", () => heard.includes("three heard"));
    await manager.call(last, "PUT", "/rooms/lobby", { private: true });
    await waitFor("it is out again", () => heard.includes("client forbidden"));
    const wrong = heard.filter((each) => / unheard$|^(one|two) heard$/.test(each));
    assert.deepEqual(wrong, []);
  },
);

everywhere(
  "the library's user who was put out comes back in the handler that is told so, and ends what is over",
  async ({ manager, first }) => {
    const heard: string[] = [];
    const client = connect({
      url: first.webSocketUrl,
      token: await connectionToken({ sub: "bob" }),
    });
    using _client = { [Symbol.dispose]: () => client.close() };
    const subscribe = (time: number): void => {
      const subscription = client.subscribe("lobby", ({ message }) => void heard.push(message));
      subscription.on("subscribed", () => heard.push(`in ${time}`));
      subscription.on("left", () => {
        subscribe(time + 1);
        subscription.unsubscribe();
      });
    };
    subscribe(1);
    for (const time of [1, 2]) {
      await waitFor("it is in", () => heard.includes(`in ${time}`));
      await manager.call(first, "DELETE", "/rooms/lobby/connections/bob");
    }
    await waitFor("it is in", () => heard.includes("in 3"));
    await manager.done(first, "/rooms/lobby/messages", { message: "heard" });
    await waitFor("it hears", () => heard.includes("heard"));
    const { json } = await manager.call(first, "GET", "/rooms/lobby");
    assert.equal(json["users"], 1);
  },
);

everywhere(
  "a deleted room's messages are gone, and its positions are of another epoch",
  async (nodes) => {
    const { manager, first, last } = nodes;
    for (const persistent of [false, true]) {
      const room = persistent ? "kept" : "general";
      const make = () =>
        manager.call(first, "PUT", `/rooms/${room}`, {
          history: { size: 9, seconds: 60 },
          persistent,
        });
      await make();
      const say = (id: string) =>
        manager.done(last, `/rooms/${room}/messages`, { message: "before", id });
      const before = await say("message-1");
      await say("message-2");
      await manager.call(last, "DELETE", `/rooms/${room}`);
      await make();
      await using alice = await v2(last, { sub: "alice" });
      const since = { offset: before["offset"], epoch: before["epoch"] };
      const { recovered, reason, publications } = await alice.command("subscribe", { room, since });
      assert.deepEqual([recovered, reason, publications], [false, "epoch", []]);
      assert.deepEqual((await alice.command("history", { room }))["publications"], []);
      const after = await say("message-1");
      assert.notEqual(after["epoch"], before["epoch"]);
      assert.equal(after["offset"], 1, "an id of before is a new one");
      assert.equal((await alice.get("usermsg"))[0]?.["offset"], 1);
    }
  },
);

everywhere("guests come in where a made room lets them", async ({ manager, first, last }) => {
  const guest = async () => {
    await using client = await TestClient.connectV2(last.webSocketUrl);
    return await client.command("connect").then(() =>
      client.command("subscribe", { room: "square" })
    )
      .then(() => "in", (error) => String(error).split(":")[1]?.trim());
  };
  assert.equal(await guest(), "unauthorized");
  await manager.call(first, "PUT", "/rooms/square", { auth: false });
  await waitFor("guests are in", async () => await guest() === "in");
  await using client = await TestClient.connectV2(last.webSocketUrl);
  await client.command("connect");
  await client.command("subscribe", { room: "square" });
  await manager.call(first, "PUT", "/rooms/square", {});
  assert.equal((await client.get("left"))[0]?.["code"], "unauthorized");
  await waitFor("no guests", async () => await guest() === "unauthorized");
});

everywhere("sites are apart, and a key manages its own", async ({ manager, first, last }) => {
  const acme = await Manager.of(first, "acme");
  await acme.call(first, "PUT", "/rooms/lobby", { private: true });
  assert.equal((await manager.call(first, "GET", "/rooms/lobby")).status, 404);
  await using alice = await entered(last, { sub: "alice" }, "lobby");
  await using other = await v2(last, { sub: "alice", site_id: "acme" });
  await assert.rejects(other.command("subscribe", { room: "lobby" }), /it is private/);
  for (const method of ["PUT", "PATCH"] as const) {
    const refused = await acme.call(first, method, "/rooms/lobby", { site: "default" });
    assert.deepEqual([refused.status, refused.json["code"]], [403, "forbidden"]);
  }
  for (const path of ["/rooms/lobby?site=default", "/rooms/lobby/connections/alice?site=default"]) {
    assert.equal((await acme.call(first, "DELETE", path)).status, 403);
  }
  assert.equal((await acme.call(first, "DELETE", "/rooms/lobby/connections/alice")).status, 204);
  await alice.settled();
  assert.deepEqual(alice.ofType("left"), []);
  assert.deepEqual((await acme.call(last, "GET", "/rooms")).json["rooms"], [
    { ...(await acme.call(last, "GET", "/rooms/lobby")).json },
  ]);
});

everywhere(
  "lists made rooms and those with somebody in them, in pages",
  async ({ manager, first, last }) => {
    for (const room of ["b", "d", "e:*"]) await manager.call(first, "PUT", `/rooms/${room}`, {});
    await using one = await entered(first, { sub: "1" }, "a");
    await using two = await entered(last, { sub: "2" }, "d");
    await two.command("subscribe", { room: "c" });
    await one.command("subscribe", { room: "c" });
    await waitFor("all nodes know all", async () => (await names("/rooms")).length === 5);
    assert.deepEqual(await names("/rooms"), ["a 1", "b 0 made", "c 2", "d 1 made", "e:* - made"]);
    const first2 = await manager.call(last, "GET", "/rooms?limit=2");
    assert.deepEqual(shown(first2.json), ["a 1", "b 0 made"]);
    const rest = await manager.call(last, "GET", `/rooms?limit=9&cursor=${first2.json["next"]}`);
    assert.deepEqual(shown(rest.json), ["c 2", "d 1 made", "e:* - made"]);
    assert.equal(rest.json["next"], undefined);
    assert.deepEqual(await names("/rooms?made=true"), ["b 0 made", "d 1 made", "e:* - made"]);
    assert.deepEqual(await names("/rooms?made=false"), ["a 1", "c 2"]);
    assert.deepEqual(await names("/rooms?pattern=*d"), ["d 1 made"]);
    const wrong = await manager.call(last, "GET", "/rooms?made=yes");
    assert.deepEqual([wrong.status, wrong.json["field"]], [400, "made"]);

    async function names(path: string): Promise<string[]> {
      return shown((await manager.call(last, "GET", path)).json);
    }

    function shown({ rooms }: Frame): string[] {
      return (rooms as Frame[]).map(({ room, users = "-", made }) =>
        `${room} ${users}${made ? " made" : ""}`
      );
    }
  },
);

everywhere("a site makes no more rooms than it may", async ({ manager, first, last }) => {
  for (const room of ["1", "2"]) {
    assert.equal((await manager.call(first, "PUT", `/rooms/${room}`)).status, 201);
  }
  const { status, json } = await manager.call(last, "PUT", "/rooms/3");
  assert.deepEqual([status, json["code"]], [429, "too_many_rooms"]);
  assert.equal((await manager.call(last, "PUT", "/rooms/2", { auth: true })).status, 200);
  assert.equal((await manager.call(last, "DELETE", "/rooms/1")).status, 204);
  assert.equal((await manager.call(first, "PUT", "/rooms/3")).status, 201);
  const members = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  const large = await manager.call(first, "PUT", "/rooms/3", { private: true, members });
  assert.deepEqual([large.status, large.json["code"]], [429, "too_many_rooms"]);
  const acme = await Manager.of(first, "acme");
  assert.equal((await acme.call(first, "PUT", "/rooms/1")).status, 201);
}, { env: { APP_LIMIT_MADE_ROOMS: "2", APP_LIMIT_MADE_BYTES: "1000" } });

everywhere(
  "who is told of comings and goings is told no more where that is hidden",
  async (nodes) => {
    const { manager, first, last } = nodes;
    await using alice = await entered(last, { sub: "alice" }, "lobby");
    await alice.command("presence", { room: "lobby" });
    await using _bob = await entered(first, { sub: "bob" }, "lobby");
    await alice.get("join");
    await manager.call(first, "PUT", "/rooms/lobby", { presence: false });
    await waitFor("it is hidden", async () => {
      return await alice.command("presence", { room: "lobby" }).then(() => false, () => true);
    });
    await using _carl = await entered(last, { sub: "carl" }, "lobby");
    await manager.done(first, "/rooms/lobby/messages", { message: "after" });
    await alice.get("usermsg");
    assert.equal(alice.ofType("join").length, 1);
  },
);

Deno.test("made rooms outlive a restart of the server (embedded)", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    for (const isFirst of [true, false]) {
      await using program = await Program.start({ dataDir, env: { APP_KEY } });
      const manager = await Manager.of(program);
      if (isFirst) await manager.call(program, "PUT", "/rooms/board", { private: true });
      const { json } = await manager.call(program, "GET", "/rooms/board");
      assert.equal(json["private"], true);
      await using bob = await v2(program, { sub: "bob" });
      await assert.rejects(bob.command("subscribe", { room: "board" }), /it is private/);
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** Resolves when each node answers so. */
async function sameEverywhere({ all, manager }: Nodes, path: string, json: Frame): Promise<void> {
  for (const node of all) {
    await waitFor(`${path} is everywhere`, async () => {
      const answer = await manager.call(node, "GET", path);
      return JSON.stringify(answer.json) === JSON.stringify(json);
    });
  }
}

async function v2({ webSocketUrl }: Program, claims: Claims): Promise<TestClient> {
  return await TestClient.connectWithToken(webSocketUrl, await connectionToken(claims));
}

async function v1({ webSocketUrl }: Program, claims: Claims): Promise<TestClient> {
  const token = await connectionToken(claims);
  const protocols = ["notifyli.v1", `notifyli.token.${token}`];
  return await TestClient.connectAs(webSocketUrl, { protocols });
}

async function entered(program: Program, claims: Claims, room: string): Promise<TestClient> {
  const client = await v2(program, claims);
  await client.command("subscribe", { room });
  return client;
}
