/** `notifyli user` exports and erases what the running server keeps of one user. */
import type { IncomingMessage } from "node:http";
import { siteField } from "../auth/keys/fields.ts";
import { CodedError } from "../base/errors.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { configureLogging } from "../log/logging.ts";
import { askAsOperator, openAsOperator } from "./operator_call.ts";
import type { Values } from "./options.ts";
import { Progress } from "./progress.ts";
import { failed, subcommandOf } from "./subcommand.ts";

/** More characters than the last line of an export has. */
const LAST_LINE = 100;

/** How long the server may look through what it keeps without a word. */
const SILENT_MS = 120_000;

const HELP = {
  usage: [
    "user export USER [-o FILE] [--site SITE]",
    "user erase USER [--yes] [--site SITE]",
  ],
  about:
    `Exports all that the running server keeps of a user, as JSON in lines, or erases it. What others have
written stays theirs; what the user has written to others is taken back.`,
  options: {
    output: { short: "o", value: "FILE", help: "Where the export goes (default: standard output)" },
    yes: { help: "Erase without asking" },
    site: { value: "SITE", help: "The site that the user is of" },
  },
  notes:
    `An export ends with a line that says how many records it has; without that line it is not the whole. An
erasure that was broken off is begun again by the same command. The server wants a proof, as for \`key\`.`,
  exitCodes: "0 done, 1 not done, 2 wrong options or settings.",
} as const;

const USER = { argument: "the id of the user" };

export const user = subcommandOf(HELP, {
  export: {
    ...USER,
    run: (given, id) => perform((config) => exportData(config, id, given)),
  },
  erase: {
    ...USER,
    run: (given, id) => perform((config) => erase(config, id, given)),
  },
});

async function perform(action: (config: Config) => Promise<number>): Promise<number> {
  const { config } = loadConfig();
  configureLogging(config.log);
  try {
    return await action(config);
  } catch (error) {
    return failed("Not done", error);
  }
}

async function exportData(
  config: Config,
  id: string,
  { output, site }: Values<typeof HELP.options>,
): Promise<number> {
  const answer = await openAsOperator(config, {
    method: "GET",
    path: pathOf(id, site),
    silentMs: SILENT_MS,
  });
  // What is left of an earlier export is no part of this one, and nobody else reads what is private.
  const file = output === undefined
    ? undefined
    : await Deno.open(output, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    const records = await copy(answer, file?.writable ?? Deno.stdout.writable);
    console.error(
      `Exported ${count(records, "record")} of user ${id}${output ? ` to ${output}` : ""}`,
    );
    return 0;
  } catch (error) {
    throw new CodedError("unavailable", `the export is not whole: ${reason(error)}`);
  }
}

/** Copies the lines, and counts the records. Rejects where the last line is missing. */
async function copy(
  answer: IncomingMessage,
  to: WritableStream<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  const writer = to.getWriter();
  const progress = new Progress();
  const decoder = new TextDecoder();
  let lines = 0;
  let end = "";
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      await writer.write(chunk);
      const text = decoder.decode(chunk, { stream: true });
      lines += text.split("\n").length - 1;
      end = (end + text).slice(-LAST_LINE);
      progress.show(`${count(Math.max(0, lines - 1), "record")} …`);
    }
  } finally {
    progress.clear();
    await writer.close();
  }
  const [, records] = /\n\{"type":"end","records":(\d+)\}\n$/.exec(end) ?? [];
  if (records === undefined) throw new Error("its last line is missing");
  return Number(records);
}

async function erase(
  config: Config,
  id: string,
  { yes, site }: Values<typeof HELP.options>,
): Promise<number> {
  if (!yes && !isConfirmed(id, site)) return 2;
  const all = new Map<string, number>();
  const progress = new Progress();
  for (let isDone = false; !isDone;) {
    const path = pathOf(id, site);
    const { erased, done } = await askAsOperator(config, {
      method: "DELETE",
      path,
      silentMs: SILENT_MS,
    });
    for (const [noun, number] of Object.entries(Object(erased))) {
      all.set(noun, (all.get(noun) ?? 0) + Number(number));
    }
    isDone = done !== false;
    progress.show(`Erased ${listed(all)} …`);
  }
  progress.clear();
  console.log(`Erased ${listed(all)} of user ${id}`);
  return 0;
}

/** Asks on a terminal; elsewhere nobody can be asked. */
function isConfirmed(id: string, site: string | undefined): boolean {
  const whom = `user ${id}${site === undefined ? "" : ` of site ${site}`}`;
  if (!Deno.stdin.isTerminal()) {
    console.error(`Not done: give --yes to erase all that is kept of ${whom}`);
    return false;
  }
  const typed = prompt(`Erase all that is kept of ${whom}? It cannot be undone. Type the id:`);
  if (typed?.trim() === id) return true;
  console.error("Not done: that is not the id");
  return false;
}

function listed(all: ReadonlyMap<string, number>): string {
  const words = [...all].filter(([, number]) => number > 0)
    .map(([noun, number]) => `${number} ${noun.replaceAll("_", " ")}`);
  return words.length === 0 ? "nothing" : words.join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function pathOf(id: string, site: string | undefined): string {
  const query = site === undefined ? "" : `?site=${siteField({ site })}`;
  return `/api/users/${encodeURIComponent(id)}/data${query}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
