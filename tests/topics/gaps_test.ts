/** A node that did not hear all of a topic: its clients come back for what they missed, and get exactly that. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { clientOf, eventsIn, publishEvent } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

const ASKED = { topic: "T", filter: { id: 1 } };

Deno.test("a cut of Redis: clients come back, and get exactly what matches of what they missed", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using other = await Program.start({ env: { ...redis.env, APP_LISTENER: "node" } });
  await using client = await clientOf(one, 1);
  const { epoch } = await client.command("subscribe", ASKED);
  await publishEvent(other, "T", { data: { id: 1 } });
  await client.get("event");
  one.kill("SIGSTOP");
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await waitFor("the other node hears again", async () => {
    const heard = await redis.call("PUBSUB", "CHANNELS", "notifyli:*");
    return heard !== "";
  });
  for (let n = 0; n < 6; n++) await publishEvent(other, "T", { data: { id: n % 2, n } });
  one.kill("SIGCONT");
  assert.equal((await client.waitClosed()).code, 3011);
  await using again = await clientOf(one, 1);
  const reply = await again.command("subscribe", { ...ASKED, since: { offset: 1, epoch } });
  assert.equal(reply["recovered"], true);
  assert.deepEqual(eventsIn(reply).map(({ offset }) => offset), [3, 5, 7]);
});

Deno.test("a node that misses an event of a topic ends the connections that would not know", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await clientOf(program, 1);
  await using bystander = await clientOf(program, 2);
  await bystander.command("subscribe", { topic: "U" });
  const { epoch } = await client.command("subscribe", ASKED);
  await publishEvent(program, "T", { data: { id: 1 } });
  await client.get("event");
  const content = JSON.stringify({ data: { id: 1 } });
  const heard = (offset: number) => `topic_event ${offset} ${epoch} id-1 1700000000 \n${content}`;
  await redis.call("PUBLISH", "notifyli:topic:T", heard(1)); // it was heard already
  await redis.call("PUBLISH", "notifyli:topic:T", heard(3));
  assert.equal((await client.waitClosed()).code, 3011);
  assert.equal(client.ofType("event").length, 1);
  await bystander.settled();
  const line = program.log.find(({ message }) => /since this node missed an event/.test(message));
  assert.equal(line?.["count"], 1);
});

Deno.test("a topic that begins anew after a long silence says so, and nothing is missed", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await clientOf(program, 1);
  const before = await client.command("subscribe", { ...ASKED, filter: { id: 2 } });
  await client.command("subscribe", ASKED);
  await publishEvent(program, "T", { data: { id: 1 } });
  await redis.call("DEL", "notifyli:position:topic:{T}", "notifyli:history:topic:{T}"); // as when their time is over
  const { json } = await publishEvent(program, "T", { data: { id: 1, n: 2 } });
  assert.equal(json["offset"], 1);
  assert.notEqual(json["epoch"], before["epoch"]);
  await client.get("event", 2);
  const told = client.frames.filter(({ type }) => type === "event" || type === "position");
  assert.deepEqual(told.map(({ type, offset, epoch }) => [type, offset, epoch]), [
    ["event", 1, undefined],
    ["position", 0, json["epoch"]],
    ["event", 1, undefined],
  ]);
  const since = { offset: 0, epoch: json["epoch"] };
  const reply = await client.command("subscribe", { ...ASKED, since });
  assert.deepEqual([reply["recovered"], eventsIn(reply).length], [true, 1]);
});

Deno.test("who comes from a node that has heard more waits until this one has heard it", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await clientOf(program, 1);
  const { epoch } = await client.command("subscribe", ASKED);
  const content = JSON.stringify({ data: { id: 1 } });
  await using early = await clientOf(program, 2);
  await redis.call("HSET", "notifyli:position:topic:{T}", "offset", "1"); // as when another node has published
  const subscribing = early.command("subscribe", { ...ASKED, since: { offset: 1, epoch } });
  const again = waitFor("it is asked", async () => {
    await redis.call(
      "PUBLISH",
      "notifyli:topic:T",
      `topic_event 1 ${epoch} id-1 1700000000 \n${content}`,
    );
    return true;
  });
  const [reply] = await Promise.all([subscribing, again]);
  assert.deepEqual([reply["recovered"], reply["offset"], eventsIn(reply)], [true, 1, []]);
  await client.get("event");
  await early.settled();
  assert.deepEqual(early.ofType("event"), []);
  const beyond = await early.command("subscribe", { ...ASKED, since: { offset: 9, epoch } });
  assert.deepEqual([beyond["recovered"], beyond["reason"]], [false, "epoch"]);
});
