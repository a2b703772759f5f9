/** `notifyli key` makes, lists and revokes keys to the HTTP API. */
import { parseApiKey } from "../auth/keys/api_key.ts";
import { type ApiKeyOnWire, parseNewApiKey, siteField } from "../auth/keys/fields.ts";
import type { Fields } from "../base/fields.ts";
import { SCOPES } from "../base/scope.ts";
import { unixSeconds } from "../base/times.ts";
import { configureLogging } from "../log/logging.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { failed, subcommandOf } from "./subcommand.ts";
import { openKeyRing } from "./key_ring.ts";
import { localTime } from "./local_time.ts";
import { DURATION } from "./option_kinds.ts";
import { UsageError, type Values } from "./options.ts";
import { table } from "./table.ts";

const HELP = {
  usage: [
    "key create --name NAME --scope SCOPES [options]",
    "key list [--site SITE]",
    "key revoke ID [--site SITE]",
  ],
  about:
    "Makes, lists and revokes keys to the HTTP API. A new key is printed once, and cannot be shown again.",
  options: {
    name: { value: "NAME", help: "What the key is for" },
    scope: {
      value: "SCOPES",
      help: `What it may do, with commas between: ${SCOPES.join(", ")}`,
    },
    "expires-in": {
      value: "TIME",
      kind: DURATION,
      help: "For how long it is good, such as 12h or 90d (default: until it is revoked)",
    },
    site: { value: "SITE", help: "The site it is of" },
  },
  notes:
    `With Redis configured it works on Redis, else by the server that runs on this machine, else on
    the server's file. The server wants a proof: it is signed with APP_KEY or with operator.key in
    APP_DATA_DIR; where neither is to be had, it is the key of APP_API_KEY, which needs the scope
    manage.`,
  exitCodes: "0 done, 1 not done, 2 wrong options or settings.",
} as const;

export const key = subcommandOf(HELP, {
  create: {
    run(given) {
      const fields = newKey(given);
      return perform((config) => create(config, fields));
    },
  },
  list: { run: ({ site }) => perform((config) => list(config, site)) },
  revoke: {
    argument: "the id of the key to revoke",
    run: ({ site }, id) => perform((config) => revoke(config, id, site)),
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

async function create(config: Config, fields: Fields): Promise<void> {
  const wanted = parseNewApiKey(fields, config.limits);
  await using ring = await openKeyRing(config);
  const { id, text } = await ring.create(wanted);
  if (ring.place !== undefined) console.error(`${ring.place}.`);
  console.error(`The key ${id}, which cannot be shown again:`);
  console.log(text);
}

/** The fields of a new key, as the HTTP API has them. */
function newKey(
  { name, scope, site, "expires-in": expiresIn }: Values<typeof HELP.options>,
): Fields {
  if (!name) throw new UsageError("Missing option --name");
  if (!scope) throw new UsageError("Missing option --scope");
  const scopes = scope.split(",").map((each) => each.trim());
  const expires_at = expiresIn && unixSeconds() + expiresIn;
  return { name, scopes, site, expires_at };
}

async function list(config: Config, site: string | undefined): Promise<void> {
  const wanted = siteOf(site);
  await using ring = await openKeyRing(config);
  console.log(table([
    ["ID", "NAME", "SITE", "SCOPES", "CREATED", "LAST USED", "STATE"],
    ...(await ring.list(wanted)).map(rowOf),
  ]));
}

/** @param key the id of a key, or the whole key */
async function revoke(config: Config, key: string, site: string | undefined): Promise<void> {
  const wanted = siteOf(site);
  const id = parseApiKey(key)?.id ?? key;
  await using ring = await openKeyRing(config);
  await ring.revoke(id, wanted);
  console.log(`Revoked ${id}`);
}

function siteOf(site: string | undefined): string | undefined {
  return site === undefined ? undefined : siteField({ site });
}

function rowOf(key: ApiKeyOnWire): string[] {
  return [
    key.id,
    key.name,
    key.site,
    key.scopes.join(","),
    localTime(key.created_at),
    key.last_used_at === undefined ? "never" : localTime(key.last_used_at),
    stateOf(key),
  ];
}

function stateOf({ revoked_at, expires_at }: ApiKeyOnWire): string {
  if (revoked_at !== undefined) return `revoked ${localTime(revoked_at)}`;
  if (expires_at === undefined) return "good";
  return `${expires_at * 1000 <= Date.now() ? "expired" : "good until"} ${localTime(expires_at)}`;
}
