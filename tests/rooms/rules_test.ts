/** The rules for rooms against the running program: each over version 1, version 2, streams of events and replay. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { connect } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, type Claims, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const RULES = {
  unknown: "closed",
  rooms: [
    { pattern: "board", private: true, members: ["alice", 7] },
    { pattern: "ticker", auth: false, publish: ["alice"], presence: false },
    { pattern: "square", auth: false },
    { pattern: "notices", publish: "server" },
    { pattern: "forum", publish: "members" },
    { pattern: "small", maxClients: 1 },
    { pattern: "fleeting", history: false },
    { pattern: "kept", history: { size: 2, seconds: 60 }, persistent: true },
    { pattern: "lobby" },
  ],
};

for (const listener of ["deno", "node"]) {
  const test = (name: string, run: (program: Program) => Promise<void>) =>
    Deno.test({
      name: `${name} (${listener})`,
      async fn() {
        await using file = await RoomsFile.write(RULES);
        await using program = await Program.start({
          env: { APP_LISTENER: listener, APP_KEY, APP_ROOMS: file.path },
        });
        await run(program);
      },
    });

  test("a private room is its members', and opens by grant and subscription token", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await using seven = await v2(program, { sub: "7" });
    await using bob = await v2(program, { sub: "bob" });
    await using eve = await v2(program, { sub: "eve", rooms: ["b*"] });
    for (const client of [alice, seven, eve]) await client.command("subscribe", { room: "board" });
    for (const type of ["subscribe", "publish"]) {
      await refused(bob.command(type, { room: "board", message: "x" }), "forbidden");
    }
    const token = await subscriptionToken({ sub: "bob", room: "board" });
    await bob.command("subscribe", { room: "board", token });
    await bob.command("publish", { room: "board", message: "between us" });
    for (const client of [alice, seven, eve]) await client.get("usermsg");

    await using old = await v1(program, { sub: "carol" });
    old.send({ type: "keepalive", room: "board" });
    old.send({ type: "usermsg", room: "board", message: "x" });
    old.send({ type: "presence", room: "board" });
    assert.deepEqual(await codes(old, 3), ["forbidden", "forbidden", "not_in_room"]);
    await using member = await v1(program, { sub: "alice" });
    member.send({ type: "usermsg", room: "board", message: "by version 1" });
    await member.get("usermsg");
    await using stream = await sse(program, "room=board", { sub: "carol" });
    assert.equal((await stream.get("error"))[0]?.["code"], "forbidden");
    await using read = await sse(program, "room=board", { sub: "alice" });
    await read.get("subscribed");
  });

  test("what is replayed is for those who may enter now, not then", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    const entered = await alice.command("subscribe", { room: "board" });
    const since = { offset: entered["offset"], epoch: entered["epoch"] };
    const granted = { sub: "eve", rooms: ["board"] };
    await using eve = await v2(program, granted);
    await eve.command("subscribe", { room: "board" });
    await using stream = await sse(program, "room=board", granted);
    await stream.get("subscribed");
    await alice.command("publish", { room: "board", message: "one" });
    await stream.get("usermsg");
    const last = stream.lastEventId;
    await alice.command("publish", { room: "board", message: "two" });

    // She comes back, by rights and without them.
    await using again = await v2(program, granted);
    const { publications } = await again.command("subscribe", { room: "board", since });
    assert.equal((publications as Frame[]).length, 2);
    await using after = await v2(program, { sub: "eve" });
    await refused(after.command("subscribe", { room: "board", since }), "forbidden");
    await refused(after.command("subscribe", { room: "board", replay: true }), "forbidden");
    await refused(after.command("history", { room: "board", since }), "not_in_room");
    await using resumed = await sse(program, "room=board", { sub: "eve" }, last);
    assert.equal((await resumed.get("error"))[0]?.["code"], "forbidden");
    assert.deepEqual(resumed.ofType("usermsg"), []);
    await using rightly = await sse(program, "room=board", granted, last);
    assert.equal((await rightly.get("usermsg"))[0]?.["message"], "two");
  });

  test("a stream goes on without the rooms that refuse it", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await alice.command("subscribe", { room: "small" });
    const rooms = ["board", "small", "lobby"].map((room) => `room=${room}`).join("&");
    await using carol = await sse(program, rooms, { sub: "carol" });
    assert.equal((await carol.get("subscribed"))[0]?.["room"], "lobby");
    const refusals = await carol.get("error", 2);
    assert.deepEqual(refusals.map(({ code }) => code), ["forbidden", "room_full"]);
    await alice.command("publish", { room: "lobby", message: "to all" });
    assert.equal((await carol.get("usermsg"))[0]?.["message"], "to all");
    assert.ok(!carol.hasEnded);
  });

  test("rooms that no rule names are closed, but for a user's own", async (program) => {
    await using alice = await v2(program, { sub: "alice", rooms: ["*"] });
    const token = await subscriptionToken({ sub: "alice", room: "elsewhere" });
    for (const fields of [{}, { token }]) {
      const subscribing = alice.command("subscribe", { room: "elsewhere", ...fields });
      await refused(
        subscribing,
        /^Error: forbidden: Cannot use room "elsewhere": no rule names it$/,
      );
    }
    await refused(alice.command("publish", { room: "elsewhere", message: "x" }), "forbidden");
    await alice.command("subscribe", { room: "/user/alice" });
    await refused(alice.command("subscribe", { room: "/user/bob" }), /it belongs to another user/);
    await using old = await v1(program, { sub: "alice" });
    old.send({ type: "usermsg", room: "elsewhere", message: "x" });
    assert.deepEqual(await codes(old, 1), ["forbidden"]);
    await using stream = await sse(program, "room=elsewhere", { sub: "alice" });
    assert.equal((await stream.get("error"))[0]?.["code"], "forbidden");
    const config = await fetch(`${program.url}/config.json`);
    assert.equal((await config.json())["bot_room"], "", "the page does not try");
  });

  test("who may speak: no client, who is in it, these users", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await using bob = await v2(program, { sub: "bob" });
    const say = (client: TestClient, room: string) =>
      client.command("publish", { room, message: "Hello!" });
    for (const room of ["notices", "ticker"]) {
      for (const client of [alice, bob]) await client.command("subscribe", { room });
    }
    await refused(say(alice, "notices"), /^Error: forbidden: Cannot use room "notices": no client/);
    await say(alice, "ticker");
    await refused(say(bob, "ticker"), /^Error: forbidden: Cannot use room "ticker": this user/);
    await refused(say(bob, "forum"), /^Error: not_in_room: .*only who is in it/);
    await say(bob, "lobby"); // from outside, as ever
    await bob.command("subscribe", { room: "forum" });
    await say(bob, "forum");
    await bob.command("unsubscribe", { room: "forum" });
    await refused(say(bob, "forum"), "not_in_room");

    await using old = await v1(program, { sub: "bob" });
    for (const room of ["notices", "ticker", "forum"]) {
      old.send({ type: "usermsg", id: `in-${room}`.padEnd(8, "-"), room, message: "x" });
    }
    await codes(old, 2);
    const errors = old.ofType("error");
    assert.deepEqual(errors.map(({ code, field }) => [code, field]), [
      ["forbidden", "room"],
      ["forbidden", "room"],
    ]);
    assert.equal((await old.get("usermsg"))[0]?.["room"], "forum", "version 1 joins as it speaks");
  });

  test("who is in a room is not shown where the rule says so, but to the API", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await alice.command("subscribe", { room: "ticker" });
    await refused(
      alice.command("presence", { room: "ticker" }),
      /^Error: forbidden: Cannot use room "ticker": who is in it is not shown$/,
    );
    await using old = await v1(program, { sub: "bob" });
    old.send({ type: "keepalive", room: "ticker" });
    old.send({ type: "presence", room: "ticker" });
    assert.deepEqual(await codes(old, 1), ["forbidden"]);
    await alice.command("publish", { room: "ticker", message: "after the join" });
    await old.get("usermsg");
    await alice.get("usermsg");
    assert.deepEqual([...alice.ofType("join"), ...old.ofType("presence")], []);
  });

  test("what is kept of a room is what its rule says", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    const kept = async (room: string) => {
      await alice.command("subscribe", { room });
      for (const message of ["1", "2", "3"]) await alice.command("publish", { room, message });
      const { publications } = await alice.command("history", { room });
      return (publications as Frame[]).map(({ message }) => message);
    };
    assert.deepEqual(await kept("kept"), ["2", "3"]);
    assert.deepEqual(await kept("fleeting"), []);
    assert.deepEqual(await kept("lobby"), ["1", "2", "3"]);
    const { reason } = await alice.command("subscribe", { room: "fleeting" });
    assert.equal(reason, "no_history");
  });

  test("a room that is full takes nobody more, by whichever way", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await alice.command("subscribe", { room: "small" });
    await using bob = await v2(program, { sub: "bob" });
    await refused(bob.command("subscribe", { room: "small" }), "room_full");
    await using old = await v1(program, { sub: "bob" });
    old.send({ type: "keepalive", room: "small" });
    assert.deepEqual(await codes(old, 1), ["room_full"]);
    await using stream = await sse(program, "room=small", { sub: "bob" });
    assert.equal((await stream.get("error"))[0]?.["code"], "room_full");
    await alice.command("unsubscribe", { room: "small" });
    await bob.command("subscribe", { room: "small" });
  });

  test("a guest is someone of the server's making, in guests' rooms alone", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await alice.command("subscribe", { room: "ticker" });
    await using guest = await TestClient.connectV2(program.webSocketUrl);
    const { user_id, inbox } = await guest.command("connect", { name: "Visitor" });
    assert.match(String(user_id), /^guest-[\w-]{22}$/);
    const empty = { offset: 0, epoch: "", recovered: false };
    assert.deepEqual(inbox, { ...empty, reason: "new", notifications: [] });
    const since = { offset: 7, epoch: "3f2a81c0" };
    const sync = await guest.command("inbox", { since });
    assert.deepEqual(sync, { ...empty, unread: 0, reason: "epoch", notifications: [] });
    assert.deepEqual(await guest.command("inbox"), { notifications: [], unread: 0 });
    assert.deepEqual(await guest.command("read", { all: true }), { unread: 0 });
    await guest.command("ack", { ids: ["order-12345"] });
    await guest.command("subscribe", { room: "ticker" });
    await alice.command("publish", { room: "ticker", message: "42" });
    assert.equal((await guest.get("usermsg"))[0]?.["message"], "42");
    await refused(guest.command("publish", { room: "ticker", message: "x" }), "forbidden");
    await guest.command("publish", { room: "square", message: "may speak here" });

    for (const room of ["lobby", "board", "forum", `/user/${user_id}`]) {
      for (const type of ["subscribe", "publish"]) {
        await refused(guest.command(type, { room, message: "x" }), "unauthorized");
      }
    }
    await refused(guest.command("subscribe", { room: "/user/alice" }), "forbidden");
    await refused(guest.command("subscribe", { room: "elsewhere" }), "forbidden");
    const token = await subscriptionToken({ sub: "alice", room: "board" });
    await refused(guest.command("subscribe", { room: "board", token }), "unauthorized");
    await refused(guest.command("connect", { user_id: "alice" }), "user_mismatch");

    await using other = await TestClient.connectV2(program.webSocketUrl);
    await refused(other.command("connect", { user_id }), "user_mismatch");
    assert.notEqual((await other.command("connect"))["user_id"], user_id);
    // Who it is stays: with a token, one connects anew.
    other.send({ type: "auth", token: await connectionToken() });
    assert.equal((await other.waitClosed()).code, 3500);
  });

  test("a guest comes by version 1, a stream, and the library", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await using old = await TestClient.connect(program.webSocketUrl, { room: "square" });
    old.send({ type: "usermsg", room: "square", message: "by version 1" });
    const [said] = await old.get("usermsg");
    assert.match(String(said?.["user_id"]), /^guest-/);
    assert.equal(said?.["name"], said?.["user_id"]);
    old.send({ type: "usermsg", room: "lobby", message: "x" });
    old.send({ type: "usermsg", room: "square", user_id: "alice", message: "x" });
    assert.deepEqual(await codes(old, 2), ["unauthorized", "user_mismatch"]);

    await using stream = await sse(program, "room=square&room=ticker");
    await stream.get("subscribed", 2);
    await alice.command("publish", { room: "ticker", message: "42" });
    await stream.get("usermsg");
    const last = stream.lastEventId;
    await alice.command("publish", { room: "ticker", message: "43" });
    await using resumed = await sse(program, "room=ticker", undefined, last);
    assert.equal((await resumed.get("usermsg"))[0]?.["message"], "43");
    await using outside = await sse(program, "room=lobby");
    assert.equal((await outside.get("error"))[0]?.["code"], "unauthorized");
    await using claimed = await sse(program, "user_id=alice&room=ticker");
    assert.equal((await claimed.get("error"))[0]?.["code"], "user_mismatch");

    const client = connect({ url: program.webSocketUrl });
    try {
      const heard: string[] = [];
      client.subscribe("ticker", ({ message }) => heard.push(message));
      await waitFor("the library is online", () => client.state.kind === "online");
      assert.match(client.userId, /^guest-/);
      await client.publish("square", "by the library");
      await alice.command("publish", { room: "ticker", message: "44" });
      await waitFor("the library hears", () => heard.at(-1) === "44");
    } finally {
      client.close();
    }
  });

  test("a token may still come in the first frame, where guests may come", async (program) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("auth", { token: await connectionToken({ sub: "alice" }) });
    assert.equal((await client.command("connect"))["user_id"], "alice");
    await client.command("subscribe", { room: "board" });
    const bad = await connectionToken({ sub: "alice" }, { key: "x".repeat(32) });
    const headers = { authorization: `Bearer ${bad}` };
    const answer = await fetch(`${program.url}/sse?room=ticker`, { headers });
    await answer.body?.cancel();
    assert.equal(answer.status, 401, "a bad token makes nobody a guest");
  });
}

Deno.test("without a rule for guests, nobody is one", async () => {
  await using file = await RoomsFile.write({ unknown: "public", rooms: [{ pattern: "lobby" }] });
  await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: file.path } });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await refused(client.command("connect"), "unauthorized");
  const answer = await fetch(`${program.url}/sse?room=lobby`);
  await answer.body?.cancel();
  assert.equal(answer.status, 401);
  await using alice = await v2(program, { sub: "alice" });
  await alice.command("subscribe", { room: "elsewhere" });
});

Deno.test("a guest that says nothing is closed in time, where there is a time", async () => {
  await using file = await RoomsFile.write(RULES);
  await using program = await Program.start({
    env: { APP_KEY, APP_ROOMS: file.path, APP_AUTH_SECONDS: "4" },
  });
  await using silent = await TestClient.connectV2(program.webSocketUrl);
  await using guest = await TestClient.connectV2(program.webSocketUrl);
  await guest.command("connect");
  assert.equal((await silent.waitClosed()).code, 3013);
  await guest.settled();
});

Deno.test("nothing of a guest stays in the store", async () => {
  await using file = await RoomsFile.write(RULES);
  const dataDir = await Deno.makeTempDir();
  try {
    await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: file.path }, dataDir });
    await using alice = await v2(program, { sub: "alice" });
    await using guest = await TestClient.connectV2(program.webSocketUrl);
    await guest.command("connect");
    await guest.command("subscribe", { room: "square" });
    await guest.command("inbox", { since: { offset: 7, epoch: "3f2a81c0" } });
    await guest.command("read", { all: true });
    await using stream = await sse(program, "room=square");
    await stream.get("subscribed");
    await using old = await TestClient.connect(program.webSocketUrl, { room: "square" });
    await old.settled();
    await alice.settled();
    program.kill("SIGTERM");
    await program.ended();
    using store = new DatabaseSync(`${dataDir}/notifyli.db`, { readOnly: true });
    assert.deepEqual(
      store.prepare("SELECT user FROM inboxes").all().map(({ user }) => user),
      ["alice"],
    );
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("in open mode, rules hold for everyone", async () => {
  await using file = await RoomsFile.write({
    unknown: "closed",
    rooms: [{ pattern: "lobby", publish: "server", presence: false }, { pattern: "forum" }],
  });
  await using program = await Program.start({ env: { APP_ROOMS: file.path } });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  await refused(client.command("publish", { room: "lobby", message: "x" }), "forbidden");
  await refused(client.command("presence", { room: "lobby" }), "forbidden");
  await refused(client.command("subscribe", { room: "elsewhere" }), "forbidden");
  await client.command("publish", { room: "forum", message: "x" });
  await client.command("subscribe", { room: "/user/1" });
  // What other systems send is no message in a room.
  const sent = await fetch(`${program.url}/api/users/1/notifications?room=elsewhere`, {
    method: "POST",
    body: "Hello!",
  });
  assert.equal(sent.status, 201);
  await sent.body?.cancel();
  await client.get("direct_message");
  const seen = await fetch(`${program.url}/api/rooms/lobby/connections`);
  assert.equal((await seen.json())["connections"].length, 1);
});

Deno.test({
  name: "what is persistent is there after a restart",
  async fn() {
    await using file = await RoomsFile.write(RULES);
    const dataDir = await Deno.makeTempDir();
    try {
      const start = () => Program.start({ env: { APP_KEY, APP_ROOMS: file.path }, dataDir });
      let since: Frame;
      {
        await using program = await start();
        await using alice = await v2(program, { sub: "alice" });
        const { offset, epoch } = await alice.command("subscribe", { room: "kept" });
        since = { offset, epoch };
        await alice.command("publish", { room: "kept", message: "one" });
      }
      await using program = await start();
      await using alice = await v2(program, { sub: "alice" });
      const { recovered } = await alice.command("subscribe", { room: "kept", since });
      assert.equal(recovered, true);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

async function v2({ webSocketUrl }: Program, claims: Claims): Promise<TestClient> {
  return await TestClient.connectWithToken(webSocketUrl, await connectionToken(claims));
}

async function v1(program: Program, claims: Claims): Promise<TestClient> {
  const headers = await bearer(claims);
  return await TestClient.connectAs(program.webSocketUrl, { headers });
}

/** A stream that needs no commands; of a guest, where there are no claims. */
async function sse(
  program: Program,
  query: string,
  claims?: Claims,
  lastEventId = "",
): Promise<EventStream> {
  const headers = claims === undefined ? {} : await bearer(claims);
  return await EventStream.open(`${program.url}/sse?${query}`, lastEventId, headers);
}

async function bearer(claims: Claims): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await connectionToken(claims)}` };
}

/** @param expected an error code, or what the error says */
async function refused(command: Promise<unknown>, expected: string | RegExp): Promise<void> {
  const pattern = typeof expected === "string" ? new RegExp(`^Error: ${expected}: `) : expected;
  await assert.rejects(command, pattern);
}

async function codes(client: TestClient, count: number): Promise<unknown[]> {
  return (await client.get("error", count)).map(({ code }) => code);
}
