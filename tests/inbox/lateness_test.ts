/** A late notification is explained by what happened: the log says so. */
import assert from "node:assert/strict";
import { configure, reset } from "@logtape/logtape";
import { Lateness } from "../../lib/inbox/lateness.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const HOUR_SECONDS = 3600;

Deno.test("what was due while no server ran is late because no server ran", async () => {
  const dataDir = await Deno.makeTempDir();
  using clock = FakeClock.make();
  const start = () => Program.start({ dataDir, env: clock.env });
  {
    await using program = await start();
    await schedule(program, 60);
    program.kill();
    await program.ended();
  }
  clock.set(HOUR_SECONDS);
  {
    await using program = await start();
    assert.match(await why(program), /: no server ran when they were due$/);
  }
  await Deno.remove(dataDir, { recursive: true });
});

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine: what a jump of the clock makes late is late because the clock was set`, async () => {
    using clock = FakeClock.make();
    await using redis = engine === "redis" ? await RedisServer.startAt(clock) : undefined;
    await using program = await Program.start({ env: { ...clock.env, ...redis?.env } });
    await schedule(program, 60);
    clock.set(HOUR_SECONDS);
    assert.match(await why(program), /: the clock was set forward by 3\d\d\d s$/);
  });
}

/** What a server sees before a notification comes late, and how it is explained. Times are in milliseconds. */
const SEEN: readonly [why: string, see: (lateness: Lateness) => void][] = [
  ["the store could not be reached (it is away)", (lateness) => {
    lateness.looked(64_900);
    lateness.failed(new Error("it is away"));
  }],
  ["no server ran when they were due", () => {}],
  ["more of them were due than could be delivered at once", (lateness) => lateness.looked(64_900)],
  ["the clock was set forward by 64 s", (lateness) => lateness.looked(1000)],
];

for (const [why, see] of SEEN) {
  Deno.test(`a notification is late because ${why}`, async () => {
    const lines: string[] = [];
    await configure({
      sinks: { lines: (record) => void lines.push(record.message.map(String).join("")) },
      loggers: [{ category: "notifyli", sinks: ["lines"] }],
    });
    try {
      const lateness = new Lateness();
      lateness.begins();
      see(lateness);
      lateness.delivered(60_000, 60_000 + 5000); // that is not late
      lateness.delivered(60_000, 60_000 + 5001);
      lateness.tell();
      lateness.tell();
    } finally {
      await reset();
    }
    assert.deepEqual(lines, [`1 scheduled notifications are up to 5 s late: ${why}`]);
  });
}

/** Schedules a notification for so many seconds from now. */
async function schedule({ url }: Program, seconds: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ user_id: 1, message: "x", deliver_at: now + seconds });
  const answer = await fetch(`${url}/api/notifications`, { method: "POST", body });
  await answer.body?.cancel();
  assert.equal(answer.status, 201);
}

/** The line that explains why a notification came late. */
async function why(program: Program): Promise<string> {
  return await waitFor(
    "it is explained",
    () =>
      program.log.find(({ message }) => message.includes("scheduled notifications are"))?.message,
  );
}
