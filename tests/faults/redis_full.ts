/**
 * Redis' memory is full, and it throws nothing away (`noeviction`): it takes no writes, so notifications and
 * messages are refused and say why; what is there is read, and all goes on once there is room.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

const RATE = 300;

const FULL = /Redis refused: .*maxmemory/;

export const REDIS_FULL: Scenario = {
  name: "Redis' memory full",
  async run({ random, seconds, progress }: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start("--maxmemory-policy", "noeviction");
    const env = { ...redis.env, APP_LIMIT_INBOX: "off", REDIS_LEASE_SECONDS: "5" };
    await using program = await Program.start({ env });
    const { url, webSocketUrl } = program;
    await using users = await UsersUnderLoad.start(program, { random, rate: RATE });
    const { load, online } = users;
    await users.accepts(RATE * seconds / 2);

    await redis.call("CONFIG", "SET", "maxmemory", "1mb");
    await users.refuses();
    progress(`memory full after ${load.accepted} accepted`);
    const { status, code, message } = await notify(url);
    assert.deepEqual([status, code], [503, "unavailable"]);
    assert.match(message, FULL);
    const reason = await waitFor("it is not ready", async () => {
      const ready = await readiness(url);
      return ready.status === 503 && ready.reason;
    });
    assert.match(reason, FULL);
    assert.ok((await readInbox(webSocketUrl, "on-1")).length > 0, "reads go on");

    await redis.call("CONFIG", "SET", "maxmemory", "0");
    await users.accepts(RATE * seconds / 2);
    await load.end();
    await waitFor("it is ready", async () => (await readiness(url)).status === 200);
    const report = await users.counted();
    assert.deepEqual(online.flatMap(({ gaps }) => gaps), []);
    return { ...report, notes: `refused ${load.refused}` };
  },
};

async function notify(url: string): Promise<{ status: number; code: string; message: string }> {
  const path = "/api/users/nobody/notifications";
  const answer = await fetch(`${url}${path}`, { method: "POST", body: "Hello!" });
  return { status: answer.status, ...await answer.json() };
}
