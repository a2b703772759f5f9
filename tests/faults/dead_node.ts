/**
 * A node dies, and Redis' clock is set back by an hour in the same moment: its presence vanishes and its work is
 * taken over within seconds all the same.
 */
import assert from "node:assert/strict";
import { FakeClock } from "../support/fake_clock.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const HOUR_SECONDS = 3600;
const LEASE_SECONDS = 5;

export const NODE_DIES_AT_CLOCK_CHANGE: Scenario = {
  name: "node dies as the clock is set back, Redis",
  async run({ progress }: FaultContext): Promise<Report> {
    using clock = FakeClock.make();
    await using redis = await RedisServer.startAt(clock);
    const env = { ...clock.env, ...redis.env, REDIS_LEASE_SECONDS: String(LEASE_SECONDS) };
    await using dies = await Program.start({ env });
    const gone = await TestClient.join(dies.webSocketUrl, { user: 1, room: "lobby" });
    await using stays = await Program.start({ env });
    const ledger = new Ledger();
    using listener = new OnlineUser(stays.webSocketUrl, "2", ledger);
    await listener.isOnline();
    await stays.hearsRedis();
    await waitFor("one routes", async () => await redis.call("EXISTS", "notifyli:bridge") === "1");

    dies.kill("SIGKILL");
    clock.set(-HOUR_SECONDS);
    await gone.waitClosed();
    await waitFor("the dead node's user is gone", async () => {
      return await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "0";
    });
    progress("the dead node's presence is gone");
    for (let number = 0; number < 20; number++) await publish(redis, ledger, `published-${number}`);
    await waitFor("the other routes", () => ledger.missing(["2"]) === 0);
    ledger.left("2", await readInbox(stays.webSocketUrl, "2"));
    const report = ledger.check();
    assert.equal(report.delivered, 20);
    return report;
  },
};

async function publish(redis: RedisServer, ledger: Ledger, id: string): Promise<void> {
  const payload = { user_id: 2, room: "/user/2", message: id, id };
  await redis.call("PUBLISH", "notifyli:messages", JSON.stringify(payload));
  ledger.accepted("2", id, "redis");
}
