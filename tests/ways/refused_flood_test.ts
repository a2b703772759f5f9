/** Very many payloads and entries that are refused: all are kept aside and counted, and the log has a few lines. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const COUNT = 2000;
const DEAD = "notifyli:notifications-dead";

/** How many lines a second has of one kind, and how many seconds this may take. */
const MOST_LINES = 10 * 30;

for (
  const [way, counter, send] of [
    ["PUBLISH", "bridge_refused", ["PUBLISH", "notifyli:messages", `{"user_id":1}`]],
    ["XADD", "stream_refused", ["XADD", "notifyli:notifications", "*", "user_id", "1"]],
  ] as const
) {
  Deno.test(`a flood of what is refused by ${way} is counted, and is a few lines of the log`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    const sender = redis.connect();
    const pipeline = sender.pipeline();
    const [command, ...args] = send;
    for (let number = 0; number < COUNT; number++) pipeline.call(command, ...args);
    await pipeline.exec();
    sender.disconnect();
    await waitFor("all are refused", async () => {
      return (await (await fetch(`${program.url}/api/stats`)).json())[counter] === COUNT;
    });
    assert.ok(Number(await redis.call("XLEN", DEAD)) >= 1000, "they are kept aside");
    const lines = () => program.log.filter(({ message }) => /refused/.test(message));
    const told = () =>
      lines().reduce(
        (sum, { message, count }) => sum + (/more/.test(message) ? Number(count) : 1),
        0,
      );
    await waitFor("the log has the sum", () => told() === COUNT);
    assert.ok(lines().length <= MOST_LINES, `${lines().length} lines`);
  });
}
