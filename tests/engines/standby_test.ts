/** What a node does over and over while another one has the turn leaves nothing behind, for as long as it runs. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/config/config.ts";
import { Counters } from "../../lib/core/counters.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { openRedis } from "../../lib/engines/redis.ts";
import { Node } from "../../lib/core/node.ts";
import { RoomRules, roomsWithoutFile } from "../../lib/rooms/rules/room_rules.ts";
import { startScheduler } from "../../lib/inbox/scheduler.ts";
import { startStreamReader } from "../../lib/ways/stream_reader.ts";
import { WebhookSender } from "../../lib/hooks/sender.ts";
import { type CountedPauses, countPauses } from "../support/counted_pauses.ts";
import { RETENTION } from "../support/engine_suite.ts";
import { SECRET } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

/** A quarter of an hour of a node on standby. */
const MANY = 2000;

const WEBHOOK = {
  url: "http://127.0.0.1:1/",
  secrets: [SECRET],
  privateTargets: ["127.0.0.1"],
  stopWaitMs: 1000,
};

Deno.test("the stream's reader on standby leaves no listener behind", async () => {
  await using redis = await RedisServer.start();
  const { config } = readConfig(redis.env);
  assert.ok(config.redis);
  await using engine = openRedis(config.redis, { name: "standby", retention: RETENTION });
  const rules = new RoomRules(roomsWithoutFile([]), config.history);
  const node = new Node(engine, config, { counters: new Counters(), tokens: undefined, rules });
  await node.start();
  await using _stops = { [Symbol.asyncDispose]: () => node.stop() };
  await using _reads = startStreamReader(node, engine, config);
  await waitFor("it has the turn", () => redis.call("XLEN", "notifyli:notifications"));
  using pauses = countPauses();
  await using _waits = startStreamReader(node, engine, config);
  await staysFlat(pauses);
});

Deno.test("the scheduler leaves no listener behind", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", retention: RETENTION });
  using pauses = countPauses();
  await using _runs = startScheduler(engine.schedule, new Counters());
  await staysFlat(pauses);
});

Deno.test("the sender of webhooks on standby leaves no listener behind", async () => {
  await using redis = await RedisServer.start();
  const { config } = readConfig(redis.env);
  assert.ok(config.redis);
  const options = { name: "standby", retention: RETENTION, keepsReceipts: true };
  await using one = openRedis(config.redis, options);
  await using two = openRedis(config.redis, options);
  await Promise.all([one, two].map((each) => waitFor("it is there", () => each.redis.ping())));
  assert.ok(one.receipts && two.receipts);
  await using _tells = new WebhookSender(one.receipts, new Counters(), WEBHOOK);
  using pauses = countPauses();
  await using _waits = new WebhookSender(two.receipts, new Counters(), WEBHOOK);
  await staysFlat(pauses);
});

/** One pause at most is under way at any time; what comes and goes with one is not counted twice. */
async function staysFlat(pauses: CountedPauses): Promise<void> {
  await pauses.reached(MANY);
  assert.ok(pauses.listeners <= 2, `${pauses.count} pauses left ${pauses.listeners} listeners`);
}
