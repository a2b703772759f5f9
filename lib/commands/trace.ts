/** `notifyli trace` follows the frames of one user or room, live, on all nodes of the running server. */
import { siteField } from "../auth/keys/fields.ts";
import { escapeUnseen } from "../base/visible_text.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { configureLogging } from "../log/logging.ts";
import { INTERRUPTED, interruptible } from "./interrupts.ts";
import { cut, lineWidth, NobodyReads, writeOut } from "./lines.ts";
import type { Values } from "./options.ts";
import { failed, subcommandOf } from "./subcommand.ts";
import { type Watched, watching } from "./watching.ts";

const HELP = {
  usage: [
    "trace user USER [--texts] [--json] [--site SITE]",
    "trace room ROOM [--texts] [--json] [--site SITE]",
  ],
  about:
    `Shows each frame of a user's connections, or of a room, as it comes and goes, on all nodes: time, direction,
type, room, user and length. Ctrl-C ends it.`,
  options: {
    texts: { help: "Show the texts of frames, too; the audit log notes who did" },
    json: { help: "One line of JSON for each frame" },
    site: { value: "SITE", help: "The site that the user or the room is of" },
  },
  notes: "Tokens are never shown. The server wants a proof, as for `key`.",
  exitCodes: "0 the server ended it, 1 not done, 2 wrong options or settings, 130 Ctrl-C.",
} as const;

export const trace = subcommandOf(HELP, {
  user: {
    argument: "the id of the user",
    run: (given, user) => perform((config, signal) => follow(config, { user }, given, signal)),
  },
  room: {
    argument: "the name of the room",
    run: (given, room) => perform((config, signal) => follow(config, { room }, given, signal)),
  },
});

async function perform(
  action: (config: Config, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const { config } = loadConfig();
  configureLogging(config.log);
  try {
    return await interruptible(async (signal) => {
      await action(config, signal);
      return signal.aborted ? INTERRUPTED : 0;
    });
  } catch (error) {
    return error instanceof NobodyReads ? 0 : failed("Not done", error);
  }
}

async function follow(
  config: Config,
  subject: Readonly<Record<string, string>>,
  { texts, json, site }: Values<typeof HELP.options>,
  signal: AbortSignal,
): Promise<void> {
  const query = {
    streams: "trace",
    ...subject,
    ...(texts && { texts: "1" }),
    ...(site !== undefined && { site: siteField({ site }) }),
  };
  for await (const watched of watching(config, query, signal)) {
    const line = json
      ? JSON.stringify(watched.data)
      : traceLine(watched, { width: lineWidth(), subject: Object.keys(subject)[0] });
    writeOut(`${line}\n`);
  }
}

/** Most characters of a name where a line is too short for all. */
const SHORT_NAME = 12;

/**
 * A frame in a line, and below it its text.
 *
 * @param width of a line; what says least is left out where that is too little
 * @param subject what is followed, `user` or `room`, which is the same in most lines
 */
export function traceLine(
  { name, data }: Watched,
  { width = Infinity, subject }: { readonly width?: number; readonly subject?: string } = {},
): string {
  if (name === "lost") return `… ${data["lost"]} more were not shown`;
  const line = fitting(data, width, subject);
  const { text } = data;
  return typeof text === "string" ? `${line}\n    ${escapeUnseen(text)}` : line;
}

function fitting(data: Watched["data"], width: number, subject: string | undefined): string {
  const { at, node, connection, user_id, room, direction, type, bytes } = data;
  const others: [name: string, text: string][] = [
    ...(user_id === undefined ? [] : [["user", String(user_id)]] as [string, string][]),
    ...(room === undefined ? [] : [["room", String(room)]] as [string, string][]),
  ];
  const first = [
    new Date(Number(at) * 1000).toISOString().slice(11, 23),
    direction === "in" ? "->" : "<-",
    String(type).padEnd(16),
    `${bytes} B`.padStart(8),
  ];
  const named = (most = Infinity, without?: string) =>
    others.filter(([name]) => name !== without)
      .map(([name, text]) => `${name} ${cut(escapeUnseen(text), most)}`);
  const lines = [
    [...first, ...named(), `${node}/${connection}`],
    [...first, ...named(), String(connection)],
    [...first, ...named(Infinity, subject), String(connection)],
    [...first, ...named(SHORT_NAME, subject), String(connection)],
    [...first, ...named(SHORT_NAME, subject)],
  ].map((parts) => escapeUnseen(parts.join("  ")));
  return lines.find(({ length }) => length <= width) ?? cut(lines.at(-1) ?? "", width);
}
