/**
 * Writes the tables of settings in README and `.env.example` from the slices: `deno task settings`. The test beside it
 * says when they are stale.
 */
import type { Setting } from "../../lib/config/setting.ts";
import type { Slice } from "../../lib/config/slice.ts";
import { SLICES } from "../../lib/configuration.ts";
import { ROOT } from "../support/paths.ts";

const HEAD = ["name", "default", "what it is"] as const;

/** A file with a place for the settings. */
export interface Listing {
  readonly path: string;
  /** The same text with the settings as they are. */
  renew(text: string): string;
}

const README: Listing = {
  path: `${ROOT}README.md`,
  renew: (text) => text.replace(/(?<=<!-- table: settings -->\n\n)(\|.*\n)+/, () => table(SLICES)),
};

const ENV_EXAMPLE: Listing = {
  path: `${ROOT}.env.example`,
  // What stands above the first section says how to use the file.
  renew: (text) => text.replace(/^## .*/ms, () => SLICES.map(section).join("\n")),
};

export const LISTINGS: readonly Listing[] = [README, ENV_EXAMPLE];

/** As `deno fmt` lays it out. */
function table(slices: readonly Slice[]): string {
  const rows = [HEAD, ...settingsOf(slices).map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = HEAD, ...body] = rows;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("");
}

function row([name, { default: usual, help }]: [string, Setting]): string[] {
  return [`\`${name}\``, usual === "" ? "" : `\`${usual}\``, help];
}

function section(slice: Slice): string {
  const entries = settingsOf([slice])
    .map(([name, { default: usual, help }]) => `\n# ${help}\n# ${name}=${usual}\n`);
  return `## ${slice.title}\n${entries.join("")}`;
}

function settingsOf(slices: readonly Slice[]): [string, Setting][] {
  return slices.flatMap(({ settings }) => Object.entries(settings));
}

if (import.meta.main) {
  for (const { path, renew } of LISTINGS) {
    await Deno.writeTextFile(path, renew(await Deno.readTextFile(path)));
  }
}
