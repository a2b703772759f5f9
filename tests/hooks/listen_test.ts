/** What happens on a node, as a handler in the same process is told of it. */
import assert from "node:assert/strict";
import { AppEvents, type EventHandler } from "../../lib/hooks/events/app_events.ts";
import type { AppEvent } from "../../lib/hooks/events/event.ts";
import type { Server } from "../../lib/server.ts";
import { startHere } from "../support/server_here.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a handler is told of connections that come and go", async () => {
  await using server = await startHere();
  const { events, handler } = collector();
  using _listening = server.use(AppEvents).listen(handler, { events: ["connection.*"] });
  const ann = await connect(server, "ann");
  await ann.close();
  const [open, close] = await waitFor("both", () => events.length === 2 && events);
  assert.partialDeepStrictEqual(open, { event: "connection.open", site: "default", user: "ann" });
  assert.partialDeepStrictEqual(close, { event: "connection.close", user: "ann" });
  assert.equal(open?.data["client_id"], close?.data["client_id"]);
  assert.notEqual(open?.id, close?.id);
  assert.ok(Math.abs((open?.at ?? 0) - Date.now()) < 60_000);
});

Deno.test("a handler is told of what a client says, with its place, and of no other room", async () => {
  await using server = await startHere();
  const { events, handler } = collector();
  const choice = { events: ["*.received"], rooms: ["chat:*"] };
  using _listening = server.use(AppEvents).listen(handler, choice);
  await using ann = await connect(server, "ann");
  for (const room of ["chat:1", "other"]) await ann.command("subscribe", { room });
  await ann.command("publish", { room: "other", message: "not told" });
  const said = { room: "chat:1", message: "Hello", data: { mood: "good" }, id: "message-1" };
  const { offset, epoch } = await ann.command("publish", said);
  await ann.command("publish", said);
  await ann.command("event", { room: "chat:1", event: "typing", data: [1] });
  assert.equal(events.length, 2, "a message that came twice is told once");
  const [message, event] = events;
  assert.partialDeepStrictEqual(message, {
    event: "message.received",
    site: "default",
    room: "chat:1",
    user: "ann",
    data: { id: "message-1", name: "ann", message: "Hello", data: { mood: "good" } },
    offset,
    epoch,
  });
  assert.partialDeepStrictEqual(event, {
    event: "event.received",
    room: "chat:1",
    user: "ann",
    data: { event: "typing", name: "ann", data: [1] },
  });
});

Deno.test("a handler is told of clients of the base protocol, with the connection", async () => {
  await using server = await startHere();
  const names: (string | undefined)[] = [];
  using _listening = server.use(AppEvents).listen(
    (event, connection) => names.push(`${event.event} ${connection?.user}`),
    { events: ["message.received"] },
  );
  const token = await connectionToken({ sub: "bob" });
  const url = webSocketUrl(server);
  await using bob = await TestClient.connectAs(url, {
    protocols: ["notifyli.v1", `notifyli.token.${token}`],
  });
  bob.send({ type: "usermsg", room: "lobby", message: "Hi", user_id: "bob", name: "Bob" });
  await bob.get("usermsg");
  await waitFor("it is told", () => names.length === 1);
  assert.deepEqual(names, ["message.received bob"]);
});

Deno.test("what a handler throws harms nobody, and a handler that was taken out is told nothing", async () => {
  await using server = await startHere();
  const events = server.use(AppEvents);
  const failing = events.listen(() => {
    throw new Error("a handler of the tests");
  });
  const { events: told, handler } = collector();
  using _listening = events.listen(handler, { events: ["message.received"] });
  await using ann = await connect(server, "ann");
  await ann.command("subscribe", { room: "lobby" });
  await ann.command("publish", { room: "lobby", message: "one" });
  assert.equal(told.length, 1);
  failing[Symbol.dispose]();
  assert.equal(events.asksFor("connection.open"), false);
  assert.equal(events.asksFor("message.received"), true);
});

function collector(): { events: AppEvent[]; handler: EventHandler } {
  const events: AppEvent[] = [];
  return { events, handler: (event) => void events.push(event) };
}

async function connect(server: Server, user: string): Promise<TestClient> {
  return await TestClient.connectWithToken(
    webSocketUrl(server),
    await connectionToken({ sub: user }),
  );
}

function webSocketUrl({ url }: Server): string {
  return `${url.replace("http", "ws")}/ws`;
}
