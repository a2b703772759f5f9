/** `notifyli restore` puts a backup in the place of what the folder of a stopped server has. */
import { filesRootOf } from "../backup/places.ts";
import { restore as putBack, type Restored } from "../backup/restoring.ts";
import { CodedError } from "../base/errors.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { IN_MEMORY } from "../engines/sqlite/data_dir.ts";
import { RedisKeys } from "../engines/redis/keys.ts";
import { requireNoNodes } from "../engines/redis/running_nodes.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import { FEATURES } from "../features.ts";
import { configureLogging } from "../log/logging.ts";
import { fileBytes, sizeText, tablesText } from "./backup_text.ts";
import { INTERRUPTED, interruptible } from "./interrupts.ts";
import { localUrl } from "./local_address.ts";
import { callServer, isNobodyThere } from "./local_api.ts";
import { UsageError, type Values } from "./options.ts";
import { failed, subcommandOn } from "./subcommand.ts";

const REDIS_WITHIN_MS = 3000;

const HELP = {
  usage: ["restore FILE [--force]"],
  about:
    `Puts a backup in the place of what APP_DATA_DIR (and FILES_DIR) has. The server has to be stopped. The backup
    is read and checked first; then all of it is put in its place, or nothing is.`,
  options: {
    force: { short: "f", help: "Replace what is there" },
  },
  notes:
    `A backup of an older version is brought to this one by the next start. Clients that have seen more than the
    backup holds are told so, and get again all that is unread.`,
  exitCodes:
    "0 done, 1 not done, and all is as it was, 2 wrong options or settings, 130 ended by Ctrl-C.",
} as const;

export const restore = subcommandOn(
  HELP,
  "the file of the backup",
  async (options, [file = "", ...more]) => {
    if (more.length > 0) throw new UsageError(`Unknown argument ${JSON.stringify(more[0])}`);
    const { config } = loadConfig();
    configureLogging(config.log);
    return await interruptible(async (signal) => {
      try {
        const restored = await restoreFile(config, file, { ...options, signal });
        console.log(told(config, file, restored));
        return 0;
      } catch (error) {
        const code = failed(`Nothing was restored from ${file}`, error);
        return signal.aborted ? INTERRUPTED : code;
      }
    });
  },
);

interface Asked extends Values<typeof HELP.options> {
  readonly signal: AbortSignal;
}

async function restoreFile(
  config: Config,
  file: string,
  { force, signal }: Asked,
): Promise<Restored> {
  const { dataDir } = config.store;
  if (dataDir === IN_MEMORY) {
    throw new CodedError("unavailable", "APP_DATA_DIR is :memory:, which keeps nothing");
  }
  await requireStopped(config);
  if (config.redis !== undefined) await requireNoneOn(config.redis);
  return await putBack(fileBytes(file, { doing: "reading", signal }), {
    dataDir,
    filesRoot: filesRootOf(config.files, dataDir),
    isForced: force === true,
    needsStore: config.redis === undefined || config.database.url === undefined,
    stored: FEATURES,
  });
}

/** A server that has no file of its own is known by its address alone. */
async function requireStopped(config: Config): Promise<void> {
  try {
    await callServer(config, { method: "GET", path: "/healthz" });
  } catch (error) {
    if (isNobodyThere(error)) return;
    throw error;
  }
  throw new CodedError("unavailable", `a server answers at ${localUrl(config)}: stop it first`);
}

/** Other nodes may use the same files, and are known to Redis. One that is away knows of none. */
async function requireNoneOn(config: RedisConfig): Promise<void> {
  const { connectRedis, endRedis, readyWithin } = await import("../engines/redis/client.ts");
  const redis = connectRedis(config, { name: "notifyli-restore" });
  try {
    await readyWithin(redis, REDIS_WITHIN_MS);
    if (redis.status === "ready") await requireNoNodes(redis, new RedisKeys(config.prefix));
  } finally {
    await endRedis(redis);
  }
}

function told(
  { store, redis, database }: Config,
  file: string,
  { manifest, storeBytes, tables, files, fileBytes, hasOperatorKey }: Restored,
): string {
  const at = new Date(manifest.at * 1000).toISOString();
  const isUnused = storeBytes !== undefined && redis !== undefined && database.url !== undefined;
  return [
    `Restored ${file} into ${store.dataDir}: made ${at} by version ${manifest.version}`,
    ...(storeBytes === undefined ? [] : [`Store: ${sizeText(storeBytes)}, ${tablesText(tables)}`]),
    ...(isUnused ? ["The settings name Redis and PostgreSQL, so no server reads this store"] : []),
    `Files: ${files}, ${sizeText(fileBytes)}`,
    ...(hasOperatorKey ? [] : ["No operator's key: the next start makes one"]),
  ].join("\n");
}
