/** `notifyli room` makes, lists, shows and deletes rooms of the running server. */
import { siteField } from "../auth/keys/fields.ts";
import type { Fields } from "../base/fields.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { MAX_PAGE } from "../core/command_fields.ts";
import { configureLogging } from "../log/logging.ts";
import { askAsOperator } from "./operator_call.ts";
import type { OptionKind, Values } from "./options.ts";
import { failed, subcommandOf } from "./subcommand.ts";
import { table } from "./table.ts";

const YES_OR_NO: OptionKind<boolean> = {
  allowed: "yes or no",
  read: (text) => text === "yes" ? true : text === "no" ? false : undefined,
};

const COUNT: OptionKind<number> = {
  allowed: "a whole number",
  read: (text) => /^\d{1,9}$/.test(text) ? Number(text) : undefined,
};

const HISTORY: OptionKind<false | { size: number; seconds: number }> = {
  allowed: "messages and seconds such as 1000/86400, or no",
  read(text) {
    if (text === "no") return false;
    const [, size, seconds] = /^(\d{1,6})\/(\d{1,8})$/.exec(text) ?? [];
    return seconds === undefined ? undefined : { size: Number(size), seconds: Number(seconds) };
  },
};

const USERS: OptionKind<readonly string[]> = {
  allowed: "users with commas between",
  read: (text) => text.split(",").map((each) => each.trim()),
};

const SPEAKERS: OptionKind<string | readonly string[]> = {
  allowed: "anyone, members, server, or users with commas between",
  read: (text) => ["anyone", "members", "server"].includes(text) ? text : USERS.read(text),
};

const HELP = {
  usage: [
    "room create ROOM [options]",
    "room list [--pattern PATTERN] [--site SITE]",
    "room show ROOM [--site SITE]",
    "room delete ROOM [--site SITE]",
  ],
  about:
    `Makes rooms of the running server, or gives them other rules; lists those that were made or have somebody
in them; shows one; deletes one. In a ROOM, \`*\` stands for any text.`,
  options: {
    "max-clients": { value: "NUMBER", kind: COUNT, help: "How many clients may be in it" },
    private: { help: "One enters by a subscription token, by a grant, or as one of the members" },
    auth: { value: "yes|no", kind: YES_OR_NO, help: "Only who has a token may enter, no guest" },
    members: { value: "USERS", kind: USERS, help: "Who may enter a private room without either" },
    publish: { value: "WHO", kind: SPEAKERS, help: "Who may say something there" },
    events: { value: "WHO", kind: SPEAKERS, help: "Who may tell the others of an event" },
    presence: { value: "yes|no", kind: YES_OR_NO, help: "Clients in it may see who is there" },
    "max-presence": { value: "NUMBER", kind: COUNT, help: "Up to so many users are named" },
    history: { value: "SIZE/SECONDS", kind: HISTORY, help: "Messages kept, and for how long" },
    persistent: { help: "What is kept survives a restart of the server" },
    pattern: { value: "PATTERN", help: "List only these rooms" },
    site: { value: "SITE", help: "The site it is of" },
  },
  notes:
    `WHO is anyone (who may enter), members (who is in it), server (no client), or users. The server wants a
proof, as for \`key\`.`,
  exitCodes: "0 done, 1 not done, 2 wrong options or settings.",
} as const;

const ROOM = { argument: "the name of the room" };

export const room = subcommandOf(HELP, {
  create: {
    ...ROOM,
    run: (given, name) =>
      perform(async (config) => {
        const body = { ...fieldsOf(given), site: given.site };
        const made = await askAsOperator(config, { method: "PUT", path: pathOf(name), body });
        console.log(JSON.stringify(made, null, 2));
      }),
  },
  list: { run: (given) => perform((config) => list(config, given)) },
  show: {
    ...ROOM,
    run: ({ site }, name) =>
      perform(async (config) => {
        const path = pathOf(name, site);
        console.log(JSON.stringify(await askAsOperator(config, { method: "GET", path }), null, 2));
      }),
  },
  delete: {
    ...ROOM,
    run: ({ site }, name) =>
      perform(async (config) => {
        await askAsOperator(config, { method: "DELETE", path: pathOf(name, site) });
        console.log(`Deleted ${name}`);
      }),
  },
});

async function perform(action: (config: Config) => Promise<void>): Promise<number> {
  const { config } = loadConfig();
  configureLogging(config.log);
  try {
    await action(config);
    return 0;
  } catch (error) {
    return failed("Not done", error);
  }
}

/** The fields of the rule, by the names of the file of rules. */
function fieldsOf(given: Values<typeof HELP.options>): Fields {
  const { auth, members, publish, events, presence, history, persistent } = given;
  return {
    ...{ auth, members, publish, events, presence, history, persistent, private: given.private },
    maxClients: given["max-clients"],
    maxPresence: given["max-presence"],
  };
}

async function list(
  config: Config,
  { pattern, site }: Values<typeof HELP.options>,
): Promise<void> {
  const rows: string[][] = [];
  let cursor: unknown;
  do {
    const query = new URLSearchParams({
      limit: String(MAX_PAGE),
      ...(pattern !== undefined && { pattern }),
      ...(site !== undefined && { site: siteField({ site }) }),
      ...(cursor !== undefined && { cursor: String(cursor) }),
    });
    const { rooms, next } = await askAsOperator(config, {
      method: "GET",
      path: `/api/rooms?${query}`,
    });
    if (Array.isArray(rooms)) rows.push(...rooms.map(rowOf));
    cursor = next;
  } while (cursor !== undefined);
  console.log(table([["ROOM", "USERS", "MADE", "RULE"], ...rows]));
}

function rowOf(entry: Fields): string[] {
  const { room, users = "-", made, created_at: _created, updated_at: _updated, ...rule } = entry;
  const words = Object.entries(rule).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [String(room), String(users), made === true ? "yes" : "no", words.join(" ")];
}

function pathOf(name: string, site?: string): string {
  const query = new URLSearchParams({ room: name, ...(site !== undefined && { site }) });
  return `/api/rooms?${query}`;
}
