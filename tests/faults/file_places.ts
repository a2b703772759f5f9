/** Where the files of a scenario are: in a folder that all nodes share, or in a bucket; and in which database their rows are. */
import { SqliteDatabase } from "../../lib/engines/database/sqlite.ts";
import type { Database } from "../../lib/engines/database/database.ts";
import { tableSchema } from "../../lib/engines/database/tables.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { FEATURES } from "../../lib/features.ts";
import { DiskStore } from "../../lib/files/store/disk.ts";
import type { FileStore } from "../../lib/files/store/file_store.ts";
import { S3Store } from "../../lib/files/store/s3.ts";
import { openPostgres } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";

/** A database that servers use, and the test after them. */
export interface RowsPlace extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** @param dataDir of the only node, where it is a file */
  open(dataDir: string): Promise<Database>;
}

/** A store of files that servers use, and the test after them. */
export interface BytesPlace extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of the few large files: in a bucket, they take several pieces. */
  readonly largeBytes: number;
  /** Resolves once all is there that was on its way to it. */
  settled(): Promise<void>;
  open(): Promise<FileStore>;
  /** As `files_left.ts` has it; each multipart upload that nobody has ended is in it, too. */
  names(): Promise<readonly string[]>;
}

export function inSqlite(): Promise<RowsPlace> {
  return Promise.resolve({
    env: {},
    open(dataDir) {
      const store = new SqliteStore(dataDir, {
        sync: "always",
        schemas: FEATURES.map(tableSchema),
      });
      const database = new SqliteDatabase(store);
      return Promise.resolve(Object.assign(database, {
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      }));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

export async function inPostgres(): Promise<RowsPlace> {
  const server = await PostgresServer.start();
  return {
    env: server.env,
    open: () => openPostgres(server.url),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export async function onDisk(): Promise<BytesPlace> {
  const folder = await Deno.makeTempDir();
  return {
    env: { FILES_DIR: folder },
    largeBytes: 3_000_000,
    settled: () => Promise.resolve(),
    open: () => DiskStore.open(folder),
    names: () => Array.fromAsync(namesIn(folder, "")),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

export async function inBucket(): Promise<BytesPlace> {
  const server = await S3Server.start();
  return {
    env: {
      FILES_S3_ENDPOINT: server.config().endpoint,
      FILES_S3_BUCKET: BUCKET,
      FILES_S3_KEY: S3_KEY,
      FILES_S3_SECRET: S3_KEY,
    },
    largeBytes: 18_000_000,
    settled: () => server.settled(),
    open: () => S3Store.open(server.config()),
    names() {
      const multiparts = server.multiparts().map((id) => `the multipart upload ${id}`);
      return Promise.resolve([...server.keys(), ...multiparts]);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function* namesIn(folder: string, before: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* namesIn(`${folder}/${name}`, `${before}${name}/`);
    else yield before + name;
  }
}
