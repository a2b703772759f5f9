/** `notifyli check`: says all that is wrong with the settings and the rules for rooms, or what they come to. */
import { parseArgs } from "node:util";
import { ConfigError } from "../base/config_error.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { isGuarded } from "../net/open_mode.ts";
import { lineOf } from "../rooms/rules/words.ts";
import { checkAll, type Checked } from "./check_all.ts";
import { describeRoom } from "./check_room.ts";
import { checkRunning } from "./check_running.ts";
import { table } from "./table.ts";

const USAGE = `Usage: notifyli check [options]

Reads the settings (environment, .env) and the file of room rules (APP_ROOMS) as a start would, says all that
is wrong with them, or what the rules come to. Nothing is started.

Options:
      --running      Whether the server that these settings are of answers at its address
  -r, --room ROOM    What holds for this room
  -u, --user USER    With --room: what this user may do there by the rules alone, without grants and
                     subscription tokens
  -h, --help         Print this text

Exit codes: 0 all is good, 1 something is wrong, 2 wrong options. With --running: 1 nobody listens there (a
server that starts or stops does not), 3 somebody does, but accepts or answers nothing.`;

/** Resolves with the exit code. */
export async function check(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  let checked: Checked;
  try {
    if (options.running) return await checkRunning(loadConfig().config);
    checked = await checkAll();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 1;
  }
  for (const warning of checked.warnings) console.error(warning);
  console.log(
    options.room === undefined
      ? summary(checked)
      : describeRoom(checked, options.room, options.user),
  );
  return 0;
}

interface Options {
  readonly room?: string;
  readonly user?: string;
  readonly running?: boolean;
  readonly help?: boolean;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        room: { type: "string", short: "r" },
        user: { type: "string", short: "u" },
        running: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.running && values.room !== undefined) {
      return "Cannot use --running with --room: it asks a server, not the rules";
    }
    if (values.user !== undefined && !values.room) {
      return "Missing option -r (--room) beside --user";
    }
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function summary({ config, rooms }: Checked): string {
  const hasTokens = config.tokens !== undefined;
  const lines: [string, string][] = [
    ...rooms.rules.map((rule): [string, string] => [rule.pattern, lineOf(rule, hasTokens)]),
    ["(all others)", lineOf(rooms.unknown, hasTokens)],
  ];
  return `All is good. The first rule whose pattern matches a room counts:\n\n${table(lines)}\n\n` +
    `May be called as: ${namesOf(config)}`;
}

function namesOf(config: Config): string {
  if (config.hosts.length > 0) {
    return `${config.hosts.join(", ")} (APP_HOSTS), and from this machine`;
  }
  return isGuarded(config)
    ? "localhost and loopback addresses, since it is open (APP_HOSTS names others)"
    : "any host (APP_HOSTS may name them)";
}
