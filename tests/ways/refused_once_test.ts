/** What is refused and no sender is told of is kept aside once, although the node that refused it died just then. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const DEAD = "notifyli:notifications-dead";
const WRONG = '{"user_id":1,"message":""}';

Deno.test("a payload that is refused just before its node dies is kept aside once", async () => {
  await using redis = await RedisServer.start();
  const start = async () => {
    const program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    return program;
  };
  await using first = await start();
  await waitFor("it routes", () => routes(first));
  await using second = await start();
  await using client = await TestClient.join(second.webSocketUrl, { user: 1, room: "1" });
  const dead = async () => await redis.call("XLEN", DEAD);
  for (let kept = 1; kept <= 3; kept++) {
    await redis.call("PUBLISH", "notifyli:messages", WRONG);
    await waitFor("it is kept aside", async () => await dead() === String(kept));
  }
  first.kill("SIGKILL");
  await first.ended();
  await waitFor("the other one routes", () => routes(second));
  await redis.call("PUBLISH", "notifyli:messages", '{"user_id":1,"message":"right"}');
  await client.get("direct_message");
  assert.equal(await dead(), "3");
  const { bridge_refused } = await (await fetch(`${second.url}/api/stats`)).json();
  assert.equal(bridge_refused, 0);
});

Deno.test("an entry of the stream that is refused leaves it in the same step", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  const fields = ["user_id", "1", "message", ""];
  for (let count = 0; count < 20; count++) {
    await redis.call("XADD", "notifyli:notifications", "*", ...fields);
  }
  const [kept, left] = ["notifyli:notifications-dead", "notifyli:notifications"];
  await waitFor("all are kept aside", async () => await redis.call("XLEN", kept) === "20");
  await waitFor("none is left", async () => await redis.call("XLEN", left) === "0");
  const entries = await redis.entriesOf(kept);
  assert.equal(new Set(entries.map(({ entry }) => entry)).size, 20);
  await program.line(({ message }) => /^entry .* is refused/.test(message));
});

function routes({ log }: Program): boolean {
  return log.some(({ message }) => message === "this node routes what is published");
}
