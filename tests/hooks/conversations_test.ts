/** Applications are told what happens in conversations: of all that was accepted, also where the server is killed. */
import assert from "node:assert/strict";
import { ChatClient } from "../support/chat_client.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`events of conversations, ${what}`, async () => {
    await using receiver = new Receiver();
    await using world = await start(hookEnv(receiver.url, { HOOK_EVENTS: "conversation.*" }));
    const [here, there] = [world.nodes.first.webSocketUrl, world.nodes.last.webSocketUrl];
    const token = (sub: string) => connectionToken({ sub, name: `User ${sub}`, site_id: "shop" });
    await using ann = await ChatClient.open(here, await token("1"));
    await using bob = await ChatClient.open(there, await token("2"));
    const id = await ann.say(2, "Hello", { id: "own-id-of-ann" });
    await ann.say(2, "Hello", { id: "own-id-of-ann" });
    const [message] = await bob.get(1);
    const conversation = message?.conversation_id;
    await bob.ask({ type: "read", conversation_id: conversation, message_id: id });
    const told = await waitFor("the events", () => {
      const events = receiver.events.filter(({ event }) => !event.includes("member"));
      return events.length >= 2 && events;
    });
    const [said, read] = told;
    const place = { conversation, conversation_kind: "private" };
    assert.partialDeepStrictEqual(said, {
      event: "conversation.message",
      site: "shop",
      user_id: 1,
      data: {
        ...place,
        id,
        kind: "text",
        name: "User 1",
        message: "Hello",
        own_id: "own-id-of-ann",
      },
    });
    assert.partialDeepStrictEqual(read, {
      event: "conversation.read",
      site: "shop",
      user_id: 2,
      data: { ...place, unread: 0 },
    });
    await ann.say(2, "the end");
    await waitFor("the last", () => receiver.events.at(-1)?.data["message"] === "the end");
    const messages = receiver.events.filter(({ event }) => event === "conversation.message");
    assert.equal(messages.length, 2, "what is sent again is told of once");
  });
}

for (const database of ["SQLite", "PostgreSQL"]) {
  Deno.test(`events of conversations, ${database}: what was accepted is told, also where the server is killed`, async () => {
    await using receiver = new Receiver();
    await using parts = new AsyncDisposableStack();
    const env: Record<string, string> = hookEnv(receiver.url, {
      HOOK_EVENTS: "conversation.message",
    });
    if (database === "PostgreSQL") {
      const postgres = parts.use(await PostgresServer.start());
      const redis = parts.use(await RedisServer.start());
      Object.assign(env, redis.env, { DATABASE_URL: postgres.url });
    }
    const dataDir = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(dataDir, { recursive: true }));
    const first = parts.use(
      await Program.start({ env: { ...env, APP_RATE_CHAT: "off" }, dataDir }),
    );
    const clients = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ChatClient.open(first.webSocketUrl, `${index + 1}`)),
    );
    const accepted = new Set<number>();
    for (const client of clients) {
      // Each goes on until the server is gone.
      void sayOn(client, (id) => accepted.add(id)).catch(() => {});
    }
    await waitFor("some are accepted", () => accepted.size >= 100);
    first.kill("SIGKILL");
    await Promise.all(clients.map(({ socket }) => socket.waitClosed()));
    parts.use(await Program.start({ env, dataDir }));
    await waitFor("all that was accepted is told", () => {
      const told = new Set(receiver.events.map(({ data }) => Number(data["id"])));
      const missing = accepted.difference(told);
      if (missing.size > 0) throw new Error(`${missing.size} of ${accepted.size} are missing`);
      return true;
    });
    const ids = receiver.events.map(({ data }) => Number(data["id"]));
    assert.equal(new Set(ids).size, ids.length, "each is told of once");
  });
}

async function sayOn(client: ChatClient, onAccepted: (id: number) => void): Promise<never> {
  for (let count = 0;; count++) onAccepted(await client.say(100, `${count}`));
}
