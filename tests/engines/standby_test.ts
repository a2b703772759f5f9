/** What a node does over and over while another one has the turn leaves nothing behind, for as long as it runs. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { startTasks } from "../../lib/core/task.ts";
import { inboxCounters } from "../../lib/inbox/metrics.ts";
import { Sendings } from "../../lib/inbox/sendings.ts";
import type { ReceiptLog } from "../../lib/inbox/store/store.ts";
import { scheduler } from "../../lib/inbox/scheduler.ts";
import { streamCounters } from "../../lib/ways/metrics.ts";
import { StreamReader } from "../../lib/ways/stream_reader.ts";
import { notificationStream } from "../../lib/ways/streams.ts";
import { webhookCounters } from "../../lib/hooks/metrics.ts";
import { RECEIPTS } from "../../lib/hooks/receipts.ts";
import { WebhookSender } from "../../lib/hooks/sender.ts";
import { type CountedPauses, countPauses } from "../support/counted_pauses.ts";
import { openFullEmbedded, openFullRedis } from "../support/engines.ts";
import { SECRET } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { openKernel } from "../support/kernel.ts";
import { runTask } from "../support/tasks.ts";
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
  await using engine = await openFullRedis(redis);
  await using kernel = await openKernel(engine, { config });
  const options = { redis: config.redis, counters: streamCounters() };
  const stream = notificationStream(kernel.use(Sendings));
  const read = () => {
    const reader = new StreamReader(stream, engine.storage, options);
    return runTask((signal) => reader.run(signal));
  };
  await using _reads = read();
  await waitFor("it has the turn", () => redis.call("XLEN", "notifyli:notifications"));
  using pauses = countPauses();
  await using _waits = read();
  await staysFlat(pauses);
});

Deno.test("the scheduler leaves no listener behind", async () => {
  await using engine = await openFullEmbedded();
  using pauses = countPauses();
  const attachments = { giveBack: () => Promise.resolve(), giveBackAll: () => Promise.resolve() };
  await using _runs = startTasks([
    scheduler({
      schedule: engine.schedule,
      counters: inboxCounters(),
      attachments,
      timing: { take: () => ({ isSilent: false }), pushing: { back: () => Promise.resolve() } },
    }),
  ]);
  await staysFlat(pauses);
});

Deno.test("the sender of webhooks on standby leaves no listener behind", async () => {
  await using redis = await RedisServer.start();
  await using one = await openFullRedis(redis, { keepsReceipts: true });
  await using two = await openFullRedis(redis, { keepsReceipts: true });
  await Promise.all(
    [one, two].map((each) => waitFor("it is there", () => each.storage.redis.ping())),
  );
  assert.ok(one.receipts && two.receipts);
  const tell = (receipts: ReceiptLog) => {
    const sender = new WebhookSender(receipts, webhookCounters(), {
      ...WEBHOOK,
      telling: RECEIPTS,
    });
    return runTask((signal) => sender.run(signal));
  };
  await using _tells = tell(one.receipts);
  using pauses = countPauses();
  await using _waits = tell(two.receipts);
  await staysFlat(pauses);
});

/** One pause at most is under way at any time, and a task may wait for its end by a listener that lives as long. */
async function staysFlat(pauses: CountedPauses): Promise<void> {
  await pauses.reached(MANY);
  assert.ok(pauses.listeners <= 3, `${pauses.count} pauses left ${pauses.listeners} listeners`);
}
