/** `notifyli migrate` moves what the embedded store has to Redis, to PostgreSQL, or to both: whichever the settings name. */
import { CodedError } from "../base/errors.ts";
import type { Slice } from "../config/slice.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { placeOf } from "../engines/redis/address.ts";
import { databaseTables, movesOf } from "../engines/moving/covered.ts";
import type { PostgresTarget } from "../engines/moving/postgres_target.ts";
import type { RedisTarget } from "../engines/moving/redis_target.ts";
import { type OpenedSource, openSource } from "../engines/moving/source.ts";
import type { Moved } from "../engines/moving/to_redis.ts";
import { IN_MEMORY } from "../engines/sqlite/data_dir.ts";
import { SqliteStore } from "../engines/sqlite/store.ts";
import { FEATURES } from "../features.ts";
import { configureLogging } from "../log/logging.ts";
import type { Stored } from "../engines/storage.ts";
import { localUrl } from "./local_address.ts";
import { callServer, isNobodyThere } from "./local_api.ts";
import { UsageError, type Values } from "./options.ts";
import { Progress } from "./progress.ts";
import { failed, subcommand } from "./subcommand.ts";
import { table } from "./table.ts";

/** Where things can be moved to. */
const TARGETS = ["redis", "postgres"] as const;

type Target = typeof TARGETS[number];

const HELP = {
  usage: ["migrate [--only redis|postgres] [--into-existing]"],
  about:
    `Moves what the embedded store (APP_DATA_DIR) has to the Redis of REDIS_URL and the PostgreSQL of DATABASE_URL,
    whichever are set, and counts each kind of thing before and after. The server has to be stopped. The store
    itself stays as it is. After a run that broke off, the same command goes on.`,
  options: {
    only: {
      value: "TARGET",
      kind: {
        read: (text: string): Target | undefined => TARGETS.find((each) => each === text),
        allowed: TARGETS.join(", "),
      },
      help: "Move to this one alone, although both are set",
    },
    "into-existing": {
      help:
        "Move to a target that has something already: that stays as it is, and what is missing is brought",
    },
  },
  notes:
    `Redis gets histories of rooms, inboxes, the schedule, receipts, made rooms, keys, revocations and events;
    PostgreSQL gets conversations, contacts, preferences, devices, files (what is known of them) and all else.
    Clients go on where they were. Histories in memory end, as at any restart.`,
  exitCodes: "0 all is moved, 1 not done, or something is missing, 2 wrong options or settings.",
} as const;

export const migrate = subcommand(HELP, async (options) => {
  const { config } = loadConfig();
  await configureLogging(config.log);
  const targets = targetsOf(config, options);
  try {
    return await moveAll(config, targets, options["into-existing"] === true);
  } catch (error) {
    return failed("Not moved", error);
  }
});

function targetsOf(
  { redis, database }: Config,
  { only }: Values<typeof HELP.options>,
): readonly Target[] {
  const set: Target[] = [
    ...(redis === undefined ? [] : ["redis" as const]),
    ...(database.url === undefined ? [] : ["postgres" as const]),
  ];
  if (set.length === 0) {
    throw new UsageError("Missing REDIS_URL or DATABASE_URL: they say where the store is moved to");
  }
  if (only === undefined) return set;
  if (set.includes(only)) return [only];
  throw new UsageError(
    `Missing ${only === "redis" ? "REDIS_URL" : "DATABASE_URL"} for --only ${only}`,
  );
}

async function moveAll(
  config: Config,
  targets: readonly Target[],
  isIntoExisting: boolean,
): Promise<number> {
  const { dataDir } = config.store;
  if (dataDir === IN_MEMORY || !SqliteStore.isIn(dataDir)) {
    throw new CodedError("unavailable", `there is no store in ${dataDir} (APP_DATA_DIR)`);
  }
  await requireStopped(config);
  await using source = openSource(dataDir, FEATURES);
  const options = { source: source.id, isIntoExisting };
  // Both are looked at before anything is written to either.
  await using postgres = targets.includes("postgres")
    ? await openPostgres(config, options)
    : undefined;
  await using redis = targets.includes("redis") ? await openRedis(config, options) : undefined;
  for (const [name, target] of [["PostgreSQL", postgres], ["Redis", redis]] as const) {
    if (target?.isDone) console.log(`${name} has this store already`);
  }
  // Only now that neither has refused: a later run removes what it finds at a place that was noted to have nothing.
  await postgres?.begin();
  await redis?.begin();
  const moved: Moved[] = [];
  if (postgres?.isDone === false) moved.push(...await toPostgres(postgres, source));
  if (redis?.isDone === false) moved.push(...await toRedis(config, redis, source));
  await postgres?.done();
  await redis?.done();
  if ([postgres, redis].every((target) => target === undefined || target.isDone)) {
    console.log("Nothing was written: a node may have run there since");
    return 0;
  }
  console.log(told(moved));
  const missing = moved.filter(({ before, after, kept }) => kept === 0 && after < before);
  for (const { noun, before, after } of missing) {
    console.error(`${before - after} ${noun} are missing: run the same command again`);
  }
  if (missing.length > 0) return 1;
  console.log(notes(config, targets).join("\n"));
  return 0;
}

interface Opening {
  readonly source: string;
  readonly isIntoExisting: boolean;
}

/** Loads the drivers only where they are used. */
async function openRedis({ redis }: Config, options: Opening): Promise<RedisTarget> {
  const { openRedisTarget } = await import("../engines/moving/redis_target.ts");
  return await openRedisTarget(redis!, options);
}

async function openPostgres({ database }: Config, options: Opening): Promise<PostgresTarget> {
  const { openPostgresTarget } = await import("../engines/moving/postgres_target.ts");
  return await openPostgresTarget(database.url!, FEATURES, options);
}

async function toRedis(
  config: Config,
  { redis, keys, isFresh }: RedisTarget,
  source: OpenedSource,
): Promise<Moved[]> {
  const { moveToRedis } = await import("../engines/moving/to_redis.ts");
  const slices: Readonly<Record<string, unknown>> = { ...config };
  // Each slice's config is in the config under the slice's name.
  const of = <Slices>(slice: Slice<Slices>) => slices[slice.name] as Slices;
  const target = { keys, now: Date.now(), of };
  const progress = new Progress();
  const moved: Moved[] = [];
  for (const move of await movesOf(FEATURES)) {
    const show = (noun: string, count: number) => progress.show(`${count} ${noun} …`);
    moved.push(await moveToRedis(move, { redis, source, target, isFresh, progress: show }));
  }
  progress.clear();
  return moved;
}

async function toPostgres(
  { client, isFresh }: PostgresTarget,
  source: OpenedSource,
): Promise<Moved[]> {
  const { moveTable } = await import("../engines/moving/to_postgres.ts");
  const stored: readonly Stored[] = FEATURES;
  const remade = stored.flatMap((each) => each.remade ?? []);
  const progress = new Progress();
  const moved: Moved[] = [];
  for (const name of databaseTables(FEATURES)) {
    const show = (noun: string, count: number) => progress.show(`${count} ${noun} …`);
    moved.push(await moveTable(name, { client, source, isFresh, remade, progress: show }));
  }
  progress.clear();
  return moved;
}

async function requireStopped(config: Config): Promise<void> {
  try {
    await callServer(config, { method: "GET", path: "/healthz" });
  } catch (error) {
    if (isNobodyThere(error)) return;
    throw error;
  }
  throw new CodedError("unavailable", `a server answers at ${localUrl(config)}: stop it first`);
}

/** What there was and what there is, a line each; nothing of what there was none of. */
function told(moved: readonly Moved[]): string {
  const rows = moved.filter(({ before }) => before > 0).map(({ noun, before, after, kept }) => [
    noun,
    String(before),
    String(after),
    kept === 0 ? "" : `${kept} were there already, and stay as they are`,
  ]);
  if (rows.length === 0) return "The store is empty: nothing was moved";
  return table([["what", "before", "after", ""], ...rows]);
}

function notes(config: Config, targets: readonly Target[]): string[] {
  const { redis, database, store, files } = config;
  const filesStay = files.s3 === undefined && targets.includes("postgres");
  return [
    `Moved to ${
      targets.map((each) => each === "redis" ? placeOf(redis!) : "PostgreSQL").join(" and ")
    }`,
    ...(targets.includes("redis") && database.url === undefined
      ? [
        `Conversations and all else of the database stay in ${store.dataDir}, for one node (DATABASE_URL)`,
      ]
      : []),
    ...(filesStay
      ? [
        `Files of users stay in ${
          files.dir ?? `${store.dataDir}/files`
        }: all nodes need that folder (FILES_DIR)`,
      ]
      : []),
  ];
}
