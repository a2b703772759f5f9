/**
 * `deno task bench growth`: what a delivery costs with more clients, more nodes, and longer histories; draws
 * `docs/performance.svg`.
 */
import { RedisServer } from "../support/redis.ts";
import { ROOT } from "../support/paths.ts";
import { chart, type Series } from "./chart.ts";
import type { RoomFigures, RoomLoad } from "./loads/room.ts";
import { type Bench, digits } from "./row.ts";
import { median, runLoad } from "./run_load.ts";
import { startNotifyli } from "./servers.ts";

const CLIENTS = [100, 1000, 9000];
const WINDOW = 2;
/** What a room keeps by default. */
const USUAL_HISTORY = 100;

/** One line of the chart. */
interface Setup {
  readonly name: string;
  /** Of one Redis; none: the embedded engine. */
  readonly nodes?: number;
  /** Messages that the room keeps, and has from the start; by default as usual, and none at the start. */
  readonly history?: number;
}

const SETUPS: readonly Setup[] = [
  { name: "1 node, embedded" },
  { name: "1 node, embedded, history of 100,000", history: 100_000 },
  { name: "1 node on Redis", nodes: 1 },
  { name: "3 nodes on one Redis", nodes: 3 },
];

export async function measureGrowth(bench: Bench): Promise<void> {
  const series: Series[] = [];
  for (const setup of SETUPS) {
    const points: [number, number][] = [];
    for (const clients of CLIENTS) {
      const rounds: RoomFigures[] = [];
      for (let round = 0; round < bench.rounds; round++) {
        rounds.push(await once(setup, clients, bench.seconds));
      }
      const { cpuPerDelivery, deliveriesPerSecond, lost } = median(
        rounds,
        (figures) => figures.cpuPerDelivery,
      );
      bench.progress(
        `${setup.name}, ${digits(clients)} clients: ${digits(deliveriesPerSecond)}/s, ` +
          `${digits(cpuPerDelivery)} µs each, ${lost} lost`,
      );
      points.push([clients, cpuPerDelivery]);
    }
    series.push({ name: setup.name, points });
  }
  await Deno.writeTextFile(
    `${ROOT}docs/performance.svg`,
    chart(series, {
      title: "Server CPU for each delivery, all nodes together, in µs",
      x: "clients in the room",
    }),
  );
}

async function once(
  { nodes, history }: Setup,
  clients: number,
  seconds: number,
): Promise<RoomFigures> {
  await using redis = nodes === undefined ? undefined : await RedisServer.start();
  const env = { APP_HISTORY: `*=${history ?? USUAL_HISTORY}/300` };
  await using server = await startNotifyli({ listener: "deno", redis, nodes, env });
  const { ports, pids, key } = server;
  return await runLoad<RoomLoad, RoomFigures>("room", {
    ports,
    pids,
    key,
    dialect: "v1",
    clients,
    roomSize: clients,
    window: WINDOW,
    everyoneTalks: false,
    seconds,
    prefill: history,
  });
}
