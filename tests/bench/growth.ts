/**
 * `deno task bench growth`: what is spent with more clients, more nodes and longer histories. Writes `GROWTH.md` beside
 * this file, and draws the charts of `docs/performance.md`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { RedisServer } from "../support/redis.ts";
import { ROOT } from "../support/paths.ts";
import { chart, type Series } from "./chart.ts";
import { cpuSeconds } from "./loads/figures.ts";
import type { OnlineUserFigures, OnlineUserLoad } from "./loads/online_user.ts";
import type { ReconnectFigures, ReconnectLoad } from "./loads/reconnect.ts";
import type { RoomFigures, RoomLoad } from "./loads/room.ts";
import { table, where } from "./report.ts";
import { type Bench, type Detail, digits } from "./row.ts";
import { median, runLoad } from "./run_load.ts";
import { type ListenerName, startNotifyli } from "./servers.ts";

const CLIENTS = [100, 1000, 9000];
/** What a room keeps by default. */
const USUAL_HISTORY = 100;
const LONG_HISTORY = 100_000;
/** Of messages to a room. */
const WINDOW = 2;
/** Of notifications. */
const IN_FLIGHT = 256;
const MISSED = 10;
/** Long enough that each connection was pinged once. */
const IDLE_SECONDS = 35;

/** One line of a chart. */
interface Setup {
  readonly name: string;
  /** Of one Redis; none: the embedded engine. */
  readonly nodes?: number;
  /** Messages that the room keeps, and has from the start; by default as usual, and none at the start. */
  readonly history?: number;
}

const ROOM_SETUPS: readonly Setup[] = [
  { name: "1 node, embedded" },
  { name: "1 node, embedded, history of 100,000", history: LONG_HISTORY },
  { name: "1 node on Redis", nodes: 1 },
  { name: "3 nodes on one Redis", nodes: 3 },
];

const NOTIFICATION_SETUPS: readonly Setup[] = [
  { name: "1 node on Redis", nodes: 1 },
  { name: "3 nodes on one Redis", nodes: 3 },
];

const RECOVERY_SETUPS: readonly Setup[] = [
  { name: "1 node, embedded" },
  { name: "1 node, embedded, history of 100,000", history: LONG_HISTORY },
  { name: "1 node on Redis", nodes: 1 },
  { name: "1 node on Redis, history of 100,000", nodes: 1, history: LONG_HISTORY },
];

const IDLE_SETUPS: readonly (Setup & { readonly listener: ListenerName })[] = [
  { name: "deno listener, embedded", listener: "deno" },
  { name: "node listener, embedded", listener: "node" },
  { name: "node listener, on Redis", listener: "node", nodes: 1 },
];

/** A table of one kind of work, and its chart. */
interface Part {
  readonly title: string;
  readonly rows: readonly Detail[];
  readonly chart?: { readonly file: string; readonly title: string; readonly x: string };
  readonly series: readonly Series[];
}

export async function measureGrowth(bench: Bench): Promise<void> {
  const parts = [
    await measureRooms(bench),
    await measureNotifications(bench),
    await measureRecovery(bench),
    await measureIdle(bench),
  ];
  for (const { chart: about, series } of parts) {
    if (about === undefined) continue;
    await Deno.writeTextFile(`${ROOT}docs/${about.file}`, chart(series, about));
  }
  const sections = parts.map(({ title, rows }) => `## ${title}\n\n${table(rows)}`);
  const text = `# What grows\n\n\`deno task bench growth\`, ${await where()}\n\n${
    sections.join("\n\n")
  }\n`;
  await Deno.writeTextFile(new URL("GROWTH.md", import.meta.url), text);
}

/** One room with everyone in it, and one who speaks. */
async function measureRooms(bench: Bench): Promise<Part> {
  const { rows, series } = await each(bench, ROOM_SETUPS, CLIENTS, async (setup, clients) => {
    await using setting = await start(setup);
    const { ports, pids, key } = setting.server;
    const figures = await runLoad<RoomLoad, RoomFigures>("room", {
      ports,
      pids,
      key,
      dialect: "v1",
      clients,
      roomSize: clients,
      window: WINDOW,
      everyoneTalks: false,
      seconds: bench.seconds,
      prefill: setup.history,
    });
    const { cpuPerDelivery, deliveriesPerSecond, lost, p50Ms, p99Ms } = figures;
    return {
      cost: cpuPerDelivery,
      shown: {
        "deliveries/s": digits(deliveriesPerSecond),
        "server CPU µs a delivery": digits(cpuPerDelivery),
        "p50 ms": digits(p50Ms),
        "p99 ms": digits(p99Ms),
        "lost": String(lost),
      },
    };
  });
  return {
    title: "A message to a room",
    rows,
    series,
    chart: {
      file: "performance.svg",
      title: "Server CPU for each delivery in a room, all nodes together, in µs",
      x: "clients in the room",
    },
  };
}

/** To one user, who is online, published on Redis. */
async function measureNotifications(bench: Bench): Promise<Part> {
  const { rows, series } = await each(
    bench,
    NOTIFICATION_SETUPS,
    CLIENTS,
    async (setup, clients) => {
      await using setting = await start(setup);
      const { ports, pids, key } = setting.server;
      const cpuBefore = setting.redisCpu();
      const figures = await runLoad<OnlineUserLoad, OnlineUserFigures>("online_user", {
        ports,
        pids,
        key,
        channel: "messages",
        redisPort: setting.redis!.port,
        users: clients,
        window: IN_FLIGHT,
        seconds: bench.seconds,
      });
      const { cpuEach, deliveredPerSecond, sent, lost, notStored, p50Ms, p99Ms } = figures;
      return {
        cost: cpuEach,
        shown: {
          "delivered/s": digits(deliveredPerSecond),
          "server CPU µs each": digits(cpuEach),
          "Redis CPU µs each": perRedis(setting.redisCpu() - cpuBefore, sent),
          "p50 ms": digits(p50Ms),
          "p99 ms": digits(p99Ms),
          "lost or not stored": String(lost + notStored),
        },
      };
    },
  );
  return {
    title: "A notification to one of those who are online",
    rows,
    series,
    chart: {
      file: "performance-notifications.svg",
      title: "Server CPU for each notification, all nodes together, in µs",
      x: "users online",
    },
  };
}

/** All of one room come back at once. */
async function measureRecovery(bench: Bench): Promise<Part> {
  const { rows, series } = await each(bench, RECOVERY_SETUPS, CLIENTS, async (setup, clients) => {
    await using setting = await start(setup);
    const { ports, pids, key } = setting.server;
    const figures = await runLoad<ReconnectLoad, ReconnectFigures>("reconnect", {
      port: ports[0]!,
      pids,
      key,
      clients,
      roomSize: clients,
      missed: MISSED,
      prefill: setup.history,
    });
    return {
      cost: figures.cpuEach,
      shown: {
        "all back after s": digits(figures.seconds),
        "server CPU µs a client": digits(figures.cpuEach),
        "slowest client ms": digits(figures.slowestMs),
        "failed": String(figures.failed),
      },
    };
  });
  return { title: `Clients of one room come back and recover ${MISSED} messages`, rows, series };
}

/** Connected, in rooms of 100, and silent. */
async function measureIdle(bench: Bench): Promise<Part> {
  const once = { ...bench, rounds: 1 };
  const { rows, series } = await each(once, IDLE_SETUPS, [1000, 9000], async (setup, clients) => {
    await using setting = await start(setup);
    const { ports, pids, key } = setting.server;
    const bytesBefore = await setting.redisBytes();
    const bytesDuring = delay(IDLE_SECONDS * 1000).then(setting.redisBytes);
    const figures = await runLoad<RoomLoad, RoomFigures>("room", {
      ports,
      pids,
      key,
      dialect: "v1",
      clients,
      roomSize: 100,
      window: 0,
      everyoneTalks: false,
      seconds: IDLE_SECONDS,
    });
    const bytes = await bytesDuring - bytesBefore;
    return {
      cost: figures.kibPerClient,
      shown: {
        "connects/s": digits(figures.connectsPerSecond),
        "KiB a connection": digits(figures.kibPerClient),
        "server CPU µs a connection and second": digits(
          figures.cpuSeconds * 1e6 / clients / IDLE_SECONDS,
        ),
        "Redis bytes a connection": setup.nodes === undefined ? "" : digits(bytes / clients),
      },
    };
  });
  return { title: "Connections that say nothing", rows, series };
}

interface Seen {
  /** What the chart shows, and by which the median is taken. */
  readonly cost: number;
  readonly shown: Detail;
}

/** Measures each setup with each number of clients. */
async function each<S extends Setup>(
  { rounds, progress }: Bench,
  setups: readonly S[],
  numbers: readonly number[],
  measure: (setup: S, clients: number) => Promise<Seen>,
): Promise<{ rows: Detail[]; series: Series[] }> {
  const rows: Detail[] = [];
  const series: Series[] = [];
  for (const setup of setups) {
    const points: [number, number][] = [];
    for (const clients of numbers) {
      const seen: Seen[] = [];
      for (let round = 0; round < rounds; round++) seen.push(await measure(setup, clients));
      const { cost, shown } = median(seen, ({ cost }) => cost);
      const row = { "server": setup.name, "clients": digits(clients), ...shown };
      progress(Object.entries(row).map(([name, value]) => `${name}: ${value}`).join(", "));
      rows.push(row);
      points.push([clients, cost]);
    }
    series.push({ name: setup.name, points });
  }
  return { rows, series };
}

/** The servers of a setup, on a Redis of their own if on one. */
async function start({ nodes, history, listener = "deno" }: Setup & { listener?: ListenerName }) {
  await using parts = new AsyncDisposableStack();
  const redis = nodes === undefined ? undefined : parts.use(await RedisServer.start());
  const env = { APP_HISTORY: `*=${history ?? USUAL_HISTORY}/300` };
  const server = parts.use(await startNotifyli({ listener, redis, nodes, env }));
  const owned = parts.move();
  return {
    server,
    redis,
    /** In seconds, since it runs. */
    redisCpu: () => redis?.pid === undefined ? 0 : cpuSeconds([redis.pid]),
    redisBytes: async () =>
      redis === undefined
        ? 0
        : Number(/used_memory:(\d+)/.exec(await redis.cli("INFO", "memory"))?.[1]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function perRedis(seconds: number, count: number): string {
  return seconds === 0 ? "" : digits(seconds * 1e6 / count);
}
