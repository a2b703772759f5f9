/** The main job of the base protocol: another system publishes on Redis, and one online user gets it. Rooms are spoken in likewise. */
import type { OnlineUserFigures, OnlineUserLoad } from "../loads/online_user.ts";
import { type Bench, type Detail, digits, type Row } from "../row.ts";
import { median, runLoad } from "../run_load.ts";
import { RedisServer } from "../../support/redis.ts";
import { startNotifyli } from "../servers.ts";

const USERS = 100;
const WINDOW = 256;
const STEADY_PER_SECOND = 1000;

export const redisPublish: Row = {
  name: "redis-publish",
  question: "Redis PUBLISH to one online user out of 100, stored and delivered",
  async measure(bench) {
    const channel = "messages";
    const pipelined = await repeat(bench, { channel });
    const steady = await repeat(bench, { channel, perSecond: STEADY_PER_SECOND });
    const missing = [pipelined, steady].reduce(
      (sum, { lost, notStored }) => sum + lost + notStored,
      0,
    );
    return {
      checks: [
        {
          what: "pipelined, stored and delivered a second",
          value: pipelined.deliveredPerSecond,
          target: 20_000,
          is: "at least",
          unit: "/s",
        },
        { what: "p99 at 1,000/s", value: steady.p99Ms, target: 5, is: "at most", unit: "ms" },
        { what: "lost or not stored", value: missing, target: 0, is: "at most", unit: "in all" },
      ],
      details: [
        detail(`pipelined, ${WINDOW} in flight`, pipelined),
        detail(`${digits(STEADY_PER_SECOND)}/s`, steady),
      ],
    };
  },
};

/** What is said in a room is in its history and on its way in one step, as a notification is in an inbox. */
export const redisPublications: Row = {
  name: "redis-publications",
  question: "Redis PUBLISH notifyli:publications into the room of one online user out of 100",
  async measure(bench) {
    const channel = "publications";
    const pipelined = await repeat(bench, { channel });
    const steady = await repeat(bench, { channel, perSecond: STEADY_PER_SECOND });
    return {
      checks: [
        {
          what: "pipelined, said and delivered a second",
          value: pipelined.deliveredPerSecond,
          target: 5_000,
          is: "at least",
          unit: "/s",
        },
        { what: "p99 at 1,000/s", value: steady.p99Ms, target: 5, is: "at most", unit: "ms" },
        {
          what: "lost",
          value: pipelined.lost + steady.lost,
          target: 0,
          is: "at most",
          unit: "in all",
        },
      ],
      details: [
        detail(`pipelined, ${WINDOW} in flight`, pipelined),
        detail(`${digits(STEADY_PER_SECOND)}/s`, steady),
      ],
    };
  },
};

async function repeat(
  bench: Bench,
  load: Pick<OnlineUserLoad, "channel" | "perSecond">,
): Promise<OnlineUserFigures> {
  const seen: OnlineUserFigures[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    await using redis = await RedisServer.start();
    await using server = await startNotifyli({ listener: "deno", redis });
    const figures = await runLoad<OnlineUserLoad, OnlineUserFigures>("online_user", {
      ports: server.ports,
      pids: server.pids,
      key: server.key,
      redisPort: redis.port,
      users: USERS,
      window: WINDOW,
      seconds: bench.seconds,
      ...load,
    });
    seen.push(figures);
    bench.progress(
      `${digits(figures.deliveredPerSecond)}/s, p99 ${digits(figures.p99Ms)} ms ` +
        `(round ${round} of ${bench.rounds})`,
    );
  }
  return median(seen, ({ cpuEach }) => cpuEach);
}

function detail(what: string, of: OnlineUserFigures): Detail {
  return {
    "what": what,
    "delivered/s": digits(of.deliveredPerSecond),
    "server CPU µs each": digits(of.cpuEach),
    "p50 ms": digits(of.p50Ms),
    "p99 ms": digits(of.p99Ms),
    "lost": String(of.lost),
    "not stored": String(of.notStored),
    "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
  };
}
