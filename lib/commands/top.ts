/** `notifyli top` shows what each node of the running server does, again and again. */
import { escapeUnseen } from "../base/visible_text.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { configureLogging } from "../log/logging.ts";
import { INTERRUPTED, interruptible } from "./interrupts.ts";
import { cut, lineWidth, NobodyReads, writeOut } from "./lines.ts";
import { askAsOperator } from "./operator_call.ts";
import type { Values } from "./options.ts";
import { failed, subcommand } from "./subcommand.ts";
import { table } from "./table.ts";
import { watching } from "./watching.ts";

const HELP = {
  usage: ["top [--once] [--json]"],
  about:
    `Shows what each node of the running server does, every two seconds: whether it is ready, cores, memory,
how late its event loop is, connections, and what it publishes and delivers per second. Ctrl-C ends it.`,
  options: {
    once: { help: "Show it once, and end" },
    json: { help: "JSON, as GET /api/nodes has it; one line each time" },
  },
  notes: "The server wants a proof, as for `key`.",
  exitCodes: "0 done, 1 not done, 2 wrong options or settings, 130 Ctrl-C.",
} as const;

/** Moves to the top of the screen, and clears what is below. */
const CLEAR = "\x1b[H\x1b[J";

export const top = subcommand(HELP, async (options) => {
  const { config } = loadConfig();
  configureLogging(config.log);
  try {
    if (options.once) {
      show(await askAsOperator(config, { method: "GET", path: "/api/nodes" }), options);
      return 0;
    }
    return await interruptible(async (signal) => {
      await go(config, options, signal);
      return signal.aborted ? INTERRUPTED : 0;
    });
  } catch (error) {
    return error instanceof NobodyReads ? 0 : failed("Not done", error);
  }
});

type Options = Values<typeof HELP.options>;
type Json = Readonly<Record<string, unknown>>;

async function go(config: Config, options: Options, signal: AbortSignal): Promise<void> {
  const isScreen = Deno.stdout.isTerminal() && !options.json;
  for await (const { name, data } of watching(config, { streams: "nodes" }, signal)) {
    if (name !== "nodes") continue;
    show(data, options, isScreen ? CLEAR : "");
  }
}

function show(data: Json, { json }: Options, before = ""): void {
  const text = json
    ? JSON.stringify(data)
    : nodesTable(data["nodes"] as readonly Json[], { width: lineWidth() });
  writeOut(`${before}${text}\n`);
}

const HEAD = [
  ...["NODE", "ID", "VERSION", "UP", "READY", "CPU", "RSS", "LAG", "CONNS", "USERS", "ROOMS"],
  ...["PUB/S", "DELIV/S", "REQ/S", "DROP/S", "ACK"],
];

/** What is left out first where a line is too short for all. */
const LESS = ["ID", "VERSION", "REQ/S", "UP", "ROOMS", "USERS", "RSS", "DROP/S", "CPU", "PUB/S"];

/** Most characters of a name where a line is too short for all. */
const SHORT_NAME = 20;

/** The nodes in a table, and below it why those are not ready that are not. @param width of a line */
export function nodesTable(
  nodes: readonly Json[],
  { now = Date.now(), width = Infinity }: { readonly now?: number; readonly width?: number } = {},
): string {
  const reasons = nodes.filter(({ ready }) => ready !== true)
    .map(({ name, reason }) => escapeUnseen(`${name}: ${reason}`));
  const rows = nodes.map((node) => rowOf(node, now).map(escapeUnseen));
  return [fitting([HEAD, ...rows], width), ...reasons].join("\n");
}

function fitting(rows: readonly (readonly string[])[], width: number): string {
  let text = table(rows);
  const isTooWide = () => text.split("\n").some(({ length }) => length > width);
  for (let less = 1; less <= LESS.length && isTooWide(); less++) {
    const gone = LESS.slice(0, less);
    text = table(rows.map((row) => {
      const [name = "", ...others] = row.filter((_, at) => !gone.includes(HEAD[at] ?? ""));
      return [cut(name, SHORT_NAME), ...others];
    }));
  }
  return text;
}

function rowOf(node: Json, now: number): string[] {
  const { name, id, version, started_at, ready, cpu, connections, users, rooms } = node;
  const [memory, lag, rates, latency] = ["memory", "loop_lag_ms", "rates", "latency_ms"]
    .map((part) => node[part] as Json | undefined ?? {}) as [Json, Json, Json, Json];
  return [
    ...[name, id, version].map(String),
    upFor(now / 1000 - Number(started_at)),
    ready === true ? "yes" : "NO",
    Number(cpu).toFixed(2),
    `${Math.round(Number(memory["rss"]) / 1024 ** 2)}M`,
    `${Math.round(Number(lag["p99"]))}ms`,
    ...[connections, users, rooms].map(String),
    ...["publications", "deliveries", "requests", "dropped"].map((rate) =>
      String(Math.round(Number(rates[rate])))
    ),
    typeof latency["p99"] === "number" ? `${Math.round(latency["p99"])}ms` : "-",
  ];
}

function upFor(seconds: number): string {
  const units = [[86_400, "d"], [3600, "h"], [60, "m"]] as const;
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))}${unit}`;
}
