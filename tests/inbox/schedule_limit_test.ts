/** What is scheduled for a user is bounded in bytes, on each store and over restarts; what left the schedule counts no more. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const LONG = "x".repeat(4000);

for (const engine of ["sqlite", "redis"]) {
  Deno.test(`what is scheduled for one user has no more bytes than an inbox (${engine})`, async () => {
    const dataDir = await Deno.makeTempDir();
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    const env = { ...redis?.env, APP_LIMIT_INBOX_BYTES: "20000" };
    {
      await using program = await Program.start({ dataDir, env });
      for (let each = 0; each < 4; each++) {
        assert.deepEqual(await schedule(program, "1", `later-00${each}`), [201, undefined]);
      }
      program.kill("SIGKILL");
      await program.ended();
    }
    await using program = await Program.start({ dataDir, env });
    const refused = [429, "too_many_scheduled"];
    assert.deepEqual(await schedule(program, "1", "later-005"), refused);
    assert.deepEqual(await schedule(program, "1", "later-005"), refused, "it leaves no trace");
    assert.deepEqual(await schedule(program, "1", "later-001"), [200, undefined], "known already");
    assert.deepEqual(
      await schedule(program, "2", "later-006"),
      [201, undefined],
      "of another user",
    );
    const cancelled = await fetch(`${program.url}/api/notifications/later-000`, {
      method: "DELETE",
    });
    assert.equal(cancelled.status, 204, await cancelled.text());
    assert.deepEqual(await schedule(program, "1", "later-005"), [201, undefined]);
    assert.deepEqual(await schedule(program, "1", "later-007"), refused);

    for (let each = 0; each < 4; each++) await schedule(program, "3", `soon-000${each}`, 1);
    assert.deepEqual(await schedule(program, "3", "later-008"), refused);
    await waitFor("what was delivered counts no more", async () => {
      return (await schedule(program, "3", "later-008"))[0] === 201;
    });
    await Deno.remove(dataDir, { recursive: true });
  });
}

/** Schedules a notification. @param seconds until it is delivered */
async function schedule(
  { url }: Program,
  user: string,
  id: string,
  seconds = 3600,
): Promise<unknown[]> {
  const query = `deliver_at=${Math.ceil(Date.now() / 1000) + seconds}`;
  const answer = await fetch(`${url}/api/users/${user}/notifications?${query}`, {
    method: "POST",
    body: LONG,
    headers: { "idempotency-key": id },
  });
  const { code } = await answer.json();
  return [answer.status, code];
}
