/** The line that the log has once a minute while there are clients. */
import assert from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { Outgoing } from "../../lib/core/outgoing.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { topicChannel } from "../../lib/core/channel.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import { protocolV2 } from "../../lib/protocols/v2/v2.ts";
import { tellStats } from "../../lib/topics/stats.ts";
import { Topics } from "../../lib/topics/topics.ts";
import { openKernel } from "../support/kernel.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("the log has how many clients, subscriptions and cached messages there are, unless nobody is there", async () => {
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
    const topics = kernel.use(Topics);
    tellStats(kernel.node, topics);
    assert.deepEqual(records, []);
    const texts: string[] = [];
    const connection = kernel.node.accept(
      socketInto(texts),
      protocolV2(kernel.commands),
      undefined,
    );
    const frames = [
      { type: "connect", ref: 1, user_id: 1 },
      { type: "subscribe", ref: 2, room: "lobby" },
      { type: "subscribe", ref: 3, topic: "T", filter: { id: 5 } },
      { type: "subscribe", ref: 4, topic: "T" },
    ];
    connection.message(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await waitFor("all is answered", () => texts.join().includes('"sub":2'));
    await topics.publish("default", "T", { data: { id: 5 } });
    tellStats(kernel.node, topics);
    assert.deepEqual(records.map(({ level, properties }) => [level, properties]), [
      ["info", { connections: 1, subscriptions: 3, cached: 1 }],
    ]);
    connection.close();
    assert.equal(kernel.node.hub.get(topicChannel("default", "T")), undefined);
  } finally {
    await reset();
  }
});

function socketInto(texts: string[]): Socket {
  return {
    batching: "none",
    bufferedAmount: 0,
    send: ({ text }: Outgoing) => void texts.push(text),
    close() {},
    cut() {},
    pause() {},
    resume() {},
    terminate() {},
  };
}
