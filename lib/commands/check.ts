/** `notifyli check`: says all that is wrong with the settings and the rules for rooms, or what they come to. */
import { parseArgs } from "node:util";
import type { Identity } from "../core/identity.ts";
import { newGuest } from "../auth/identity.ts";
import { isGuarded, requireClosedOrLocal } from "../net/open_mode.ts";
import { RoomAccess } from "../rooms/access.ts";
import { TokenVerifier } from "../auth/tokens.ts";
import {
  type Config,
  loadConfig,
  type LoadedConfig,
  loadEnvironment,
  problemsOf,
  readConfig,
} from "../config/config.ts";
import { ConfigError } from "../base/config_error.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { requirePossibleFolder } from "../engines/sqlite/data_dir.ts";
import type { Environment } from "../config/environment.ts";
import { CodedError } from "../base/errors.ts";
import { readPem } from "../config/pem.ts";
import { RoomRules, type RoomWithRule, USER_ROOMS } from "../rooms/rules/room_rules.ts";
import { type LoadedRooms, loadRooms } from "../rooms/rules/rooms_file.ts";
import { lineOf, wordsOf } from "../rooms/rules/words.ts";
import { checkRunning } from "./check_running.ts";

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
    options.room === undefined ? summary(checked) : describe(checked, options.room, options.user),
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

interface Checked extends LoadedConfig, LoadedRooms {
  readonly tokens: TokenVerifier | undefined;
}

/** Reads all there is to read. Rejects with a `ConfigError` that has one problem a line. */
async function checkAll(): Promise<Checked> {
  const { env, file } = loadEnvironment();
  const settings = problemsOf([() => readConfig(env, file)]);
  // Where settings are wrong, the rules are looked at all the same, as far as they can be.
  if (settings.length > 0) throw new ConfigError([...settings, ...problemsOfRooms(env)].join("\n"));
  const { config, warnings } = readConfig(env, file);
  const problems = [
    ...problemsOf([
      () => requireClosedOrLocal(config),
      () => config.redis ?? requirePossibleFolder(config.dataDir),
      () => loadRooms(config),
    ]),
    ...await problemsOfFiles(config),
  ];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  const { rooms, warnings: more } = loadRooms(config);
  const tokens = config.tokens && await TokenVerifier.open(config.tokens, config.limits);
  return { config, rooms, tokens, warnings: [...warnings, ...more] };
}

function problemsOfRooms(env: Environment): string[] {
  const { APP_ROOMS, APP_KEY, APP_TOKEN_ALGORITHM } = env;
  const tokens = APP_KEY || APP_TOKEN_ALGORITHM || undefined;
  return problemsOf([
    () => loadRooms({ roomsFile: APP_ROOMS?.trim() || undefined, privateRooms: [], tokens }),
  ]);
}

/** Of the files that settings name. */
async function problemsOfFiles({ tls, tokens, redis, limits }: Config): Promise<string[]> {
  const [opened] = await Promise.allSettled([tokens && TokenVerifier.open(tokens, limits)]);
  return problemsOf([
    () => tls && readPem("APP_TLS_CERT", tls.cert),
    () => tls && readPem("APP_TLS_KEY", tls.key),
    () => redis?.tlsCa && readPem("REDIS_TLS_CA", redis.tlsCa),
    () => {
      if (opened.status === "rejected") throw opened.reason;
    },
  ]);
}

function summary({ config, rooms }: Checked): string {
  const hasTokens = config.tokens !== undefined;
  const lines: [string, string][] = [
    ...rooms.rules.map((rule): [string, string] => [rule.pattern, lineOf(rule, hasTokens)]),
    ["(all others)", lineOf(rooms.unknown, hasTokens)],
  ];
  return `All is good. The first rule whose pattern matches a room counts:\n\n${
    columns(lines)
  }\n\n` +
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

function describe(
  { config, rooms, tokens }: Checked,
  name: string,
  user: string | undefined,
): string {
  const rules = new RoomRules(rooms, config.history);
  const room = rules.of(name);
  const access = new RoomAccess(rules, tokens);
  const words = wordsOf(room, tokens !== undefined);
  const isUsers = tokens !== undefined && name.startsWith(USER_ROOMS);
  const enter = isUsers ? `user ${name.slice(USER_ROOMS.length)} alone` : words.enter;
  const asked: [string, Identity][] = [
    ...userAsked(user),
    ...(access.takesGuests ? [["a guest", newGuest()] as [string, Identity]] : []),
  ];
  const verdicts = tokens === undefined ? [] : asked.map(([who, identity]): [string, string] => [
    who,
    verdict(access, name, identity),
  ]);
  return `${JSON.stringify(name)}: ${origin(room, config)}\n\n${
    columns([...Object.entries({ ...words, enter }), ...verdicts])
  }`;
}

/** A user with nothing but a connection token. */
function userAsked(user: string | undefined): [string, Identity][] {
  return user === undefined ? [] : [[`user ${user}`, { site: DEFAULT_SITE, user, rooms: [] }]];
}

function origin({ pattern }: RoomWithRule, { roomsFile = "APP_PRIVATE_ROOMS" }: Config): string {
  return pattern === undefined
    ? "no rule names it"
    : `by the rule ${JSON.stringify(pattern)} of ${roomsFile}`;
}

/** What someone may do, found out by the checks that the server makes. */
function verdict(access: RoomAccess, room: string, identity: Identity): string {
  const refusal = refusalOf(() => access.requireEntry(identity, room));
  if (refusal !== undefined) return refusal;
  const isMute = refusalOf(() => access.requireSpeech(identity, room, true)) !== undefined;
  return isMute ? "may enter, but not speak" : "may enter, and speak";
}

function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}

function columns(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}
