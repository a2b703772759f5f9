/** Many small files up and down: what a file costs beside its bytes. */
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
import type { TransferFigures } from "../loads/transfer.ts";
import { digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";

const FILES: Files = {
  names: Array.from({ length: 10_000 }, (_, index) => `small-${index}`),
  bytes: 10 * 1024,
  connections: 32,
};

/** A bare loop keeps no rows, and has neither folders to sync nor to look for who may see a file. */
const TO_BARE: Readonly<Record<Way, number>> = { up: 0.1, down: 0.4 };

/** What was seen of a server in one direction. */
interface Seen {
  readonly name: string;
  readonly way: Way;
  readonly filesPerSecond: number;
  /** Of the server, in microseconds. */
  readonly cpuEach: number;
  readonly generatorCpu: number;
}

export const fileSmall: Row = {
  name: "file-small",
  question: "10,000 files of 10 KiB up and down, 32 at a time, beside bare loops and nginx",
  async measure(bench) {
    const folder = await Deno.makeTempDir();
    try {
      await using open = new AsyncDisposableStack();
      const servers: FileServer[] = [];
      for (const listener of LISTENERS) servers.push(open.use(await notifyliFiles(listener)));
      for (const listener of LISTENERS) servers.push(open.use(await bareFiles(listener, folder)));
      servers.push(open.use(await nginxFiles(folder)));
      const rounds: Seen[] = [];
      for (let round = 1; round <= bench.rounds; round++) {
        for (const server of servers) {
          const seen = await upAndDown(server);
          rounds.push(...seen);
          const rates = seen.map(({ way, filesPerSecond }) => `${way} ${digits(filesPerSecond)}/s`);
          bench.progress(`${server.name}: ${rates.join(", ")} (round ${round} of ${bench.rounds})`);
        }
      }
      const seen = Object.values(Object.groupBy(rounds, ({ name, way }) => `${name} ${way}`))
        .map((each) => median(each!, ({ filesPerSecond }) => filesPerSecond));
      const rateOf = (name: string, way: Way) =>
        seen.find((of) => of.name === name && of.way === way)?.filesPerSecond ?? NaN;
      return {
        checks: LISTENERS.flatMap((listener) =>
          WAYS.map((way) => ({
            what: `${listener} listener, ${way}: files/s, to bare`,
            value: rateOf(`notifyli, ${listener} listener`, way) /
              rateOf(`bare ${listener} loop`, way),
            target: TO_BARE[way],
            is: "at least" as const,
          }))
        ),
        details: seen.map((of) => ({
          "server": of.name,
          "way": of.way,
          "files/s": digits(of.filesPerSecond),
          "server CPU µs each": digits(of.cpuEach),
          "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
        })),
        notes: [
          "Whoever has taken a file has synced it to the disk. A file of notifyli's is also a row, has been looked into for its type, " +
          "and has a SHA-256; who has a link to it gets it, and nobody else.",
        ],
      };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function upAndDown(server: FileServer): Promise<Seen[]> {
  const { name } = server;
  const up = server.up && await bringUp(server, FILES);
  const down = await bringDown(server, FILES, up?.answers ?? []);
  const seenOf = (way: Way, { seconds, cpuSeconds, generatorCpu }: TransferFigures): Seen => ({
    ...{ name, way, generatorCpu },
    filesPerSecond: FILES.names.length / seconds,
    cpuEach: cpuSeconds / FILES.names.length * 1e6,
  });
  return [...(up === undefined ? [] : [seenOf("up", up)]), seenOf("down", down)];
}
