/** What it costs that a node is measured, and that Prometheus looks at it. */
import { NodeFigures } from "../../../lib/core/figures.ts";
import { Histogram } from "../../../lib/core/metrics.ts";
import { Program } from "../../support/program.ts";
import type { Shape } from "../contenders.ts";
import type { RoomLoad } from "../loads/room.ts";
import { nanosecondsOf } from "../nanoseconds.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median, SlicedLoad } from "../run_load.ts";
import { type ListenerName, startNotifyliWithApiKey } from "../servers.ts";

/** How often Prometheus looks, at the most. */
const EVERY_SECONDS = 5;

/** Before what is measured, so that the code is warm. */
const WARM_UP = 300;
const LOOKS = 500;

/** Under load somebody looks far more often than Prometheus does. */
const LOOK_MS = 1000;
const SHAPE: Shape = { clients: 1000, roomSize: 100, window: 20, everyoneTalks: true };
const SLICE_SECONDS = 1;

const LISTENERS: readonly ListenerName[] = ["deno", "node"];

interface Seen {
  readonly listener: ListenerName;
  /** Of the server's CPU, for one look at an idle server. */
  readonly lookSeconds: number;
  readonly loaded: Loaded;
}

interface Loaded {
  /** Microseconds of the server's CPU for a delivery, without looks. */
  readonly cpuEach: number;
  /** With looks, to without; the median of the turns. */
  readonly ratio: number;
  /** Times that were measured, for each delivery. */
  readonly timesEach: number;
  /** Publications for each delivery. */
  readonly publicationsEach: number;
}

export const metrics: Row = {
  name: "metrics",
  question:
    `The processor that /metrics takes: a look each ${EVERY_SECONDS} s, and each second under load`,
  async measure(bench) {
    const seen: Seen[] = [];
    for (const listener of LISTENERS) {
      const looks: number[] = [];
      for (let round = 1; round <= bench.rounds; round++) {
        looks.push(await secondsOfALook(listener));
      }
      const lookSeconds = median(looks, (seconds) => seconds);
      bench.progress(`${listener}: ${(lookSeconds * 1000).toFixed(2)} ms a look`);
      seen.push({ listener, lookSeconds, loaded: await underLoad(bench, listener) });
    }
    const measuring = costOfMeasuring();
    const shareOf = ({ loaded: { cpuEach, timesEach, publicationsEach } }: Seen) =>
      (measuring.timeNs * timesEach + measuring.publicationNs * publicationsEach) /
      (cpuEach * 1000);
    return {
      checks: [
        ...seen.map(({ listener, lookSeconds }) => ({
          what: `${listener} listener: of one core`,
          value: 100 * lookSeconds / EVERY_SECONDS,
          ...{ target: 1, is: "at most" as const, unit: "%" },
        })),
        ...seen.map(({ listener, loaded }) => ({
          what: `${listener} listener: CPU for a delivery, looked at each second, to not`,
          value: loaded.ratio,
          ...{ target: 1.01, is: "at most" as const },
        })),
        ...seen.map((each) => ({
          what: `${each.listener} listener: to measure times, of the CPU for a delivery`,
          value: 100 * shareOf(each),
          ...{ target: 1, is: "at most" as const, unit: "%" },
        })),
      ],
      details: seen.map(({ listener, lookSeconds, loaded }) => ({
        "listener": listener,
        "server CPU ms a look": (lookSeconds * 1000).toFixed(2),
        "server CPU µs a delivery": digits(loaded.cpuEach),
        "looked at each second": `${loaded.ratio.toFixed(3)} times`,
        "times measured, of 1,000 deliveries": digits(loaded.timesEach * 1000),
      })),
      notes: [
        `The load is ${
          SHAPE.clients.toLocaleString("en")
        } clients in rooms of ${SHAPE.roomSize}, for a second in turn with and ` +
        `without looks on the same server. To put a time into its histogram takes ${
          digits(measuring.timeNs)
        } ns; to find out that ` +
        `a publication is none of those that are measured takes ${
          digits(measuring.publicationNs)
        } ns.`,
      ],
    };
  },
};

/** The server's processor time. */
async function secondsOfALook(listener: string): Promise<number> {
  await using program = await Program.start({ env: { APP_LISTENER: listener } });
  const look = () => cpuAt(program.url);
  for (let count = 0; count < WARM_UP; count++) await look();
  const before = await look();
  for (let count = 1; count < LOOKS; count++) await look();
  return (await look() - before) / LOOKS;
}

async function cpuAt(url: string): Promise<number> {
  return sumOf(await textAt(url), /^process_cpu_seconds_total (\S+)$/gm);
}

async function textAt(url: string, apiKey?: string): Promise<string> {
  const headers = { ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }) };
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`/metrics: ${response.status} ${text}`);
  return text;
}

function sumOf(text: string, values: RegExp): number {
  return [...text.matchAll(values)].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function underLoad(bench: Bench, listener: ListenerName): Promise<Loaded> {
  await using server = await startNotifyliWithApiKey({ listener }, "read");
  const { ports, pids, key, apiKey } = server;
  const url = `http://127.0.0.1:${ports[0]}`;
  await using load = await SlicedLoad.start<RoomLoad>("room", {
    ...{ ...SHAPE, dialect: "v2", ports, pids, key, seconds: SLICE_SECONDS, isSliced: true },
  });
  const look = () => textAt(url, apiKey);
  const slice = async () => (await load.slice()).cpuPerDelivery;
  const lookedAt = async () => {
    const looking = setInterval(() => void look(), LOOK_MS);
    try {
      await look();
      return await slice();
    } finally {
      clearInterval(looking);
    }
  };
  await lookedAt(); // so that the code of it is compiled
  const before = await look();
  const [without, ratios]: [number[], number[]] = [[], []];
  const turns = Math.ceil(bench.rounds * bench.seconds / SLICE_SECONDS);
  for (let turn = 0; turn < turns; turn++) {
    // There and back again, so that none always comes after the other.
    const first = turn % 2 === 0 ? await slice() : await lookedAt();
    const second = turn % 2 === 0 ? await lookedAt() : await slice();
    const [plain, looked] = turn % 2 === 0 ? [first, second] : [second, first];
    without.push(plain);
    ratios.push(looked / plain);
  }
  const after = await look();
  const grown = (values: RegExp) => sumOf(after, values) - sumOf(before, values);
  const deliveries = grown(/^notifyli_deliveries_total(?:\{.*\})? (\S+)$/gm);
  const own = (value: number) => value;
  const ratio = median(ratios, own);
  bench.progress(
    `${listener}: ${ratio.toFixed(3)} times the CPU for a delivery, looked at each second`,
  );
  return {
    ...{ cpuEach: median(without, own), ratio },
    timesEach: grown(/^notifyli_\w+_seconds_count(?:\{.*\})? (\S+)$/gm) / deliveries,
    publicationsEach: 1 / SHAPE.roomSize,
  };
}

function costOfMeasuring() {
  const times = new Histogram("times", "Times.");
  const figures = new NodeFigures("deno");
  let count = 0;
  return {
    timeNs: nanosecondsOf(() => times.observe(0.002)),
    publicationNs: nanosecondsOf(() => {
      const id = String(count++);
      figures.begins(id);
      figures.written(id);
    }),
  };
}
