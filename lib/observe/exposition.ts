/** Writes families in the text format of Prometheus, version 0.0.4. */
import type { Family, Labels } from "../core/metrics.ts";

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const PREFIX = "notifyli_";

/** What every program calls its figures of the process, so that one dashboard fits all. */
const OF_ALL_PROGRAMS = /^process_/;

/** Families of one name are written together, with the help of the first. */
export function exposition(families: Iterable<Family>): string {
  const byName = Map.groupBy(families, fullName);
  let text = "";
  for (const [name, [first, ...others]] of byName) {
    if (first === undefined) continue;
    const lines = linesOf(name, [first, ...others]);
    if (lines === "") continue;
    text += `# HELP ${name} ${escaped(first.help)}\n# TYPE ${name} ${first.type}\n${lines}`;
  }
  return text;
}

/** A family's name as Prometheus knows it: with the program's, and the ending of counters. */
export function fullName({ name, type }: Pick<Family, "name" | "type">): string {
  const known = OF_ALL_PROGRAMS.test(name) ? name : PREFIX + name;
  return type === "counter" ? `${known}_total` : known;
}

function linesOf(name: string, families: readonly Family[]): string {
  let lines = "";
  for (const family of families) {
    for (const { suffix = "", labels, value } of family.samples()) {
      lines += `${name}${suffix}${labelled(labels)} ${written(value)}\n`;
    }
  }
  return lines;
}

function labelled(labels: Labels = {}): string {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return "";
  return `{${pairs.map(([label, value]) => `${label}="${quoted(value)}"`).join()}}`;
}

function quoted(value: string): string {
  return escaped(value).replaceAll('"', '\\"');
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function written(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
