/** The results as a page of Markdown. */
import { VERSION } from "../../lib/base/version.ts";
import { type Check, type Detail, digits, isMet, type Outcome, type Row } from "./row.ts";
import { RAISED_LIMITS } from "./servers.ts";

/** Before the run: what else the machine was doing. */
const LOAD_BEFORE = Deno.loadavg()[0]!;

/** More than this, and the figures say little. */
const QUIET_LOAD = 0.5;

export interface Measured {
  readonly row: Row;
  /** Or why there is none. */
  readonly outcome: Outcome | Error;
}

export async function report(all: readonly Measured[]): Promise<string> {
  const raised = Object.entries(RAISED_LIMITS).map(([name, value]) => `\`${name}=${value}\``);
  return `# Benchmark results

\`deno task bench\`, ${await where()}

What counts are the ratios, seen in turn in the same run, and the server's CPU for each delivery; the machine's own speed
is not. Where the generator's CPU is near 100 %, the generator is the limit. The server runs with tokens, limits and
history for recovery; one publisher says more than any person, so ${
    raised.join(" and ")
  } are raised.

The tables of the rows show what was seen in all; the ratios are the median of those of each second, and need not be the
tables' own.

${busyNote()}${table(all.flatMap(checks))}

${all.map(section).join("\n\n")}
`;
}

/** The date, the versions and the machine. */
export async function where(): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: notifyli ${VERSION}, Deno ${Deno.version.deno}, ${await nodeVersion()};
${await machine()}, shared by server, generator and Redis.`;
}

function busyNote(): string {
  if (LOAD_BEFORE <= QUIET_LOAD) return "";
  return `**The machine was busy with other work** (load ${
    digits(LOAD_BEFORE)
  } before the run): these figures show \
that the benchmark works, and no more.\n\n`;
}

function checks({ row, outcome }: Measured): Detail[] {
  if (outcome instanceof Error) {
    return [line(row, row.question, "", "not measured", "", "no")];
  }
  return outcome.checks.map((check) => {
    const byCpu = check.byCpu === undefined ? "" : amount(check, check.byCpu);
    const target = `${check.is} ${amount(check, check.target)}`;
    return line(
      row,
      check.what,
      target,
      amount(check, check.value),
      byCpu,
      isMet(check) ? "yes" : "no",
    );
  });
}

function line(
  { name }: Row,
  what: string,
  target: string,
  seen: string,
  byCpu: string,
  met: string,
): Detail {
  return { "row": name, what, target, seen, "for the same CPU": byCpu, "met": met };
}

function amount({ unit }: Check, value: number): string {
  if (unit === undefined) return `${digits(value)} times`;
  return unit === "/s" ? `${digits(value)}/s` : `${digits(value)} ${unit}`;
}

function section({ row, outcome }: Measured): string {
  const parts = outcome instanceof Error
    ? [`Not measured: ${outcome.message}`]
    : [table(outcome.details), ...outcome.notes ?? []];
  return [`## ${row.name}`, `${row.question}.`, ...parts].join("\n\n");
}

/** Aligned, as the formatter would. */
export function table(rows: readonly Detail[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => row[name] ?? ""))];
  const widths = names.map((_, column) =>
    Math.max(3, ...cells.map((line) => line[column]!.length))
  );
  const format = (texts: readonly string[]) =>
    `| ${texts.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [format(head), format(widths.map((width) => "-".repeat(width))), ...body.map(format)]
    .join("\n");
}

async function machine(): Promise<string> {
  const model = /model name\s*: (.+)/.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores of ${
    model ?? Deno.build.arch
  }, ${gib} GiB, Linux ${Deno.osRelease()}`;
}

async function nodeVersion(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    return `Node ${new TextDecoder().decode(stdout).trim().slice(1)} for the peers`;
  } catch {
    return "no Node for the peers";
  }
}
