/** `notifyli backup` writes all that the server keeps on its disk into one file, while the server runs. */
import { holdStopped } from "../backup/alone.ts";
import { archiveOf, type Elsewhere, FORMAT } from "../backup/archive.ts";
import { sourcesOf, STORE_FILE } from "../backup/contents.ts";
import { elsewhere, filesRootOf } from "../backup/places.ts";
import { checkStore, type TableCount } from "../backup/checked_tables.ts";
import { fileWriter, naming } from "../backup/named_errors.ts";
import { unpack, type Unpacked } from "../backup/unpacking.ts";
import { CodedError } from "../base/errors.ts";
import { PRIVATE } from "../base/private_files.ts";
import { reasonOf } from "../base/reason.ts";
import { unixSeconds } from "../base/times.ts";
import { VERSION } from "../base/version.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { fileIn } from "../engines/sqlite/open_database.ts";
import { FEATURES } from "../features.ts";
import { configureLogging } from "../log/logging.ts";
import { INTERRUPTED, Interrupted, interruptible } from "./interrupts.ts";
import { localUrl } from "./local_address.ts";
import { callServer, isNobodyThere, serverFailure } from "./local_api.ts";
import { openAsOperator } from "./operator_call.ts";
import { UsageError, type Values } from "./options.ts";
import { PartFile } from "./part_file.ts";
import { Progress } from "./progress.ts";
import { failed, subcommandOn } from "./subcommand.ts";
import { fileBytes, sizeText, tablesText } from "./backup_text.ts";

const HELP = {
  usage: ["backup FILE [--force]"],
  about:
    `Writes what the server keeps on its disk into one file: the store, the files of users, and the operator's
    key. The server goes on meanwhile; where none runs, the folder of APP_DATA_DIR is read. The file is as the
    server was at one moment, and is read again before it counts.`,
  options: {
    force: { short: "f", help: "Replace FILE if it is there" },
  },
  notes:
    `FILE is a tar archive that only its owner can read. Not in it: the settings, certificates and rules of rooms,
    and what Redis, PostgreSQL and a bucket have; the command names what to do about those. The server wants a
    proof, as for \`key\`. \`restore\` puts a backup back.`,
  exitCodes: "0 done, 1 not done, 2 wrong options or settings, 130 ended by Ctrl-C.",
} as const;

export const backup = subcommandOn(
  HELP,
  "the file that the backup goes to",
  async (options, [file = "", ...more]) => {
    if (more.length > 0) throw new UsageError(`Unknown argument ${JSON.stringify(more[0])}`);
    const { config } = loadConfig();
    configureLogging(config.log);
    return await interruptible(async (signal) => {
      try {
        return await makeBackup(config, file, { ...options, signal });
      } catch (error) {
        const code = failed("No backup was made", error);
        return signal.aborted ? INTERRUPTED : code;
      }
    });
  },
);

interface Asked extends Values<typeof HELP.options> {
  readonly signal: AbortSignal;
}

async function makeBackup(
  config: Config,
  file: string,
  { force, signal }: Asked,
): Promise<number> {
  const requireFree = () => {
    if (force || !isThere(file)) return;
    throw new CodedError("unavailable", `${file} is there already: --force replaces it`);
  };
  requireFree();
  const running = await isRunning(config);
  using part = new PartFile(`${file}.part`); // whoever is killed here leaves FILE as it was
  await write(running ? await ofServer(config, signal) : ofFolder(config), part, signal);
  const { unpacked, tables } = await read(part.path, signal);
  requireFree(); // another program may have made one meanwhile
  part.rename(file);
  console.log(told(file, { running, unpacked, tables }));
  return 0;
}

async function isRunning(config: Config): Promise<boolean> {
  try {
    await callServer(config, { method: "GET", path: "/healthz" }); // any answer will do
    return true;
  } catch (error) {
    if (isNobodyThere(error)) return false;
    throw serverFailure(config, error);
  }
}

async function ofServer(
  config: Config,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
  const call = { method: "GET", path: "/api/backup", silentMs: 120_000 } as const;
  const answer = await openAsOperator(config, call);
  signal.addEventListener("abort", () => answer.destroy(signal.reason));
  return bytesOf(answer, config);
}

async function* bytesOf(
  answer: AsyncIterable<Uint8Array<ArrayBuffer>>,
  config: Config,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* answer;
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    const message = `the server at ${localUrl(config)} broke it off: ${reasonOf(cause)}`;
    throw new CodedError("unavailable", message, { cause });
  }
}

/** What a stopped server has left. */
function ofFolder(config: Config): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const { dataDir } = config.store;
  const hasStore = isFileThere(fileIn(dataDir));
  if (!hasStore && !(config.redis && config.database.url)) {
    throw new CodedError("unavailable", `no server runs, and ${fileIn(dataDir)} is not there`);
  }
  const hold = hasStore ? () => holdStopped(dataDir) : undefined;
  const manifest = {
    ...{ format: FORMAT, version: VERSION, at: unixSeconds() },
    elsewhere: elsewhere({
      hasRedis: config.redis !== undefined,
      hasPostgres: config.database.url !== undefined,
      hasBucket: config.files.s3 !== undefined,
    }),
  };
  const filesRoot = filesRootOf(config.files, dataDir);
  return archiveOf(manifest, sourcesOf({ dataDir, hold, filesRoot }));
}

async function write(
  archive: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { file, path }: PartFile,
  signal: AbortSignal,
): Promise<void> {
  const put = fileWriter(file, path);
  const progress = new Progress();
  let bytes = 0;
  try {
    for await (const chunk of archive) {
      signal.throwIfAborted();
      await put(chunk);
      bytes += chunk.length;
      progress.show(`${sizeText(bytes)} …`);
    }
    await naming(path, () => file.sync());
  } finally {
    progress.clear();
  }
}

/** Reads a backup as a restore would: one that was never read may be none. */
async function read(
  path: string,
  signal: AbortSignal,
): Promise<{ unpacked: Unpacked; tables: TableCount[] }> {
  const trial = `${path}.store`;
  remove(trial);
  try {
    const bytes = fileBytes(path, { doing: "reading it again", signal });
    const unpacked = await unpack(bytes, async ({ name }) => {
      if (name !== STORE_FILE) return undefined;
      const file = await Deno.open(trial, { write: true, createNew: true, ...PRIVATE });
      return { write: fileWriter(file, trial), end: () => Promise.resolve(file.close()) };
    });
    const tables = unpacked.storeBytes === undefined ? [] : checkStore(trial, FEATURES);
    return { unpacked, tables };
  } finally {
    remove(trial);
  }
}

interface Made {
  readonly running: boolean;
  readonly unpacked: Unpacked;
  readonly tables: readonly TableCount[];
}

function told(file: string, { running, unpacked, tables }: Made): string {
  const { manifest, files, fileBytes, storeBytes } = unpacked;
  const bytes = Deno.statSync(file).size;
  return [
    `Backed up ${running ? "the running server" : "a stopped server"} to ${file}: ${
      sizeText(bytes)
    }`,
    ...(storeBytes === undefined ? [] : [`Store: ${sizeText(storeBytes)}, ${tablesText(tables)}`]),
    `Files: ${files}, ${sizeText(fileBytes)}`,
    "Not in it: the settings, certificates and rules of rooms",
    ...manifest.elsewhere.map((each) => MISSING[each](file)),
  ].join("\n");
}

/** What has to be done beside a backup, for each place that it does not reach. */
const MISSING: Readonly<Record<Elsewhere, (file: string) => string>> = {
  postgres: (file) =>
    `Not in it: PostgreSQL: pg_dump --format=custom --schema=notifyli --file=${file}.postgres "$DATABASE_URL"`,
  redis: (file) => `Not in it: Redis: redis-cli -u "$REDIS_URL" --rdb ${file}.rdb`,
  s3: () =>
    "Not in it: the files in the bucket of FILES_S3_BUCKET: copy it with the store's own tools",
};

/** Throws where this user may not look: then nobody knows. */
function isFileThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function remove(path: string): void {
  for (const each of [path, `${path}-wal`, `${path}-shm`]) if (isThere(each)) Deno.removeSync(each);
}
