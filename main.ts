/** The program: names a subcommand and runs it. A message's way starts at `lib/commands/start.ts`. */
import { ConfigError } from "./lib/base/config_error.ts";
import { VERSION } from "./lib/base/version.ts";

const USAGE = `notifyli ${VERSION}: realtime messages and notifications on one port

Usage: notifyli [command] [options]

Commands:
  start      Run the server (what happens without a command)
  send       Send a notification to a user; see send --help
  key        Make, list and revoke keys to the HTTP API; see key --help
  check      Check the settings and the rules for rooms; see check --help
  token      Print a token for a user, for trying out; see token --help
  version    Print the version
  help       Print this text

The settings come from the environment and from a .env file in this folder; see the README.`;

/** Runs a subcommand; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command = "start", ...rest] = args;
  switch (command) {
    case "start":
      return await (await import("./lib/commands/start.ts")).start(rest);
    case "send":
      return await (await import("./lib/commands/send.ts")).send(rest);
    case "key":
      return await (await import("./lib/commands/key.ts")).key(rest);
    case "check":
      return await (await import("./lib/commands/check.ts")).check(rest);
    case "token":
      return await (await import("./lib/commands/token.ts")).token(rest);
    case "version":
    case "--version":
    case "-V":
      console.log(VERSION);
      return 0;
    case "help":
    case "--help":
    case "-h":
      console.log(USAGE);
      return 0;
    default:
      console.error(`Unknown command ${JSON.stringify(command)}\n\n${USAGE}`);
      return 2;
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
