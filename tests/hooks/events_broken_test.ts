/** Logs of events that another program has broken: they stop nobody, and are told of again once they are mended. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";

const KEYS = ["events-log:hook", "events-batch:hook", "events-dropped:hook", "events-sender:hook"];

Deno.test("where the keys of an endpoint are of another type, clients go on, and once mended so do events", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  const env = { ...redis.env, ...hookEnv(receiver.url), HOOK_STREAM: "*" };
  await using program = await Program.start({ env });
  await using ann = await TestClient.connectV2(program.webSocketUrl);
  await ann.command("connect", { user_id: "ann" });
  const keys = [...KEYS, "events"].map((key) => `notifyli:${key}`);
  for (const key of keys) await redis.replaceByHash(key);
  await ann.command("subscribe", { room: "lobby" });
  await ann.command("publish", { room: "lobby", message: "not told" });
  await ann.command("event", { room: "lobby", event: "typing" });
  await ann.command("unsubscribe", { room: "lobby" });
  await redis.call("DEL", ...keys);
  await ann.command("publish", { room: "lobby", message: "told" });
  for (let count = 1;; count++) {
    const events = await receiver.getEvents(count);
    if (events.some(({ data }) => data["message"] === "told")) break;
  }
  assert.equal(await redis.call("TYPE", "notifyli:events"), "stream");
});
