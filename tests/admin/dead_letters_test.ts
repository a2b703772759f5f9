/** What was refused or given up: operators look at it, send it again and delete it. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { Nodes } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { Rabbit, RabbitSender } from "../support/rabbit.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

Deno.test("dead letters of the stream and of endpoints: looked at, sent again, deleted", async () => {
  await using receiver = new Receiver();
  await using postgres = await PostgresServer.start();
  await using nodes = await Nodes.redis({ ...hookEnv(receiver.url), ...postgres.env });
  const { manager, first, last, redis } = nodes;
  const add = (...fields: string[]) =>
    redis!.call("XADD", "notifyli:notifications", "*", ...fields);
  await add("user_id", "7", "message", "");
  await add("user_id", "7", "message", "Hello!", "expires_at", "0");
  await redis!.call("XADD", "notifyli:publications:stream", "*", "room", "lobby");
  const list = async (source: string, query = "") => {
    const path = `/dead-letters?source=${source}${query}`;
    const { status, json } = await manager.call(last, "GET", path);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  };
  const letters = await waitFor("all are refused", async () => {
    const found = (await list("stream"))["dead_letters"] as Json[];
    return found.length === 3 && found;
  });
  const empty = letters.find(({ payload }) => (payload as Json)["message"] === "")!;
  assert.match(String(empty["reason"]), /message/);
  assert.deepEqual(empty["payload"], { user_id: "7", message: "" });
  assert.ok(Math.abs(Number(empty["at"]) - Date.now() / 1000) < 120);
  const page = await list("stream", "&limit=2");
  assert.deepEqual(
    [
      ...page["dead_letters"] as Json[],
      ...(await list("stream", `&before=${page["next"]}`))["dead_letters"] as Json[],
    ],
    letters,
  );
  // What is refused again stays, and its operator is told why.
  const again = await manager.call(first, "POST", `/dead-letters/stream/${empty["id"]}/resend`);
  assert.equal(again.status, 400);
  assert.equal(((await list("stream"))["dead_letters"] as Json[]).length, 3);
  // What can be taken by now is, once.
  await redis!.call(
    "XADD",
    "notifyli:notifications-dead",
    "*",
    "reason",
    "was down",
    "way",
    "stream",
    "entry",
    "1-1",
    "user_id",
    "7",
    "message",
    "Again!",
  );
  const [good] = (await list("stream"))["dead_letters"] as Json[];
  const resent = await manager.call(first, "POST", `/dead-letters/stream/${good!["id"]}/resend`);
  assert.deepEqual([resent.status, resent.json], [202, { id: good!["id"], source: "stream" }]);
  const receipt = await manager.call(first, "GET", `/notifications/again-${good!["id"]}`);
  assert.equal(receipt.status, 200, JSON.stringify(receipt.json));
  for (const { id } of letters) {
    assert.equal((await manager.call(first, "DELETE", `/dead-letters/stream/${id}`)).status, 204);
    assert.equal((await manager.call(last, "DELETE", `/dead-letters/stream/${id}`)).status, 204);
  }
  assert.deepEqual((await list("stream"))["dead_letters"], []);
  assert.equal((await manager.call(first, "POST", "/dead-letters/stream/1-1/resend")).status, 404);

  // An event that was given up for an endpoint is told once more.
  const event = {
    event: "message.received",
    id: "event-1",
    site: "default",
    room: "r",
    at: 1000,
    data: { message: "x" },
  };
  await postgres.sql(`INSERT INTO hook_dead (endpoint, id, at, reason, event)
    VALUES ('hook', 'event-1', ${Date.now()}, 'it refused them', '${JSON.stringify(event)}')`);
  const hooks = async () => {
    const { status, json } = await manager.call(last, "GET", "/hooks");
    assert.equal(status, 200);
    return (json["hooks"] as Json[])[0]!;
  };
  const shown = await hooks();
  assert.equal(shown["url"], `http://127.0.0.1:${receiver.port}/***`);
  assert.deepEqual([shown["name"], shown["dead"], shown["events"]], ["hook", 1, ["*"]]);
  const [dead] = (await list("hooks"))["dead_letters"] as Json[];
  assert.equal((dead?.["payload"] as Json)["event"], "message.received");
  assert.equal(dead?.["reason"], "it refused them");
  const told = await manager.call(last, "POST", `/dead-letters/hooks/${dead?.["id"]}/resend`);
  assert.equal(told.status, 202, JSON.stringify(told.json));
  await waitFor(
    "it is told",
    () => receiver.told.some(({ events }) => events.some(({ id }) => id === "event-1")),
  );
  assert.deepEqual((await list("hooks"))["dead_letters"], []);
  await waitFor("it is counted", async () => Number((await hooks())["delivered"]) >= 1);
  assert.equal((await hooks())["state"], "telling");
  // An endpoint that fails is seen, with the reason and how late it is.
  receiver.answer = () => new Response(null, { status: 500 });
  await using _ = await TestClient.connectWithToken(
    first.webSocketUrl,
    await connectionToken({ sub: "1" }),
  );
  const failing = await waitFor("it fails", async () => {
    const hook = await hooks();
    return hook["state"] === "failing" && hook;
  });
  assert.equal((failing["last_error"] as Json)["reason"], "status 500");
  receiver.answer = () => new Response();

  const { json } = await manager.call(first, "GET", "/audit?limit=1000");
  const did = (json["records"] as Json[]).map(({ action }) => action);
  assert.equal(did.filter((action) => action === "dead_letter.resend").length, 2);
  assert.equal(did.filter((action) => action === "dead_letter.delete").length, 6);
  const foreign = await Manager.of(first, "shop");
  for (const path of ["/hooks", "/dead-letters?source=stream"]) {
    assert.equal((await foreign.call(first, "GET", path)).status, 403, path);
  }
  assert.equal((await manager.call(first, "GET", "/dead-letters?source=mail")).status, 400);
});

Deno.test("dead letters of RabbitMQ: looked at in their places, sent again, deleted", async () => {
  await using rabbit = await Rabbit.start();
  await using nodes = await Nodes.embedded("deno", { AMQP_URL: rabbit.url });
  const { manager, first } = nodes;
  await waitFor("it reads", async () => (await manager.stats(first))["amqp_up"] === 1);
  await using sender = await RabbitSender.open(rabbit.url, "notifyli.notifications");
  await sender.send({ user_id: 7, message: "" });
  await sender.send({ user_id: 8, message: "" });
  const list = async () =>
    (await manager.call(first, "GET", "/dead-letters?source=amqp")).json["dead_letters"] as Json[];
  const letters = await waitFor("both are refused", async () => {
    const found = await list();
    return found.length === 2 && found;
  });
  assert.deepEqual(letters.map(({ payload }) => (payload as Json)["user_id"]), [8, 7]);
  assert.match(String(letters[0]?.["reason"]), /message/);
  assert.deepEqual(await list(), letters, "looking changes nothing");
  const { status } = await manager.call(
    first,
    "POST",
    `/dead-letters/amqp/${letters[1]?.["id"]}/resend`,
  );
  assert.equal(status, 202);
  await waitFor("it is refused again", async () => {
    const users = (await list()).map(({ payload }) => (payload as Json)["user_id"]);
    return users.join() === "7,8";
  });
  for (const { id } of await list()) {
    assert.equal((await manager.call(first, "DELETE", `/dead-letters/amqp/${id}`)).status, 204);
  }
  assert.deepEqual(await list(), []);
});
