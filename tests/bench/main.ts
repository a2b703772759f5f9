/**
 * `deno task bench`: one room, one publisher, against a bare loop of the runtime in the same run. Ratios are what
 * counts; the machine's speed is not. Writes `RESULTS.md` beside this file. `deno task bench quick` takes one
 * short look and writes nothing.
 */
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { VERSION } from "../../lib/version.ts";
import type { Measured } from "./generator.ts";

const RECEIVERS = 1000;

interface Row extends Measured {
  readonly server: string;
  readonly window: number;
  /** Of the server process, in microseconds. */
  readonly cpuPerDelivery: number;
}

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  "bare Deno.serve loop": startBare,
  "notifyli, deno listener": () => startNotifyli("deno"),
  "notifyli, node listener": () => startNotifyli("node"),
};

if (import.meta.main) {
  const quick = Deno.args.includes("quick");
  const windows = quick ? [2] : [2, 16, 64];
  const rows: Row[] = [];
  for (const window of windows) {
    for (const [server, start] of Object.entries(SERVERS)) {
      console.log(`${server}, ${RECEIVERS} receivers, window ${window} ...`);
      await using running = await start();
      rows.push({ server, window, ...await measure(running, window, quick ? 3 : 6) });
    }
  }
  const results = report(rows);
  console.log(results);
  if (!quick) await Deno.writeTextFile(new URL("RESULTS.md", import.meta.url), results);
}

async function measure(
  { port, pid }: Server,
  window: number,
  seconds: number,
): Promise<Omit<Row, "server" | "window">> {
  const before = await cpuSeconds(pid);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      `${ROOT}tests/bench/generator.ts`,
      ...[port, RECEIVERS, window, seconds].map(String),
    ],
    stdin: "null",
  }).output();
  const measured: Measured = JSON.parse(new TextDecoder().decode(stdout));
  // The generator's warm-up second is in the server's figure too.
  const deliveries = measured.deliveriesPerSecond * (seconds + 1);
  return { ...measured, cpuPerDelivery: (await cpuSeconds(pid) - before) * 1e6 / deliveries };
}

function report(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const bare = rows.find(({ server, window }) =>
      server.startsWith("bare") && window === row.window
    );
    const ratio = row.deliveriesPerSecond / (bare?.deliveriesPerSecond ?? NaN);
    return `| ${row.server} | ${row.window} | ${row.deliveriesPerSecond.toLocaleString("en")} | ` +
      `${ratio.toFixed(2)} | ${row.cpuPerDelivery.toFixed(2)} | ${row.p50Ms.toFixed(1)} | ` +
      `${row.p99Ms.toFixed(1)} | ${Math.round(row.generatorCpu * 100)} % |`;
  });
  return `# Deliveries in one room

${
    RECEIVERS.toLocaleString("en")
  } receivers, one publisher, messages of about 110 bytes; \`deno task bench\`.
notifyli ${VERSION}, Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores shared by server and
generator, ${
    new Date().toISOString().slice(0, 10)
  }. "To bare" is against the bare loop at the same window; a
generator near 100 % is the limit itself, so look at the CPU too.

| server | window | deliveries/s | to bare | server CPU µs/delivery | p50 ms | p99 ms | generator CPU |
| ------ | ------ | ------------ | ------- | ---------------------- | ------ | ------ | ------------- |
${lines.join("\n")}
`;
}

async function startNotifyli(listener: string): Promise<Server> {
  return await Program.start({
    env: {
      APP_LISTENER: listener,
      APP_DATA_DIR: ":memory:",
      APP_RATE_MESSAGES: "off",
      APP_RATE_MESSAGES_USER: "off",
    },
  });
}

async function startBare(): Promise<Server> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", `${ROOT}tests/bench/bare.ts`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await reader.read()).value);
  return {
    port,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill();
      await Promise.all([child.status, reader.cancel()]);
    },
  };
}

/** User and system time of a process (proc(5), `stat`, fields 14 and 15, in hundredths of a second). */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
