/**
 * `deno task stress`: runs the fault scenarios in an order of the seed's, again and again until the time is over.
 * Exit code 1 where one failed; the seed that is printed runs the same again.
 */
import { parseArgs } from "node:util";
import { plateau } from "./plateau.ts";
import { Random } from "./random.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const HELP = `Breaks nodes, Redis and connections under load, and counts what arrives.

Usage: deno task stress [options]

  --seed N      Run what was run with this seed (default: a random one, printed)
  --minutes M   Start no more scenarios after so long (default: 1)
  --only NAME   Only scenarios whose name has this text
  --list        Print the names of the scenarios
  --help        Print this

Scenarios:
${[...SCENARIOS, plateau].map(({ name }) => `  ${name}`).join("\n")}`;

/** How long the load of one scenario lasts, and how much it is at most, in notifications a second. */
const LOAD_SECONDS = 4;
const RATE = 5_000;

/** At the end, this share of the time is for the memory under churn, and at least so many seconds. */
const PLATEAU_SHARE = 0.25;
const PLATEAU_MIN_SECONDS = 12;

/** As they were typed. */
interface Given {
  readonly seed?: string;
  readonly minutes?: string;
  readonly only?: string;
}

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly only: string;
}

/** All runs of one scenario. */
interface Row {
  runs: number;
  failures: number;
  accepted: number;
  delivered: number;
  queued: number;
  doubled: number;
  notes: string;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      seed: { type: "string" },
      minutes: { type: "string" },
      only: { type: "string" },
      list: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) console.log(HELP);
  else if (values.list) {
    console.log([...SCENARIOS, plateau].map(({ name }) => name).join("\n"));
  } else {
    Deno.exit(await stress(values));
  }
}

/** Resolves with the exit code. */
async function stress(given: Given): Promise<number> {
  const options = readOptions(given);
  if (typeof options === "string") {
    console.error(`${options}\n\n${HELP}`);
    return 2;
  }
  const { seed, minutes, only } = options;
  const isMeant = ({ name }: Scenario) => name.includes(only);
  const scenarios = SCENARIOS.filter(isMeant);
  const last = [plateau].filter(isMeant);
  if (scenarios.length + last.length === 0) {
    console.error(`No scenario has ${JSON.stringify(only)} in its name: see --list`);
    return 2;
  }
  console.log(`seed ${seed}, ${minutes} min, ${scenarios.length + last.length} scenarios`);
  const random = new Random(seed);
  const rows = new Map<string, Row>([...scenarios, ...last].map(({ name }) => [name, emptyRow()]));
  const plateauSeconds = Math.max(PLATEAU_MIN_SECONDS, minutes * 60 * PLATEAU_SHARE);
  const endsAt = performance.now() + (minutes * 60 - last.length * plateauSeconds) * 1000;
  let waiting: Scenario[] = [];
  while (scenarios.length > 0 && performance.now() < endsAt) {
    if (waiting.length === 0) waiting = random.shuffled(scenarios);
    const scenario = waiting.pop()!;
    await runOne(scenario, { random: random.fork(), seconds: LOAD_SECONDS, rate: RATE }, rows);
  }
  for (const scenario of last) {
    await runOne(scenario, { random: random.fork(), seconds: plateauSeconds, rate: RATE }, rows);
  }
  printTable(rows);
  const failed = [...rows].filter(([, { failures }]) => failures > 0).map(([name]) => name);
  if (failed.length === 0) return 0;
  console.error(`Failed: ${failed.join("; ")}. Run it again: deno task stress --seed ${seed}`);
  return 1;
}

async function runOne(
  { name, run }: Scenario,
  context: Omit<FaultContext, "progress">,
  rows: ReadonlyMap<string, Row>,
): Promise<void> {
  const row = rows.get(name) ?? emptyRow();
  const startedAt = performance.now();
  const progress = (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`  ${seconds.padStart(6)} s  ${line}`);
  };
  console.log(name);
  row.runs++;
  try {
    const report = await run({ ...context, progress });
    add(row, report);
    progress(`ok: ${report.accepted} accepted${report.notes ? `, ${report.notes}` : ""}`);
  } catch (error) {
    row.failures++;
    progress(`FAILED: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  }
}

function add(row: Row, report: Report): void {
  row.accepted += report.accepted;
  row.delivered += report.delivered;
  row.queued += report.queued;
  row.doubled += report.doubled;
  row.notes = report.notes ?? "";
}

function printTable(rows: ReadonlyMap<string, Row>): void {
  console.log("\nruns failed  accepted delivered   queued doubled");
  for (const [name, row] of rows) {
    const { runs, failures, accepted, delivered, queued, doubled, notes } = row;
    const counts = [[runs, 4], [failures, 6], [accepted, 9], [delivered, 9], [queued, 8], [
      doubled,
      7,
    ]]
      .map(([count = 0, width]) => String(count).padStart(width ?? 0));
    console.log(`${counts.join(" ")}  ${name}${notes === "" ? "" : `\n${" ".repeat(48)}${notes}`}`);
  }
}

function emptyRow(): Row {
  return { runs: 0, failures: 0, accepted: 0, delivered: 0, queued: 0, doubled: 0, notes: "" };
}

/** The options, or what is wrong with them. */
function readOptions({ seed, minutes = "1", only = "" }: Given): Options | string {
  const options = {
    seed: seed === undefined ? Random.newSeed() : Number(seed),
    minutes: Number(minutes),
    only,
  };
  if (!Number.isInteger(options.seed) || options.seed < 0 || options.seed >= 2 ** 32) {
    return `Cannot take --seed ${seed}: allowed is a whole number from 0 to ${2 ** 32 - 1}`;
  }
  if (options.minutes > 0) return options;
  return `Cannot take --minutes ${minutes}: allowed is a number above 0`;
}
