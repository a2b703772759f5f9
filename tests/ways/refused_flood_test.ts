/** Very many payloads and entries that are refused: all are kept aside and counted, and the log has a few lines. */
import assert from "node:assert/strict";
import { MOST_A_MINUTE } from "../../lib/base/floods.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Server } from "../../lib/server.ts";
import { LoggedFloods } from "../support/logged_floods.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const COUNT = 2000;
const DEAD = "notifyli:notifications-dead";

for (
  const [way, counter, category, send] of [
    [
      "PUBLISH",
      "bridge_refused",
      "notifyli.bridge",
      ["PUBLISH", "notifyli:messages", `{"user_id":1}`],
    ],
    [
      "XADD",
      "stream_refused",
      "notifyli.stream",
      ["XADD", "notifyli:notifications", "*", "user_id", "1"],
    ],
  ] as const
) {
  Deno.test(`a flood of what is refused by ${way} is counted, and is a few lines of the log`, async () => {
    await using floods = await LoggedFloods.begin();
    await using redis = await RedisServer.start();
    const { config } = readConfig({
      ...{ ...redis.env, APP_PORT: "0", APP_DATA_DIR: ":memory:", APP_OPEN: "true" },
      APP_REQUEST_SECONDS: "off", // the timer of a body's deadline would outlive the test
    });
    await using server = await Server.start(config);
    await waitFor("it hears what is published", () => {
      return floods.records.some(({ message }) => message.join("").startsWith("subscribed to"));
    });
    const sender = redis.connect();
    const pipeline = sender.pipeline();
    const [command, ...args] = send;
    for (let number = 0; number < COUNT; number++) pipeline.call(command, ...args);
    await pipeline.exec();
    sender.disconnect();
    await waitFor("all are refused", async () => {
      return (await (await fetch(`${server.url}/api/stats`)).json())[counter] === COUNT;
    });
    assert.ok(Number(await redis.call("XLEN", DEAD)) >= 1000, "they are kept aside");
    const told = () => floods.told(category, "refused");
    assert.deepEqual(told(), { lines: MOST_A_MINUTE, more: [] });
    floods.endMinute();
    await waitFor("the log has the sum", () => told().more.length > 0);
    assert.deepEqual(told(), { lines: MOST_A_MINUTE, more: [COUNT - MOST_A_MINUTE] });
  });
}
