/** Who counts as hearing, but is gone, is notified of what was said meanwhile; who has it, or hears it, is not. */
import assert from "node:assert/strict";
import { userOf } from "../support/chat.ts";
import { ChatClient } from "../support/chat_client.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { Nodes } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { inboxOf, type Notice } from "./inbox.ts";

/** Messages are looked at again at the age of two and a half of these: a test need not wait for long. */
const ENV = { APP_KEEPALIVE_SECONDS: "3" };

const WORLDS: typeof CHAT_WORLDS = [
  ...CHAT_WORLDS,
  ["SQLite, one node of Deno's listener", async (env) => {
    const nodes = await Nodes.embedded("deno", env);
    return { nodes, [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose]() };
  }],
];

/** A connection of version 2, which says of no message that it has it. @param port of the server, or of what stands before it */
async function hearing(port: number, sub: string): Promise<TestClient> {
  const client = await TestClient.connectWithToken(
    `ws://127.0.0.1:${port}/ws`,
    await connectionToken({ sub, name: `User ${sub}` }),
  );
  await client.command("conversations");
  return client;
}

async function say(by: TestClient, to: Frame, text: string, more: Frame = {}): Promise<Frame> {
  return (await by.command("message", { ...to, text, ...more }))["message"] as Frame;
}

async function waitForInbox(url: string, sub: string, expected: Notice[]): Promise<void> {
  const text = JSON.stringify(expected);
  await waitFor(`the inbox of ${sub} has ${text}`, async () => {
    const inbox = JSON.stringify(await inboxOf(url, sub));
    if (inbox !== text) throw new Error(inbox);
    return true;
  });
}

for (const [what, start] of WORLDS) {
  Deno.test(`the user of a laptop that sleeps is notified, once, ${what}`, async () => {
    await using world = await start(ENV);
    const { first, last } = world.nodes;
    const url = first.webSocketUrl;
    await using proxy = new TcpProxy(last.port);
    await using ann = await hearing(first.port, "1");
    await using awake = await hearing(last.port, "3");
    const asleep = await Promise.all(
      ["2", "4", "5", "6", "7"].map((sub) => hearing(proxy.port, sub)),
    );
    const [, muted, blocking] = asleep;
    const made = await ann.command("conversation", {
      ...{ kind: "group", name: "Team", members: [2, 3, 4, 5, 6, 7] },
    });
    const { id: conversation } = made["conversation"] as Frame;
    await muted?.command("conversation", { conversation, muted: true });
    await blocking?.command("contact", { user_id: 1, blocked: true });
    const before = await say(ann, { conversation }, "all have this");
    for (const each of [awake, ...asleep]) {
      await each.get("new_message");
      await each.command("seen", { conversation, offset: before["offset"], state: "delivered" });
    }

    proxy.freeze();
    await say(ann, { conversation }, "one");
    const { id } = await say(ann, { conversation }, "taken back");
    await ann.command("unsend", { message: id });
    const { offset } = await say(ann, { conversation }, "two", { mentions: [7] });
    const seen = `/conversations/${conversation}/read`;
    await (await userOf(first, 6)).done("POST", seen, { offset, state: "delivered" });
    const two: Notice = ["Team", "2 new messages. The last, by User 1: two", 2];
    await waitForInbox(url, "2", [two]);
    await waitForInbox(url, "7", [two]);
    await say(ann, { conversation }, "three");
    const three: Notice = ["Team", "3 new messages. The last, by User 1: three", 3];
    await waitForInbox(url, "2", [three]);

    // Once this is told all that was said before has come of age.
    await using later = new TcpProxy(last.port);
    const other = await hearing(later.port, "8");
    later.freeze();
    await say(ann, { to: 8 }, "the end");
    await waitForInbox(url, "8", [["User 1", "the end", 1]]);
    assert.deepEqual(await inboxOf(url, "2"), [three]);
    const six: Notice = ["Team", "User 1: three", 1]; // one that has come is not counted
    for (const [sub, expected] of [["3", []], ["4", []], ["5", []], ["6", [six]]] as const) {
      assert.deepEqual(await inboxOf(url, sub), expected, sub);
    }
    const heard = awake.ofType("new_message").map(({ message }) => (message as Frame)["text"]);
    assert.deepEqual(
      heard.filter((text) => text !== undefined),
      ["all have this", "one", "taken back", "two", "three"],
    );
    await (await userOf(first, 2)).done("POST", seen);
    await waitForInbox(url, "2", []);
    for (const each of [proxy, later]) each.cut();
    for (const each of [other, ...asleep]) await each.waitClosed();
  });
}

Deno.test("a client of the chat protocol that sleeps proves nothing on the node listener, and its user is notified", async () => {
  await using nodes = await Nodes.embedded("node", ENV);
  const { webSocketUrl, port } = nodes.first;
  await using proxy = new TcpProxy(port);
  await using ann = await hearing(port, "1");
  const bob = await ChatClient.open(
    `ws://127.0.0.1:${proxy.port}/ws`,
    await connectionToken({ sub: "2" }),
  );
  await say(ann, { to: 2 }, "one");
  await bob.get(1);
  await waitFor("it is proved that this has come", async () => {
    const { conversations } = await ann.command("conversations");
    const [{ last_message }] = conversations as [{ last_message: Frame }];
    return last_message["status"] === "delivered";
  });
  proxy.freeze();
  await say(ann, { to: 2 }, "two");
  await waitForInbox(webSocketUrl, "2", [["User 1", "two", 1]]);
  proxy.cut();
  await bob.socket.waitClosed();
});

Deno.test("what was said right before the server was killed is told by the next one", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { ...ENV, APP_KEY };
  {
    await using program = await Program.start({ env, dataDir });
    await using ann = await hearing(program.port, "1");
    await using bob = await hearing(program.port, "2");
    await using carl = await hearing(program.port, "3");
    await say(ann, { to: 2 }, "did this come?");
    const { conversation, offset } = await say(ann, { to: 3 }, "this did");
    await carl.command("seen", { conversation, offset, state: "delivered" });
    await bob.get("new_message");
    program.kill("SIGKILL");
    await Promise.all([ann, bob, carl].map((each) => each.waitClosed()));
  }
  await using program = await Program.start({ env, dataDir });
  await waitForInbox(program.webSocketUrl, "2", [["User 1", "did this come?", 1]]);
  assert.deepEqual(await inboxOf(program.webSocketUrl, "3"), []);
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("while a node is frozen its users seem to hear; once it was killed another node tells them", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const env = { ...ENV, ...redis.env, APP_KEY, DATABASE_URL: postgres.url };
  await using frozen = await Program.start({ env });
  await using other = await Program.start({ env });
  await using ann = await hearing(other.port, "1");
  const bob = await hearing(frozen.port, "2");
  frozen.kill("SIGSTOP");
  await say(ann, { to: 2 }, "Hello?");
  frozen.kill("SIGKILL");
  await bob.waitClosed();
  await waitForInbox(other.webSocketUrl, "2", [["User 1", "Hello?", 1]]);
});

Deno.test("notifications that are switched on again are not for what was said meanwhile", async () => {
  const dataDir = await Deno.makeTempDir();
  const start = (APP_CHAT_NOTIFY: string) =>
    Program.start({ env: { ...ENV, APP_KEY, APP_CHAT_NOTIFY }, dataDir });
  const sayWith = async (isOn: boolean, text: string) => {
    await using program = await start(String(isOn));
    await using ann = await hearing(program.port, "1");
    await say(ann, { to: 2 }, text);
  };
  await sayWith(true, "one");
  await sayWith(false, "two");
  await using program = await start("true");
  await using proxy = new TcpProxy(program.port);
  await using ann = await hearing(program.port, "1");
  const asleep = await hearing(proxy.port, "3");
  proxy.freeze();
  await say(ann, { to: 3 }, "three");
  await waitForInbox(program.webSocketUrl, "3", [["User 1", "three", 1]]);
  assert.deepEqual(await inboxOf(program.webSocketUrl, "2"), [["User 1", "one", 1]]);
  proxy.cut();
  await asleep.waitClosed();
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});
