/** Moves of a store to Redis and PostgreSQL that are killed at any moment: the last one has moved all, each thing once. */
import assert from "node:assert/strict";
import { baseEnv, run, taskCommand } from "../support/command.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

export const MIGRATE_KILLED: Scenario = {
  name: "moves to Redis and PostgreSQL are killed",
  run: killed,
};

/** How much is moved: so much that a move takes a while. */
const USERS = 40;
const EACH = 25;

async function killed({ random, seconds, progress }: FaultContext): Promise<Report> {
  const dataDir = await Deno.makeTempDir();
  const accepted: string[] = [];
  {
    await using program = await Program.start({ dataDir });
    for (let user = 1; user <= USERS; user++) {
      await Promise.all(Array.from({ length: EACH }, async (_, count) => {
        const id = `moved-${user}-${String(count).padStart(4, "0")}`;
        const body = JSON.stringify({ user_id: user, id, message: "x".repeat(500) });
        const response = await fetch(`${program.url}/api/notifications`, { method: "POST", body });
        assert.equal(response.status, 201, await response.text());
        accepted.push(id);
      }));
      const made = await fetch(`${program.url}/api/conversations?user_id=${user}`, {
        method: "POST",
        body: JSON.stringify({ kind: "group", members: [user + 1] }),
      });
      assert.equal(made.status, 201, await made.text());
    }
    program.kill("SIGTERM");
    await program.ended();
  }
  let kills = 0;
  const endsAt = performance.now() + seconds * 1000;
  for (let round = 0; round < 1 || performance.now() < endsAt; round++) {
    await using redis = await RedisServer.start();
    await using postgres = await PostgresServer.start();
    const env = { ...redis.env, ...postgres.env };
    // Each is killed later than the one before, until one comes to its end.
    let seconds = random.between(0.2, 0.5);
    while (await killedAfter(seconds, { ...env, APP_DATA_DIR: dataDir })) {
      kills++;
      seconds *= random.between(1.1, 1.5);
    }
    const { code, stdout, stderr } = await run(taskCommand("migrate"), {
      env: { ...env, APP_DATA_DIR: dataDir, APP_PORT: "1" },
    });
    assert.equal(code, 0, stdout + stderr);
    await using program = await Program.start({ env });
    const statuses = await Promise.all(accepted.map(async (id) => {
      const response = await fetch(`${program.url}/api/notifications/${id}`);
      await response.body?.cancel();
      return response.status;
    }));
    assert.equal(statuses.filter((status) => status === 200).length, accepted.length);
    for (let user = 1; user <= USERS; user++) {
      const inbox = Number(await redis.call("ZCARD", `notifyli:inbox-order:{${user}}`));
      assert.equal(inbox, EACH, `user ${user} has ${inbox}`);
    }
    const response = await fetch(`${program.url}/api/conversations?user_id=${USERS}`);
    assert.equal((await response.json()).conversations.length, 2);
    assert.ok(kills > 0, "no move was killed");
    progress(`round ${round + 1}: ${kills} killed so far, all is there`);
  }
  await Deno.remove(dataDir, { recursive: true });
  return {
    ...{ accepted: accepted.length, delivered: 0, queued: accepted.length, doubled: 0 },
    notes: `${kills} moves killed`,
  };
}

/** Runs the command, and kills it after some seconds. Whether it still ran. */
async function killedAfter(
  seconds: number,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const [program = "", ...args] = taskCommand("migrate");
  const child = new Deno.Command(program, {
    ...{ args, clearEnv: true, env: { ...baseEnv(), APP_PORT: "1", ...env } },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  let isEnded = false;
  const status = child.status.finally(() => isEnded = true);
  await passed(seconds);
  if (!isEnded) child.kill("SIGKILL");
  return (await status).signal === "SIGKILL";
}
