/**
 * `deno task bench`: measures notifyli side by side with bare loops and with other servers, row by row of
 * `rows.ts`, and writes `RESULTS.md` beside this file.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureGrowth } from "./growth.ts";
import { type Measured, report } from "./report.ts";
import type { Bench, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

const HELP =
  `Measures notifyli against bare loops and other servers. Linux only; load stays on this machine.

Usage: deno task bench [options] [ROW…]

Without a row, all are measured, and tests/bench/RESULTS.md is written (about 26 minutes).

  quick         One row, in 20 seconds
  growth        More clients, nodes and history; draws docs/performance.svg
  --rounds N    How often each is measured; the median counts (default: 3)
  --seconds S   For how long each time; servers that are compared have a second in turn (default: 4)
  --help        Print this

Rows:
${ROWS.map(({ name, question }) => `  ${name.padEnd(26)}${question}`).join("\n")}`;

const QUICK: readonly string[] = ["base-deno", "--rounds", "1", "--seconds", "3"];

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: args[0] === "quick" ? [...QUICK] : [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "4" },
      help: { type: "boolean" },
    },
  });
  const isGrowth = positionals[0] === "growth";
  const unknown = positionals.find((name) => !isGrowth && !ROWS.some((row) => row.name === name));
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (unknown !== undefined || !(rounds >= 1) || !(seconds > 0)) {
    console.error(
      unknown === undefined
        ? "--rounds and --seconds take a number"
        : `There is no row '${unknown}'`,
    );
    return 2;
  }
  if (isGrowth) {
    await measureGrowth({ rounds, seconds, progress: console.log });
    return 0;
  }
  const isWhole = positionals.length === 0;
  const rows = ROWS.filter(({ name }) => isWhole || positionals.includes(name));
  const all: Measured[] = [];
  for (const row of rows) all.push(await measure(row, { rounds, seconds }));
  const text = await report(all);
  console.log(`\n${text}`);
  if (isWhole) await writeFormatted(new URL("RESULTS.md", import.meta.url), text);
  return all.some(({ outcome }) => outcome instanceof Error) ? 1 : 0;
}

async function writeFormatted(file: URL, text: string): Promise<void> {
  await Deno.writeTextFile(file, text);
  const args = ["fmt", "--quiet", fileURLToPath(file)];
  await new Deno.Command(Deno.execPath(), { args }).output();
}

/** A row that fails does not keep the others from being measured. */
async function measure(row: Row, options: Omit<Bench, "progress">): Promise<Measured> {
  console.log(`${row.name}: ${row.question}`);
  const progress = (line: string) => console.log(`  ${line}`);
  try {
    return { row, outcome: await row.measure({ ...options, progress }) };
  } catch (error) {
    progress(`failed: ${error}`);
    return { row, outcome: error instanceof Error ? error : new Error(String(error)) };
  }
}
