/** 50,000 connections and somebody who looks: they do not slow the dashboard, nor does it slow them. */
import { PostgresServer } from "../../support/postgres.ts";
import { RedisServer } from "../../support/redis.ts";
import type { DashboardFigures, DashboardLoad, DashboardSlice } from "../loads/dashboard.ts";
import { cpuSeconds, percentile } from "../loads/figures.ts";
import type { RecipientsLoad } from "../loads/recipients.ts";
import type { TalkLoad, TalkSlice } from "../loads/talk.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median, SlicedLoad } from "../run_load.ts";
import { startNotifyliWithApiKey } from "../servers.ts";

const NODES = 3;
/** Of each node: so many as a process can have with 20,000 file descriptors. */
const CONNECTIONS = 16_700;
/** The crowd of a node has the ids that follow those of the node before. */
const ROOMS = 1000;
const TOPICS = 200;
const TALKERS_FROM = 2_000_000;
const TALK = { clients: 20, messagesPerSecond: 200, seconds: 0.5 };
const WARM_UP_SLICES = 4;

/** How long the dashboard is open, and closed, for each of the benchmark's own seconds. */
const STRETCH = 2;
const ASKS = 20;

/** What its views ask for. */
const LISTS: readonly (readonly [name: string, path: string])[] = [
  ["users, by id", "/live/users?order=name&limit=200"],
  ["users, most connections", "/live/users?order=connections&limit=200"],
  ["users, searched for", "/live/users?q=77&order=name&limit=200"],
  ["users, the last page", "/live/users?order=connections&limit=200&after=4800"],
  ["rooms", "/live/rooms?order=connections&limit=200"],
  ["topics", "/live/topics?order=connections&limit=200"],
  ["nodes, with their last hour", "/nodes"],
  ["one user", "/users/20000"],
];

/** With the dashboard open, and without. */
interface Round {
  readonly quietMs: number;
  readonly openMs: number;
  /** Seconds of CPU of all nodes in a second. */
  readonly quietCpu: number;
  readonly openCpu: number;
  readonly liveMs: number;
  readonly connections: number;
}

export const dashboard: Row = {
  name: "dashboard",
  question:
    "50,000 connections on three nodes, and the dashboard: how soon it answers, and others meanwhile",
  async measure(bench) {
    const { rounds, answers } = await measure(bench);
    const { quietMs, openMs } = median(rounds, (round) => round.openMs - round.quietMs);
    const mean = (by: (round: Round) => number) =>
      rounds.reduce((sum, round) => sum + by(round), 0) / rounds.length;
    const cpu = mean(({ openCpu, quietCpu }) => openCpu - quietCpu) / NODES;
    const slowest = Math.max(...answers.map(({ p99Ms }) => p99Ms));
    const fewest = Math.min(...rounds.map(({ connections }) => connections));
    const atMost = { is: "at most" as const };
    return {
      checks: [
        {
          what: "from the page's address until it shows all figures",
          ...{ value: Math.max(...rounds.map(({ liveMs }) => liveMs)), target: 2000, unit: "ms" },
          ...atMost,
        },
        { what: "the slowest list's p99", value: slowest, target: 300, unit: "ms", ...atMost },
        {
          what: "others' p99 with it open, above that without",
          // A quarter of it, or what nobody notices.
          ...{ value: openMs - quietMs, target: Math.max(1, quietMs / 4), unit: "ms" },
          ...atMost,
        },
        {
          what: "server CPU while it is open, of one core a node",
          ...{ value: 100 * cpu, target: 2, unit: "%" },
          ...atMost,
        },
        {
          what: "connections that it did not show",
          ...{ value: Math.max(0, NODES * CONNECTIONS - fewest), target: 0, unit: "in all" },
          ...atMost,
        },
      ],
      details: answers.map(({ name, p50Ms, p99Ms, mostMs }) => ({
        "asked for": name,
        "p50 ms": digits(p50Ms),
        "p99 ms": digits(p99Ms),
        "longest ms": digits(mostMs),
      })),
      notes: [
        `Three nodes of one Redis and one PostgreSQL, each with ${
          CONNECTIONS.toLocaleString("en")
        } connections in ` +
        `${
          ROOMS.toLocaleString("en")
        } rooms and ${TOPICS} topics. The others are ${TALK.clients} in a room in which ` +
        `${TALK.messagesPerSecond} messages are said a second, on the node of the dashboard; their p99 was ` +
        `${digits(quietMs)} ms without it, and ${
          digits(openMs)
        } ms with it. It follows the figures, and somebody looks at ` +
        `one of these lists each second. All nodes took ${
          digits(mean(({ quietCpu }) => quietCpu))
        } s of CPU a second ` +
        `without it, and ${digits(mean(({ openCpu }) => openCpu))} s with it.`,
      ],
    };
  },
};

interface Answered {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

async function measure(bench: Bench): Promise<{ rounds: Round[]; answers: Answered[] }> {
  await using open = new AsyncDisposableStack();
  const redis = open.use(await RedisServer.start());
  const postgres = open.use(await PostgresServer.start({ isSynced: true }));
  const server = open.use(
    await startNotifyliWithApiKey(
      { listener: "deno", redis, nodes: NODES, env: postgres.env },
      "manage,read",
    ),
  );
  const { ports, key, apiKey } = server;
  const crowds = await Promise.all(
    ports.map((port, node) =>
      SlicedLoad.start<RecipientsLoad>("recipients", {
        ...{ port, key, users: CONNECTIONS, from: node * CONNECTIONS + 1 },
        ...{ rooms: ROOMS, topics: TOPICS },
      })
    ),
  );
  for (const crowd of crowds) open.use(crowd);
  bench.progress(`${digits(NODES * CONNECTIONS)} connections are there`);
  const talk = open.use(
    await SlicedLoad.start<TalkLoad, TalkSlice>("talk", {
      ...{ ...TALK, port: ports[0]!, key, from: TALKERS_FROM },
    }),
  );
  const seconds = STRETCH * bench.seconds;
  const looking = open.use(
    await SlicedLoad.start<DashboardLoad, DashboardSlice>("dashboard", {
      ...{ port: ports[0]!, apiKey, nodes: NODES, connections: NODES * CONNECTIONS },
      ...{ seconds, lists: LISTS.map(([, path]) => path), asks: ASKS },
    }),
  );
  const stretch = () => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
  for (let slice = 0; slice < WARM_UP_SLICES; slice++) await talk.slice();
  await looking.slice(); // so that the code of it is compiled
  const rounds: Round[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const quiet = await beside(talk, server.pids, stretch);
    const seen = await beside(talk, server.pids, () => looking.slice());
    const { liveMs, connections } = seen.outcome;
    rounds.push({
      ...{ quietMs: quiet.p99Ms, openMs: seen.p99Ms, quietCpu: quiet.cpu, openCpu: seen.cpu },
      ...{ liveMs, connections },
    });
    bench.progress(
      `live after ${digits(liveMs)} ms, others' p99 ${digits(quiet.p99Ms)}, ${
        digits(seen.p99Ms)
      } ms, CPU ` +
        `${digits(quiet.cpu)}, ${digits(seen.cpu)} s a second (round ${round} of ${bench.rounds})`,
    );
  }
  const { answers } = await looking.end<DashboardFigures>();
  return {
    rounds,
    answers: LISTS.map(([name, path]) => {
      const times = [...answers[path] ?? []];
      return {
        name,
        p50Ms: percentile(times, 0.5),
        p99Ms: percentile(times, 0.99),
        mostMs: percentile(times, 1),
      };
    }),
  };
}

/** What others notice meanwhile, and what the server takes in a second. */
async function beside<Outcome>(
  talk: SlicedLoad<TalkSlice>,
  pids: readonly number[],
  work: () => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly p99Ms: number; readonly cpu: number }> {
  let isDone = false;
  const heard: number[] = [];
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds(pids)];
  const working = work().finally(() => isDone = true);
  while (!isDone) heard.push(...await talk.slice());
  const cpu = (cpuSeconds(pids) - cpuBefore) / ((performance.now() - startedAt) / 1000);
  return { outcome: await working, p99Ms: percentile(heard, 0.99), cpu };
}
