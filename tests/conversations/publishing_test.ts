/** What is published of conversations reaches who is in them, on all nodes, once each, and nobody else. */
import assert from "node:assert/strict";
import { Nodes } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const ENV = { APP_RATE_CHAT: "off" };

const PLACES = {
  "one node, SQLite": () => Nodes.embedded("node", ENV),
  async "two nodes, Redis and PostgreSQL"() {
    const postgres = await PostgresServer.start();
    const nodes = await Nodes.redis({ ...ENV, DATABASE_URL: postgres.url });
    return Object.assign(nodes, { postgres });
  },
};

for (const [place, start] of Object.entries(PLACES)) {
  Deno.test(`what happens in conversations is told to their members (${place})`, async () => {
    const nodes = await start();
    await using _ = nodes;
    await using _postgres = "postgres" in nodes ? nodes.postgres as PostgresServer : undefined;
    const clientOf = async (program: Program, sub: string, site?: string) => {
      const token = await connectionToken({ sub, name: `name of ${sub}`, ...(site && { site }) });
      const client = await TestClient.connectWithToken(program.webSocketUrl, token);
      await client.command("conversations");
      return client;
    };
    await using alice = await clientOf(nodes.first, "1");
    await using phone = await clientOf(nodes.last, "1");
    await using bob = await clientOf(nodes.last, "2");
    await using carol = await clientOf(nodes.first, "3");
    const members = Array.from({ length: 20 }, (_, index) => index + 2).filter((id) => id !== 3);
    const { conversation } = await alice.command("conversation", {
      ...{ kind: "group", name: "Team", members },
    }) as { conversation: Frame };
    const group = Number(conversation["id"]);
    await bob.get("conversation_changed");
    const told = (client: TestClient, type: string, id: number) =>
      client.frames.filter((frame) => frame.type === type && frame["conversation"] === id);

    // Few are told by their own channels, many by one publication; both write at once, by two nodes.
    const { message } = await alice.command("message", { to: 2, text: "Hi" }) as { message: Frame };
    const pair = Number(message["conversation"]);
    const saying = [alice, bob].flatMap((client) =>
      [group, pair].map(async (id) => {
        for (let index = 0; index < 6; index++) {
          await client.command("message", { conversation: id, text: `Message ${index}` });
        }
      })
    );
    await Promise.all(saying);
    for (const client of [alice, phone, bob]) {
      for (const [id, count] of [[group, 13], [pair, 13]] as const) {
        await waitFor(
          `all messages of ${id}`,
          () => told(client, "new_message", id).length >= count,
        );
        const offsets = told(client, "new_message", id).map((frame) => Number(frame["offset"]));
        const all = Array.from({ length: count }, (_, index) => index + 1);
        assert.deepEqual(offsets.toSorted((one, other) => one - other), all, "each once");
        if (nodes.all.length === 1) assert.deepEqual(offsets, all, "in order");
      }
    }

    await bob.command("typing", { conversation: group });
    await bob.command("react", { message: message["id"], emoji: "👍" });
    await bob.command("seen", { conversation: pair });
    const last = Math.max( // she is told of what she has said, and not of what Bob has
      ...told(bob, "new_message", pair).map(({ message }) => message as Frame)
        .filter(({ user_id }) => user_id === 1).map(({ offset }) => Number(offset)),
    );
    await waitFor(
      "Alice hears how far Bob is",
      () =>
        told(alice, "receipt", pair).flatMap(({ receipts }) => receipts as Frame[])
          .some(({ user_id, read }) => user_id === 2 && Number(read) >= last),
    );
    await phone.get("message_changed");
    const [typing] = await phone.get("typing");
    assert.deepEqual([typing?.["user_id"], typing?.["typing"]], [2, true]);
    await alice.command("conversation", { conversation: group, muted: true });
    await waitFor(
      "the phone is told",
      () => told(phone, "conversation_changed", group).some(({ change }) => change === "own"),
    );
    await alice.command("conversation", { conversation: group, remove: [2] });
    await waitFor(
      "Bob is told",
      () => told(bob, "conversation_changed", group).some(({ change }) => change === "removed"),
    );
    const before = bob.frames.length;
    await alice.command("message", { conversation: group, text: "Without Bob" });
    await waitFor("the phone is told", () => told(phone, "new_message", group).length === 15);
    await bob.settled();
    assert.deepEqual(bob.frames.slice(before).filter(({ type }) => type === "new_message"), []);
    await carol.settled();
    assert.deepEqual(
      carol.frames.filter(({ type }) => /message|receipt|typing/.test(String(type))),
      [],
    );
    await assert.rejects(carol.command("messages", { conversation: group }), /not_found/);
  });
}

Deno.test("what is said while a node cannot publish is told once it can", async () => {
  await using postgres = await PostgresServer.start();
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  const env = { ...ENV, APP_KEY, DATABASE_URL: postgres.url };
  await using near = await Program.start({ env: { ...env, ...redis.env } });
  await using far = await Program.start({
    env: { ...env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
  });
  const [one, two] = await Promise.all(["1", "2"].map((sub) => connectionToken({ sub })));
  await using bob = await TestClient.connectWithToken(near.webSocketUrl, two!);
  await bob.command("conversations");
  const say = async (text: string) => {
    const response = await fetch(`${far.url}/api/conversations/1/messages`, {
      method: "POST",
      body: text,
      headers: { authorization: `Bearer ${one}` },
    });
    await response.body?.cancel();
    return response.status;
  };
  await bob.command("conversation", { kind: "private", members: [1] });
  assert.equal(await say("first"), 201);
  await bob.get("new_message");
  proxy.down();
  await waitFor("the far node is cut off", async () => {
    const response = await fetch(`${far.url}/readyz`);
    await response.body?.cancel();
    return response.status === 503;
  });
  for (const text of ["second", "third"]) assert.equal(await say(text), 201);
  const { messages } = await bob.command("messages", { conversation: 1 }) as { messages: Frame[] };
  assert.deepEqual(messages.map(({ text }) => text), ["first", "second", "third"]);
  proxy.up();
  await bob.get("new_message", 3);
  const texts = bob.ofType("new_message").map(({ message }) => (message as Frame)["text"]);
  assert.deepEqual(texts, ["first", "second", "third"]);
});
