/** Applications are told what happens in conversations: of all that was accepted, also where the server is killed. */
import assert from "node:assert/strict";
import { ChatClient } from "../support/chat_client.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
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

    await using v2 = await TestClient.connectWithToken(here, await token("1"));
    const group = await v2.command("conversation", { kind: "group", name: "Team", members: [2] });
    const { id: team } = group["conversation"] as Frame;
    const sent = await v2.command("message", { conversation: team, text: "Helo", data: { a: 1 } });
    const { id: wrong } = sent["message"] as Frame;
    await v2.command("edit", { message: wrong, text: "Hello" });
    await v2.command("unsend", { message: wrong });
    await v2.command("conversation", { conversation: team, remove: [2], add: [3] });
    await v2.command("conversation", { conversation: team, leave: true });
    const ofTeam = await waitFor("the events of the group", () => {
      const events = receiver.events.filter(({ data }) => data["conversation"] === team);
      return events.some(({ user_id, event }) => user_id === 1 && event.endsWith("removed")) &&
        events;
    });
    assert.deepEqual(
      ofTeam.map(({ event, user_id, data }) =>
        [event.split(".")[1], user_id, data["by"] ?? data["message"]].join(" ").trim()
      ),
      [
        "member_added 1 1",
        "member_added 2 1",
        "message 1 Helo",
        "message_edited 1 Hello",
        "message_deleted 1",
        "member_added 3 1",
        "member_removed 2 1",
        "member_removed 1 1",
      ],
    );
  });
}

for (const database of ["SQLite", "PostgreSQL"]) {
  Deno.test(`events of conversations, ${database}: what was accepted is told, also where the server is killed`, async () => {
    await using receiver = new Receiver();
    await using parts = new AsyncDisposableStack();
    const env: Record<string, string> = hookEnv(receiver.url, {
      HOOK_EVENTS: "conversation.message",
    });
    const postgres = database === "SQLite" ? undefined : parts.use(await PostgresServer.start());
    if (postgres !== undefined) {
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
    // Another node has died on the way from the database to the logs.
    const left = { event: "conversation.message", id: "left", site: "default", at: 0, data: {} };
    await postgres?.sql(
      `INSERT INTO event_outbox VALUES ('left', 0, '${JSON.stringify(left)}');
       UPDATE event_outbox SET due_at = 0`, // as if it were later
    );
    parts.use(await Program.start({ env, dataDir }));
    await waitFor("all that was accepted is told", () => {
      const told = new Set(receiver.events.map(({ data }) => Number(data["id"])));
      const missing = accepted.difference(told);
      if (missing.size > 0) throw new Error(`${missing.size} of ${accepted.size} are missing`);
      return true;
    });
    if (postgres !== undefined) {
      await waitFor("what was left is told", () => receiver.events.some(({ id }) => id === "left"));
      const waiting = () => postgres.sql("SELECT count(*) FROM event_outbox WHERE due_at = 0");
      await waitFor("it is taken out", async () => await waiting() === "0");
    }
    const ids = receiver.events.map(({ id, data }) => data["id"] ?? id);
    assert.equal(new Set(ids).size, ids.length, "each is told of once");
  });
}

async function sayOn(client: ChatClient, onAccepted: (id: number) => void): Promise<never> {
  for (let count = 0;; count++) onAccepted(await client.say(100, `${count}`));
}
