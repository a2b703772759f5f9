/** The program: finds a subcommand and runs it. A message's way starts at `lib/commands/start.ts`. */
import { VERSION } from "./lib/base/version.ts";
import type { Subcommand } from "./lib/commands/subcommand.ts";

interface Entry {
  readonly name: string;
  /** The options that do the same as the subcommand. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Loads the subcommand. The others stay unloaded, since loading takes time. */
  load(): Promise<Subcommand> | Subcommand;
}

const SUBCOMMANDS: readonly Entry[] = [
  {
    name: "start",
    summary: "Run the server (what happens without a command)",
    load: async () => (await import("./lib/commands/start.ts")).start,
  },
  {
    name: "send",
    summary: "Send a notification to a user; see send --help",
    load: async () => (await import("./lib/commands/send.ts")).send,
  },
  {
    name: "publish",
    summary: "Say something in a room; see publish --help",
    load: async () => (await import("./lib/commands/publish.ts")).publish,
  },
  {
    name: "room",
    summary: "Make, list, show and delete rooms; see room --help",
    load: async () => (await import("./lib/commands/room.ts")).room,
  },
  {
    name: "kind",
    summary: "Set what is usual for kinds of notifications; see kind --help",
    load: async () => (await import("./lib/commands/kind.ts")).kind,
  },
  {
    name: "upload",
    summary: "Upload files; see upload --help",
    load: async () => (await import("./lib/commands/upload.ts")).upload,
  },
  {
    name: "user",
    summary: "Export and erase what is kept of a user; see user --help",
    load: async () => (await import("./lib/commands/user.ts")).user,
  },
  {
    name: "key",
    summary: "Make, list and revoke keys to the HTTP API; see key --help",
    load: async () => (await import("./lib/commands/key.ts")).key,
  },
  {
    name: "push",
    summary: "Make keys for Web Push, push a test to a user; see push --help",
    load: async () => (await import("./lib/commands/push.ts")).push,
  },
  {
    name: "check",
    summary: "Check the settings and the rules for rooms; see check --help",
    load: async () => (await import("./lib/commands/check.ts")).check,
  },
  {
    name: "backup",
    summary: "Back the server up into one file, while it runs; see backup --help",
    load: async () => (await import("./lib/commands/backup.ts")).backup,
  },
  {
    name: "restore",
    summary: "Put a backup back; see restore --help",
    load: async () => (await import("./lib/commands/restore.ts")).restore,
  },
  {
    name: "migrate",
    summary: "Move the embedded store to Redis and PostgreSQL; see migrate --help",
    load: async () => (await import("./lib/commands/migrate.ts")).migrate,
  },
  {
    name: "top",
    summary: "Show what each node does, live; see top --help",
    load: async () => (await import("./lib/commands/top.ts")).top,
  },
  {
    name: "trace",
    summary: "Follow the frames of one user or room, live; see trace --help",
    load: async () => (await import("./lib/commands/trace.ts")).trace,
  },
  {
    name: "drain",
    summary: "Have a node give its clients to others, and end; see drain --help",
    load: async () => (await import("./lib/commands/drain.ts")).drain,
  },
  {
    name: "doctor",
    summary: "Say what is wrong with all that a server needs; see doctor --help",
    load: async () => (await import("./lib/commands/doctor.ts")).doctor,
  },
  {
    name: "token",
    summary: "Print a token for a user, for trying out; see token --help",
    load: async () => (await import("./lib/commands/token.ts")).token,
  },
  {
    name: "version",
    aliases: ["--version", "-V"],
    summary: "Print the version",
    load: () => printing(VERSION),
  },
  {
    name: "help",
    aliases: ["--help", "-h"],
    summary: "Print this text",
    load: () => printing(usage()),
  },
];

/** Runs a subcommand; resolves with the exit code. */
export async function main([name = "start", ...rest]: readonly string[]): Promise<number> {
  const entry = SUBCOMMANDS.find((each) => each.name === name || each.aliases?.includes(name));
  if (entry !== undefined) return await (await entry.load())(rest);
  console.error(`Unknown command ${JSON.stringify(name)}\n\n${usage()}`);
  return 2;
}

function usage(): string {
  const lines = SUBCOMMANDS.map(({ name, summary }) => `  ${name.padEnd(11)}${summary}`);
  return `notifyli ${VERSION}: realtime messages and notifications on one port

Usage: notifyli [command] [options]

Commands:
${lines.join("\n")}

The settings come from the environment and from a .env file in this folder; see the README.`;
}

function printing(text: string): Subcommand {
  return () => {
    console.log(text);
    return Promise.resolve(0);
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
