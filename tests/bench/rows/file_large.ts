/** One large file up and down: what it takes of memory, how fast it is, and what others notice meanwhile. */
import { peakMiB, resetPeak, residentMiB } from "../../support/memory.ts";
import {
  bareFiles,
  bringDown,
  bringUp,
  type Files,
  type FileServer,
  LISTENERS,
  nginxFiles,
  notifyliFiles,
  type Way,
  WAYS,
} from "../files.ts";
import { percentile } from "../loads/figures.ts";
import type { TalkLoad, TalkSlice } from "../loads/talk.ts";
import type { TransferFigures } from "../loads/transfer.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median, SlicedLoad } from "../run_load.ts";
import type { ListenerName } from "../servers.ts";

const FILE: Files = { names: ["large"], bytes: 2 ** 30, connections: 1 };

/** So many that the hundredth part of them says something, and far fewer than a server can do. */
const TALK = { clients: 20, messagesPerSecond: 200, seconds: 0.25 };
/** Before the transfers, and again after them. */
const QUIET_SLICES = 16;
const WARM_UP_SLICES = 8;

/** Goes up and down first, so that the code of it is compiled. */
const FIRST: Files = { names: ["first"], bytes: 64 * 2 ** 20, connections: 1 };

/** What others notice, and what is taken of memory. */
interface Beside {
  readonly listener: ListenerName;
  readonly quietMs: number;
  readonly ms: Readonly<Record<Way, number>>;
  /** For each millisecond without the transfer. */
  readonly ratio: Readonly<Record<Way, number>>;
  /** Above what the server had before the first transfer. */
  readonly grownMiB: Readonly<Record<Way, number>>;
}

interface Speed {
  readonly name: string;
  readonly way: Way;
  readonly mbPerSecond: number;
  readonly cpuSeconds: number;
}

export const fileLarge: Row = {
  name: "file-large",
  question:
    "A file of 1 GiB up and down: memory, how long others wait, and speed beside bare loops and nginx",
  async measure(bench) {
    const besides: Beside[] = [];
    for (const listener of LISTENERS) besides.push(await beside(bench, listener));
    const speeds = await measureSpeeds(bench);
    const speedOf = (name: string, way: Way) =>
      speeds.find((of) => of.name === name && of.way === way)?.mbPerSecond ?? NaN;
    return {
      checks: besides.flatMap(({ listener, ratio, grownMiB }) =>
        WAYS.flatMap((way) => [
          {
            what: `${listener} listener, ${way}: memory above idle`,
            ...{ value: grownMiB[way], target: 64, is: "at most" as const, unit: "MiB" },
          },
          {
            what: `${listener} listener, ${way}: others' p99, to that without`,
            ...{ value: ratio[way], target: 2, is: "at most" as const },
          },
          {
            what: `${listener} listener, ${way}: MB/s, to bare`,
            value: speedOf(`notifyli, ${listener} listener`, way) /
              speedOf(`bare ${listener} loop`, way),
            ...{ target: 0.5, is: "at least" as const },
          },
        ])
      ),
      details: speeds.map(({ name, way, mbPerSecond, cpuSeconds }) => {
        const of = besides.find(({ listener }) => name === `notifyli, ${listener} listener`);
        return {
          "server": name,
          way,
          "MB/s": digits(mbPerSecond),
          "server CPU s": digits(cpuSeconds),
          "memory above idle, MiB": of === undefined ? "" : digits(of.grownMiB[way]),
          "others' p99 ms": of === undefined ? "" : digits(of.ms[way]),
          "without, ms": of === undefined ? "" : digits(of.quietMs),
        };
      }),
      notes: [
        `The others are ${TALK.clients} in a room in which ${TALK.messagesPerSecond} messages are said a second; their times ` +
        "are from when a message was due. The client of the file has the lowest priority then: elsewhere, it would take " +
        "nothing of this machine. Whoever has taken a file has synced it to the disk; notifyli has its SHA-256, too.",
      ],
    };
  },
};

/** The medians of the rounds count. */
async function beside(bench: Bench, listener: ListenerName): Promise<Beside> {
  const rounds: Beside[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const seen = await besideOnce(listener);
    rounds.push(seen);
    bench.progress(
      `${listener} listener: memory +${
        WAYS.map((way) => digits(seen.grownMiB[way]))
      } MiB, others' p99 ` +
        `${digits(seen.quietMs)} ms, ${
          WAYS.map((way) => digits(seen.ms[way]))
        } ms (round ${round} of ${bench.rounds})`,
    );
  }
  return {
    listener,
    quietMs: median(rounds.map(({ quietMs }) => quietMs), (one) => one),
    ms: medians(rounds.map(({ ms }) => ms)),
    ratio: medians(rounds.map(({ ratio }) => ratio)),
    grownMiB: medians(rounds.map(({ grownMiB }) => grownMiB)),
  };
}

function medians(all: readonly Readonly<Record<Way, number>>[]): Record<Way, number> {
  const of = (way: Way) => median(all.map((each) => each[way]), (one) => one);
  return { up: of("up"), down: of("down") };
}

async function besideOnce(listener: ListenerName): Promise<Beside> {
  await using files = await notifyliFiles(listener);
  const { key, server: { ports, pids } } = files;
  const pid = pids[0]!;
  await using talk = await SlicedLoad.start<TalkLoad, TalkSlice>("talk", {
    ...{ ...TALK, port: ports[0]!, key },
  });
  await slices(talk, WARM_UP_SLICES);
  const idle = residentMiB(pid);
  await bringDown(files, FIRST, (await bringUp(files, FIRST)).answers);
  const quiet = await slices(talk, QUIET_SLICES);
  const during = async (work: Promise<TransferFigures>) => {
    resetPeak(pid);
    let isDone = false;
    const done = work.finally(() => isDone = true);
    const heard: number[][] = [];
    while (!isDone) heard.push([...await talk.slice()]);
    heard.pop(); // it was over in there
    return {
      figures: await done,
      ms: percentile(heard.flat(), 0.99),
      grownMiB: peakMiB(pid) - idle,
    };
  };
  const up = await during(bringUp(files, FILE, { isNice: true }));
  const down = await during(bringDown(files, FILE, up.figures.answers, { isNice: true }));
  quiet.push(...await slices(talk, QUIET_SLICES));
  const quietMs = percentile(quiet, 0.99);
  return {
    ...{ listener, quietMs },
    ms: { up: up.ms, down: down.ms },
    ratio: { up: up.ms / quietMs, down: down.ms / quietMs },
    grownMiB: { up: up.grownMiB, down: down.grownMiB },
  };
}

async function slices(talk: SlicedLoad<TalkSlice>, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let each = 0; each < count; each++) all.push(...await talk.slice());
  return all;
}

/** Each has the file in turn, as often as rounds were asked for. The file of one bare loop is nginx's, too. */
async function measureSpeeds(bench: Bench): Promise<Speed[]> {
  const folder = await Deno.makeTempDir();
  try {
    await using open = new AsyncDisposableStack();
    const servers: FileServer[] = [];
    for (const listener of LISTENERS) servers.push(open.use(await notifyliFiles(listener)));
    for (const listener of LISTENERS) servers.push(open.use(await bareFiles(listener, folder)));
    servers.push(open.use(await nginxFiles(folder)));
    const seen: Speed[] = [];
    for (let round = 1; round <= bench.rounds; round++) {
      for (const server of servers) seen.push(...await upAndDown(server));
      const speeds = seen.slice(-servers.length * 2 + 1).map((of) =>
        `${of.name} ${of.way} ${digits(of.mbPerSecond)} MB/s`
      );
      bench.progress(`${speeds.join(", ")} (round ${round} of ${bench.rounds})`);
    }
    return Object.values(Object.groupBy(seen, ({ name, way }) => `${name} ${way}`))
      .map((rounds) => median(rounds!, ({ mbPerSecond }) => mbPerSecond));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function upAndDown(server: FileServer): Promise<Speed[]> {
  const { name } = server;
  const up = server.up && await bringUp(server, FILE);
  const down = await bringDown(server, FILE, up?.answers ?? []);
  return [
    ...(up === undefined ? [] : [{ name, way: "up" as const, ...speedOf(up) }]),
    { name, way: "down", ...speedOf(down) },
  ];
}

function speedOf({ bytes, seconds, cpuSeconds }: TransferFigures) {
  return { mbPerSecond: bytes / seconds / 1e6, cpuSeconds };
}
