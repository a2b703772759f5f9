/** One client that has much to be worked on keeps nobody else waiting. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Protocol } from "../../lib/core/connection.ts";
import { FEATURES } from "../../lib/features.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { JSON_DIALECT } from "../../lib/protocols/frames.ts";
import { openKernel } from "../support/kernel.ts";
import { waitFor } from "../support/wait.ts";

const FRAMES = 30;
const FRAME_MS = 5;

Deno.test("frames that wait for no other turn of the event loop leave others theirs, in order", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  await using kernel = await openKernel(engine);
  const { node } = kernel;
  const worked: string[] = [];
  const protocol: Protocol = {
    name: "test",
    dialect: JSON_DIALECT,
    recovers: false,
    joins: false,
    split: (data) => String(data).split(" "),
    handle(client, text) {
      client.work(async () => {
        const startedAt = performance.now();
        while (performance.now() - startedAt < FRAME_MS);
        await Promise.resolve(); // as from memory
        worked.push(text);
      });
    },
    warn() {},
    fail() {},
  };
  const socket: Socket = {
    batching: "none",
    bufferedAmount: 0,
    send() {},
    close() {},
    cut() {},
    pause() {},
    resume() {},
    terminate() {},
  };
  const client = node.accept(socket, protocol, undefined);
  const numbers = Array.from({ length: FRAMES }, (_, index) => String(index));
  client.message(numbers.slice(0, -1).join(" "));
  await setImmediate();
  assert.ok(worked.length < FRAMES / 2, `${worked.length} were worked on in one turn`);
  client.message(numbers.at(-1) ?? "");
  await waitFor("all are worked on", () => worked.length === FRAMES);
  assert.deepEqual(worked, numbers);

  client.message(numbers.join(" "));
  client.close();
  await setImmediate();
  await setImmediate();
  assert.ok(worked.length < FRAMES * 1.5, "nobody is there any more");
});
