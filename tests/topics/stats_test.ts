/** The line that the log has once a minute while there are clients. */
import assert from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import { tellStats } from "../../lib/topics/stats.ts";
import { Topics } from "../../lib/topics/topics.ts";
import { openKernel } from "../support/kernel.ts";

Deno.test("nobody is told of a server without clients", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { list: (record) => void records.push(record) },
    loggers: [
      { category: ["notifyli", "stats"], sinks: ["list"] },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
    await using kernel = await openKernel(engine);
    tellStats(kernel.node, kernel.use(Topics));
    assert.deepEqual(records, []);
  } finally {
    await reset();
  }
});
