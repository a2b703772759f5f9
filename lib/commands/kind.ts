/** `notifyli kind` sets, lists, shows and deletes what is usual for a kind of notifications, on the running server. */
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

/** A window, or times of the day. */
const DIGEST: OptionKind<Fields> = {
  allowed: "a duration such as 30m, or times with commas between, such as 09:00,17:00",
  read(text) {
    if (text.includes(":")) return { at: text.split(",").map((each) => each.trim()) };
    return /^\d/.test(text) ? { window: text } : undefined;
  },
};

const THROTTLE: OptionKind<Fields> = {
  allowed: "how many in how long, such as 5/1h",
  read(text) {
    const [, count, per] = /^(\d{1,9})\/(\w+)$/.exec(text) ?? [];
    return per === undefined ? undefined : { count: Number(count), per };
  },
};

const REPEAT: OptionKind<Fields> = {
  allowed: "how often and how many times, such as 5m/3",
  read(text) {
    const [, every, times] = /^(\w+)\/(\d{1,9})$/.exec(text) ?? [];
    return times === undefined ? undefined : { every, times: Number(times) };
  },
};

const ESCALATE: OptionKind<Fields> = {
  allowed: "push, mail, or user:ID",
  read(text) {
    if (text === "push" || text === "mail") return { way: text };
    return text.startsWith("user:") ? { user_id: text.slice("user:".length) } : undefined;
  },
};

const HELP = {
  usage: [
    "kind set KIND [options]",
    "kind list [--site SITE]",
    "kind show KIND [--site SITE]",
    "kind delete KIND [--site SITE]",
  ],
  about:
    `Sets what is usual for a kind of notifications, such as \`order.shipped\`, in place of what was set before; lists
what is set; shows one; deletes one. What is set for \`order\` counts for \`order.shipped\` as well, where nothing is set for that.`,
  options: {
    name: { value: "NAME", help: "What people call it" },
    description: { value: "TEXT", help: "What it is, for people who choose" },
    "in-app": { value: "yes|no", kind: YES_OR_NO, help: "Whether it comes to the inbox; else yes" },
    push: { value: "yes|no", kind: YES_OR_NO, help: "Whether it is pushed; else yes" },
    mail: { value: "yes|no", kind: YES_OR_NO, help: "Whether it is mailed; else no" },
    locked: { value: "WHY", help: "Users cannot choose, for this reason" },
    digest: { value: "WHEN", kind: DIGEST, help: "Several become one, after a while or at times" },
    template: { value: "TEXT", help: "The text of a digest, such as '{count} orders'" },
    throttle: { value: "COUNT/TIME", kind: THROTTLE, help: "At most so many at once in a time" },
    repeat: { value: "TIME/COUNT", kind: REPEAT, help: "It asks for attention again until seen" },
    escalate: { value: "WHOM", kind: ESCALATE, help: "Who gets it then: push, mail or user:ID" },
    site: { value: "SITE", help: "The site it is of" },
  },
  notes: "The server wants a proof, as for `key`.",
  exitCodes: "0 done, 1 not done, 2 wrong options or settings.",
} as const;

const KIND = { argument: "the kind" };

export const kind = subcommandOf(HELP, {
  set: {
    ...KIND,
    run: (given, name) =>
      perform(async (config) => {
        const body = { ...fieldsOf(given), site: given.site };
        const set = await askAsOperator(config, { method: "PUT", path: pathOf(name), body });
        console.log(JSON.stringify(set, null, 2));
      }),
  },
  list: { run: ({ site }) => perform((config) => list(config, site)) },
  show: {
    ...KIND,
    run: ({ site }, name) =>
      perform(async (config) => {
        const path = pathOf(name, site);
        console.log(JSON.stringify(await askAsOperator(config, { method: "GET", path }), null, 2));
      }),
  },
  delete: {
    ...KIND,
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

function fieldsOf(given: Values<typeof HELP.options>): Fields {
  const { name, description, push, mail, locked, digest, template, throttle } = given;
  const repeat = given.repeat && { ...given.repeat, escalate: given.escalate };
  return {
    ...{ name, description, push, mail, locked, digest, template, throttle, repeat },
    in_app: given["in-app"],
  };
}

async function list(config: Config, site: string | undefined): Promise<void> {
  const rows: string[][] = [];
  let cursor: unknown;
  do {
    const query = new URLSearchParams({
      limit: String(MAX_PAGE),
      ...(site !== undefined && { site: siteField({ site }) }),
      ...(cursor !== undefined && { cursor: String(cursor) }),
    });
    const path = `/api/kinds?${query}`;
    const { kinds, next } = await askAsOperator(config, { method: "GET", path });
    if (Array.isArray(kinds)) rows.push(...kinds.map(rowOf));
    cursor = next;
  } while (cursor !== undefined);
  console.log(table([["KIND", "IN APP", "PUSH", "MAIL", "MORE"], ...rows]));
}

function rowOf(entry: Fields): string[] {
  const { kind, in_app: inApp, push, mail, version: _version, ...more } = entry;
  const words = Object.entries(more).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const ways = [inApp, push, mail].map((way) => way === true ? "yes" : "no");
  return [String(kind), ...ways, words.join(" ")];
}

function pathOf(name: string, site?: string): string {
  const query = site === undefined ? "" : `?${new URLSearchParams({ site })}`;
  return `/api/kinds/${encodeURIComponent(name)}${query}`;
}
