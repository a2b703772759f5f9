/** `notifyli key`: makes, lists and revokes keys to the HTTP API. */
import { parseArgs } from "node:util";
import { parseApiKey } from "../auth/keys/api_key.ts";
import { parseNewApiKey, siteField } from "../auth/keys/fields.ts";
import type { ApiKeyOnWire } from "../auth/keys/fields.ts";
import { loadConfig } from "../config/config.ts";
import { CodedError } from "../base/errors.ts";
import { configureLogging } from "../base/logging.ts";
import { openKeyRing } from "./key_ring.ts";
import { localTime } from "./time_option.ts";

const USAGE = `Usage: notifyli key create --name NAME --scope SCOPES [options]
       notifyli key list [--site SITE]
       notifyli key revoke ID [--site SITE]

Makes, lists and revokes keys to the HTTP API. A new key is printed once, and cannot be shown again.

Options:
      --name NAME        What the key is for
      --scope SCOPES     What it may do, with commas between: publish, read, manage
      --expires-in TIME  For how long it is good, such as 12h or 90d (default: until it is revoked)
      --site SITE        The site it is of
  -h, --help             Print this text

With Redis configured it works on Redis, else by the server that runs on this machine, else on the server's file.
The server wants a proof: it is signed with APP_KEY or with operator.key in APP_DATA_DIR; where neither is to be had, it
is the key of APP_API_KEY, which needs the scope manage.

Exit codes: 0 done, 1 not done, 2 wrong options.`;

const UNIT_SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

type Action =
  | { readonly name: "help" }
  | { readonly name: "create"; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly name: "list"; readonly site?: string }
  | { readonly name: "revoke"; readonly id: string; readonly site?: string };

/** Resolves with the exit code. */
export async function key(args: readonly string[]): Promise<number> {
  const action = readAction(args);
  if (typeof action === "string") {
    console.error(`${action}\n\n${USAGE}`);
    return 2;
  }
  if (action.name === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    await perform(action);
    return 0;
  } catch (error) {
    console.error(`Not done: ${error instanceof Error ? error.message : error}`);
    const isCallersFault = error instanceof CodedError &&
      !["unavailable", "not_found"].includes(error.code);
    return isCallersFault ? 2 : 1;
  }
}

async function perform(action: Exclude<Action, { name: "help" }>): Promise<void> {
  const { config } = loadConfig();
  await configureLogging(config);
  if (action.name === "create") {
    const wanted = parseNewApiKey(action.fields, config.limits);
    await using ring = await openKeyRing(config);
    const { id, text } = await ring.create(wanted);
    if (ring.place !== undefined) console.error(`${ring.place}.`);
    console.error(`The key ${id}, which cannot be shown again:`);
    console.log(text);
    return;
  }
  const site = action.site === undefined ? undefined : siteField({ site: action.site });
  await using ring = await openKeyRing(config);
  if (action.name === "list") return console.log(table(await ring.list(site)));
  await ring.revoke(action.id, site);
  console.log(`Revoked ${action.id}`);
}

/** What to do, or what is wrong with the options. */
function readAction(args: readonly string[]): Action | string {
  try {
    const { values, positionals: [name, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: "string" },
        scope: { type: "string" },
        "expires-in": { type: "string" },
        site: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { name: "help" };
    const { site } = values;
    const [id, ...unknown] = name === "revoke" ? rest : ["", ...rest];
    if (unknown.length > 0) return `Unknown argument ${JSON.stringify(unknown[0])}`;
    switch (name) {
      case "create":
        return newKey(values);
      case "list":
        return { name, site };
      case "revoke":
        return id
          ? { name, id: parseApiKey(id)?.id ?? id, site }
          : "Missing the id of the key to revoke";
      default:
        return name === undefined
          ? "Missing what to do: create, list or revoke"
          : `Unknown command ${JSON.stringify(name)}`;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function newKey(
  { name, scope, site, "expires-in": expiresIn }: {
    name?: string;
    scope?: string;
    site?: string;
    "expires-in"?: string;
  },
): Action | string {
  if (!name) return "Missing option --name";
  if (!scope) return "Missing option --scope";
  const seconds = expiresIn === undefined ? undefined : readDuration(expiresIn);
  if (expiresIn !== undefined && seconds === undefined) {
    return `Cannot take --expires-in: current value is ${JSON.stringify(expiresIn)}, ` +
      "allowed is a number of minutes, hours or days, such as 30m, 12h or 90d";
  }
  const scopes = scope.split(",").map((each) => each.trim());
  const expires_at = seconds === undefined ? undefined : Math.floor(Date.now() / 1000) + seconds;
  return { name: "create", fields: { name, scopes, site, expires_at } };
}

/** In seconds; `undefined` where it is none. */
function readDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (unit !== "m" && unit !== "h" && unit !== "d") return undefined;
  return Number(count) * UNIT_SECONDS[unit];
}

function table(keys: readonly ApiKeyOnWire[]): string {
  const rows = [
    ["ID", "NAME", "SITE", "SCOPES", "CREATED", "LAST USED", "STATE"],
    ...keys.map((key) => [
      key.id,
      key.name,
      key.site,
      key.scopes.join(","),
      localTime(key.created_at),
      key.last_used_at === undefined ? "never" : localTime(key.last_used_at),
      stateOf(key),
    ]),
  ];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd())
    .join("\n");
}

function stateOf({ revoked_at, expires_at }: ApiKeyOnWire): string {
  if (revoked_at !== undefined) return `revoked ${localTime(revoked_at)}`;
  if (expires_at === undefined) return "good";
  return `${expires_at * 1000 <= Date.now() ? "expired" : "good until"} ${localTime(expires_at)}`;
}
