/** May they enter, may they say this? An application says it, on both engines and listeners. */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { TARGETS } from "../support/engine_target.ts";
import { EventStream } from "../support/event_stream.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken, subscriptionToken } from "../support/tokens.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** Keeps user 2 out of all rooms but `lobby`, and has an opinion of what is said. */
function answerTo({ type, user_id, room, message, data }: Asked): unknown {
  if (type === "enter") {
    return user_id === 2 && room !== "lobby"
      ? { allow: false, reason: "Not for you" }
      : { allow: true };
  }
  if (message === "secret") return { allow: false, reason: "Nobody says that here" };
  if (message === "damn") return { allow: true, message: "****" };
  if (message === "long") return { message: "x".repeat(20_000) };
  if (Object(data)["price"] === 1) return { data: { price: 2 } };
  return { allow: true };
}

async function withToken(program: Program, sub: string): Promise<TestClient> {
  const token = await connectionToken({ sub, name: `User ${sub}` });
  return await TestClient.connectWithToken(program.webSocketUrl, token);
}

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: an application says who may enter a room, in v2, v1 and streams of events`, async () => {
    await using application = new Application(answerTo);
    await using target = await start({ ...application.env("enter"), APP_KEY });
    const { program } = target;
    await using one = await withToken(program, "1");
    await one.command("subscribe", { room: "board" });
    await one.command("subscribe", { room: "/user/1" });
    await using two = await withToken(program, "2");
    await assert.rejects(two.command("subscribe", { room: "board" }), /forbidden: Not for you$/);
    await assert.rejects(
      two.command("publish", { room: "board", message: "From outside" }),
      /forbidden: Not for you$/,
    );
    await assert.rejects(two.command("event", { room: "board", event: "typing" }), /not_in_room/);
    await two.command("subscribe", { room: "lobby" });
    assert.deepEqual(application.asked.map(({ user_id, room }) => `${user_id} ${room}`), [
      "1 board",
      "2 board",
      "2 board",
      "2 lobby",
    ]);
    assert.deepEqual(application.asked[0], {
      type: "enter",
      site: "default",
      user_id: 1,
      name: "User 1",
      room: "board",
    });

    const protocols = ["notifyli.v1", `notifyli.token.${await connectionToken({ sub: "2" })}`];
    await using v1 = await TestClient.connectAs(program.webSocketUrl, { protocols });
    v1.send({ type: "usermsg", room: "lobby", message: "one" });
    v1.send({ type: "usermsg", room: "lobby", message: "two" });
    v1.send({ type: "usermsg", room: "board", message: "three" });
    const [error] = await v1.get("error");
    assert.partialDeepStrictEqual(error, { code: "forbidden", message: "Not for you" });
    await two.get("usermsg", 2);
    assert.equal(
      application.asked.length,
      6,
      "v1 joins by every message, and only the first is asked",
    );
    assert.deepEqual(one.ofType("usermsg"), []);

    const authorization = `Bearer ${await connectionToken({ sub: "2" })}`;
    const address = `${program.url}/sse?room=board&room=lobby`;
    await using stream = await EventStream.open(address, "", { authorization });
    await stream.get("subscribed");
    assert.partialDeepStrictEqual(stream.ofType("error"), [{ code: "forbidden" }]);
    assert.partialDeepStrictEqual(stream.ofType("subscribed"), [{ room: "lobby" }]);
  });

  Deno.test(`${engine}: an application lets words pass, refuses them, or has others said`, async () => {
    await using application = new Application(answerTo);
    await using target = await start({ ...application.env("say"), HOOK_ASK_ROOMS: "lobby, a*" });
    const { program } = target;
    await using reader = await TestClient.join(program.webSocketUrl, { user: 9, room: "lobby" });
    await using writer = await TestClient.connectV2(program.webSocketUrl);
    await writer.command("connect", { user_id: 1, name: "One" });
    await writer.command("subscribe", { room: "lobby" });
    await assert.rejects(
      writer.command("publish", { room: "lobby", message: "secret" }),
      /forbidden: Nobody says that here$/,
    );
    await writer.command("publish", { room: "lobby", message: "damn", data: { mood: 1 } });
    await writer.command("publish", { room: "lobby", data: { price: 1 } });
    await writer.command("publish", { room: "lobby", message: "Hello", id: "hello-1234" });
    await writer.command("publish", { room: "other", message: "secret" });
    await assert.rejects(
      writer.command("publish", { room: "lobby", message: "long" }),
      /unavailable: The application/,
    );
    const said = await reader.get("usermsg", 3);
    assert.deepEqual(said.map(({ message, data }) => ({ message, data })), [
      { message: "****", data: { mood: 1 } },
      { message: "", data: { price: 2 } },
      { message: "Hello", data: undefined },
    ]);
    assert.deepEqual(application.asked[1], {
      type: "say",
      site: "default",
      user_id: 1,
      name: "One",
      guest: true,
      room: "lobby",
      message: "damn",
      data: { mood: 1 },
    });
    assert.equal(application.asked.length, 5, "of other rooms nobody is asked");

    reader.send({ type: "usermsg", user_id: 9, room: "lobby", message: "secret", id: "mine-1234" });
    const [error] = await reader.get("error");
    assert.partialDeepStrictEqual(error, {
      code: "forbidden",
      message: "Nobody says that here",
      id: "mine-1234",
    });
    const asked = application.asked.length;
    await fetch(`${program.url}/api/rooms/lobby/messages`, {
      method: "POST",
      body: JSON.stringify({ message: "secret" }),
    }).then((response) => response.text());
    await reader.get("usermsg", 4);
    assert.equal(application.asked.length, asked, "other systems are not asked about");
  });

  Deno.test(`${engine}: a private room opens by the application's yes, by a token only with it`, async () => {
    await using application = new Application(answerTo);
    const rooms = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(
      rooms,
      JSON.stringify({
        unknown: "closed",
        rooms: [{ pattern: "board", private: true }, { pattern: "lobby" }],
      }),
    );
    await using target = await start({ ...application.env("enter"), APP_KEY, APP_ROOMS: rooms });
    const { program } = target;
    await using one = await withToken(program, "1");
    await one.command("subscribe", { room: "board" });
    await assert.rejects(one.command("subscribe", { room: "cellar" }), /no rule names it/);
    await assert.rejects(one.command("subscribe", { room: "/user/2" }), /another user/);
    assert.equal(application.asked.length, 1, "what the rules forbid is not asked");
    await using two = await withToken(program, "2");
    await assert.rejects(two.command("subscribe", { room: "board" }), /forbidden: Not for you/);
    const token = await subscriptionToken({ sub: "2", room: "board" });
    await assert.rejects(two.command("subscribe", { room: "board", token }), /Not for you/);
    await assert.rejects(two.command("subscribe", { room: "board", token: "no" }), /invalid_token/);
    assert.equal(application.asked.length, 3);
    await Deno.remove(rooms);
  });

  Deno.test(`${engine}: while an answer is awaited a room keeps its order, and others go on`, async () => {
    await using application = new Application(answerTo);
    const env = { ...application.env("say"), HOOK_ASK_ROOMS: "slow", HOOK_ASK_SECONDS: "30" };
    await using target = await start(env);
    const url = target.program.webSocketUrl;
    await using reader = await TestClient.connectV2(url);
    await reader.command("connect", { user_id: 9 });
    for (const room of ["slow", "quick"]) await reader.command("subscribe", { room });
    await using v2 = await TestClient.connectV2(url);
    await v2.command("connect", { user_id: 1 });
    await using v1 = await TestClient.connect(url);
    const release = application.hold();
    for (
      const [client, user_id, type] of [[v2, undefined, "publish"], [v1, 2, "usermsg"]] as const
    ) {
      for (let count = 1; count <= 3; count++) {
        client.send({ type, user_id, room: "slow", message: `slow ${type} ${count}` });
        client.send({ type, user_id, room: "quick", message: `quick ${type} ${count}` });
      }
    }
    await reader.get("usermsg", 6);
    const textsOf = (start: string) =>
      reader.ofType("usermsg").map(({ message }) => String(message)).filter((text) =>
        text.startsWith(start)
      );
    assert.deepEqual(textsOf("slow"), []);
    release();
    await reader.get("usermsg", 12);
    for (const start of ["slow publish", "quick publish", "slow usermsg", "quick usermsg"]) {
      assert.deepEqual(textsOf(start), [1, 2, 3].map((count) => `${start} ${count}`));
    }
  });
}

Deno.test("events are asked about where `event` says so, and `data` may be another", async () => {
  await using application = new Application(answerTo);
  await using program = await Program.start({ env: application.env("connect,say,event") });
  application.answer = (asked) => asked.type === "connect" ? { user_id: 1 } : answerTo(asked);
  const client = async () => {
    const made = await TestClient.connectV2(program.webSocketUrl);
    await made.command("auth", { credentials: {} });
    await made.command("connect");
    await made.command("subscribe", { room: "lobby" });
    return made;
  };
  await using writer = await client();
  await using reader = await client();
  await writer.command("event", { room: "lobby", event: "typing" });
  await writer.command("event", { room: "lobby", event: "offer", data: { price: 1 } });
  application.answer = () => ({ allow: false });
  await assert.rejects(
    writer.command("event", { room: "lobby", event: "typing" }),
    /forbidden: The application does not allow this/,
  );
  const events = await reader.get("event", 2);
  assert.deepEqual(events.map(({ event, data }) => ({ event, data })), [
    { event: "typing", data: undefined },
    { event: "offer", data: { price: 2 } },
  ]);
  assert.partialDeepStrictEqual(application.of("event")[0], {
    user_id: 1,
    room: "lobby",
    event: "typing",
  });
});

Deno.test("where no answer comes, failures are closed, or open where that is said", async () => {
  await using application = new Application(() => ({ error: "I know no such question" }));
  const said = async (onFailure: string): Promise<Frame[]> => {
    const env = { ...application.env("enter,say"), HOOK_ASK_FAILURE: onFailure };
    await using program = await Program.start({ env });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const failure = (error: Error): Frame => ({ failed: error.message });
    const entered = await client.command("subscribe", { room: "lobby" }).catch(failure);
    const spoken = await client.command("publish", { room: "lobby", message: "Hi" }).catch(failure);
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    assert.ok(stats.asks_failed >= 2);
    return [entered, spoken];
  };
  for (const { failed } of await said("closed")) assert.match(String(failed), /^unavailable: /);
  for (const { failed } of await said("open")) assert.equal(failed, undefined);
});

Deno.test("where failures are open, no answer is no yes: what is private stays so", async () => {
  const away = () => new Response(null, { status: 500 });
  await using application = new Application(({ type }) =>
    type === "connect" ? { user_id: 1, rooms: ["staff:mine"], topics: ["Mine"] } : away()
  );
  await using program = await Program.start({
    env: {
      ...application.env("connect,enter"),
      HOOK_ASK_FAILURE: "open",
      APP_PRIVATE_ROOMS: "staff:*",
    },
  });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("auth", { credentials: {} });
  await client.command("connect");
  await assert.rejects(client.command("subscribe", { room: "staff:1" }), /forbidden: .*private/);
  await assert.rejects(client.command("subscribe", { topic: "Other" }), /forbidden: /);
  for (const room of ["lobby", "staff:mine"]) await client.command("subscribe", { room });
  await client.command("subscribe", { topic: "Mine" });
  assert.equal(application.of("enter").length, 5);
});

Deno.test("whoever is put out of a room while an event is asked about tells nobody there of it", async () => {
  await using application = new Application(() => ({ allow: true }));
  const env = { ...application.env("event"), HOOK_ASK_SECONDS: "30" };
  await using program = await Program.start({ env });
  const manager = await Manager.of(program);
  await using reader = await TestClient.connectV2(program.webSocketUrl);
  await using teller = await TestClient.connectV2(program.webSocketUrl);
  for (const [client, user_id] of [[reader, 9], [teller, 1]] as const) {
    await client.command("connect", { user_id });
    await client.command("subscribe", { room: "lobby" });
  }
  const release = application.hold();
  const told = teller.command("event", { room: "lobby", event: "typing" });
  await application.get("event");
  await manager.call(program, "DELETE", "/rooms/lobby/connections/1");
  await teller.get("left");
  release();
  await assert.rejects(told, /not_in_room/);
  await reader.settled();
  assert.deepEqual(reader.ofType("event"), []);
});

Deno.test("a message whose sender hangs up while it is asked about is said; of who is blocked meanwhile it is not", async () => {
  await using application = new Application(answerTo);
  await using program = await Program.start({ env: { ...application.env("say"), APP_KEY } });
  const manager = await Manager.of(program);
  await using reader = await withToken(program, "9");
  await reader.command("subscribe", { room: "lobby" });
  const release = application.hold();
  const [polite, blocked] = [await withToken(program, "1"), await withToken(program, "2")];
  polite.send({ type: "publish", room: "lobby", message: "Bye" });
  blocked.send({ type: "publish", room: "lobby", message: "Haha" });
  await application.get("say", 2);
  await polite.close();
  await manager.done(program, "/users/2/block");
  await blocked.waitClosed();
  release();
  await reader.get("usermsg");
  await waitFor(
    "both are answered",
    async () => (await manager.stats(program))["asks_under_way"] === 0,
  );
  await reader.settled();
  assert.deepEqual(reader.ofType("usermsg").map(({ message }) => message), ["Bye"]);
});
