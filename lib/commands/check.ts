/** `notifyli check` says all that is wrong with the settings and the rules for rooms, or else what they come to. */
import { ConfigError } from "../base/config_error.ts";
import { isOpenServer } from "../base/open_server.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { isGuarded } from "../net/open_mode.ts";
import { lineOf, topicLineOf } from "../rooms/rules/words.ts";
import { checkAll, type Checked } from "./check_all.ts";
import { describeRoom } from "./check_room.ts";
import { checkRunning } from "./check_running.ts";
import { subcommand } from "./subcommand.ts";
import { UsageError, type Values } from "./options.ts";
import { table } from "./table.ts";

const HELP = {
  usage: ["check [options]"],
  about:
    `Reads the settings (environment, .env) and the file of room rules (APP_ROOMS) as a start would,
    and asks PostgreSQL (DATABASE_URL) whether it can be used. Says all that is wrong, or what the
    rules come to. Nothing is started, and nothing is changed.`,
  options: {
    running: { help: "Whether the server that these settings are of answers at its address" },
    room: { short: "r", value: "ROOM", help: "What holds for this room" },
    user: {
      short: "u",
      value: "USER",
      help: `With --room: what this user may do there by the rules alone, without grants and
        subscription tokens`,
    },
  },
  exitCodes: `0 all is good, 1 something is wrong, 2 wrong options. With --running: 1 nobody listens
    there (a server that starts or stops does not), 3 somebody does, but accepts or answers nothing.`,
} as const;

export const check = subcommand(HELP, async (options) => {
  requireSense(options);
  try {
    if (options.running) return await checkRunning(loadConfig().config);
    const checked = await checkAll();
    for (const warning of checked.warnings) console.error(warning);
    console.log(told(checked, options));
    return 0;
  } catch (error) {
    // Wrong settings are what this command looks for, so they are its answer and no failure.
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 1;
  }
});

type Asked = Values<typeof HELP.options>;

function requireSense({ running, room, user }: Asked): void {
  if (running && room !== undefined) {
    throw new UsageError("Cannot use --running with --room: it asks a server, not the rules");
  }
  if (user !== undefined && !room) {
    throw new UsageError("Missing option -r (--room) beside --user");
  }
}

function told(checked: Checked, { room, user }: Asked): string {
  return room === undefined ? summary(checked) : describeRoom(checked, room, user);
}

function summary({ config, rooms, topics, notes }: Checked): string {
  const hasTokens = !isOpenServer(config.auth);
  const lines: [string, string][] = [
    ...rooms.rules.map((rule): [string, string] => [rule.pattern, lineOf(rule, hasTokens)]),
    ["(all others)", lineOf(rooms.unknown, hasTokens)],
  ];
  const ofTopics: [string, string][] = [
    ...topics.map((rule): [string, string] => [rule.pattern, topicLineOf(rule, hasTokens)]),
    ["(all others)", topicLineOf(undefined, hasTokens)],
  ];
  return `All is good. The first rule whose pattern matches a room counts:\n\n${table(lines)}\n\n` +
    (topics.length > 0 ? `The same for topics:\n\n${table(ofTopics)}\n\n` : "") +
    [`May be called as: ${namesOf(config)}`, ...notes].join("\n");
}

function namesOf(config: Config): string {
  const { hosts } = config.net;
  if (hosts.length > 0) return `${hosts.join(", ")} (APP_HOSTS), and from this machine`;
  return isGuarded(config)
    ? "localhost and loopback addresses, since it is open (APP_HOSTS names others)"
    : "any host (APP_HOSTS may name them)";
}
