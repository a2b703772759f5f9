/** The service of files on a database and a disk of a test's own, with a clock that the test sets. */
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import type { AskAboutFile } from "../../lib/files/acceptance.ts";
import type { FileActor } from "../../lib/files/access.ts";
import { Files } from "../../lib/files/files.ts";
import type { Body } from "../../lib/files/incoming.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import { DiskStore } from "../../lib/files/store/disk.ts";
import type { FileStore } from "../../lib/files/store/file_store.ts";
import type { StoredFile, Upload } from "../../lib/files/types.ts";
import type { Database } from "../../lib/engines/database/database.ts";
import { startTasks } from "../../lib/core/task.ts";
import { waitFor } from "../support/wait.ts";

export const DAY_MS = 86_400_000;

export interface FilesWorld extends AsyncDisposable {
  readonly files: Files;
  readonly store: FileStore;
  readonly folder: string;
  readonly clock: { now: number };
  /** Another service on the same files, as another node has it. @param by the same database, or what stands before it */
  again(by?: Database): Files;
  /** Runs the sweep until the store has what is expected. */
  swept(names: readonly string[]): Promise<void>;
}

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly ask?: AskAboutFile;
}

export async function filesWorld(
  database: Database,
  { env = {}, ask }: WorldOptions = {},
): Promise<FilesWorld> {
  const folder = await Deno.makeTempDir();
  const store = await DiskStore.open(folder);
  const { config } = readConfig({ APP_DATA_DIR: ":memory:", ...env });
  const clock = { now: Date.now() };
  const again = (by = database) =>
    new Files({
      ...{ database: by, store, config: configOf(config, settings), counters: fileCounters() },
      ask: () => ask,
      now: () => clock.now,
    });
  const files = again();
  await files.links.load();
  return {
    ...{ files, store, folder, clock, again },
    async swept(names) {
      // One more, so that a sweep is waited for which has seen all others before.
      const swept = userOf("1", "swept");
      await files.remove(swept, (await storeText(files, swept)).id);
      await using _tasks = startTasks([files.sweeper]);
      const wanted = [...names].sort().join();
      await waitFor(`the store has [${wanted}]`, async () => {
        files.sweeper.soon();
        return (await namesIn(folder)).join() === wanted;
      });
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The names of the files below a folder, in their order. */
export async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...await namesIn(`${folder}/${name}`));
    else names.push(name);
  }
  return names.sort();
}

export function userOf(user: string, site = "default"): FileActor {
  return { site, user };
}

export const APPLICATION: FileActor = { site: "default", isApplication: true };

export function bodyOf(text: string | Uint8Array): Body {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return () => ReadableStream.from([bytes]);
}

/** A body of which so much comes before it breaks off. */
export function brokenBody(text: string): Body {
  return async function* () {
    yield await Promise.resolve(new TextEncoder().encode(text));
    throw new Error("the connection is gone");
  };
}

export async function storeText(
  files: Files,
  actor: FileActor,
  text = "Hello",
  name = "hello.txt",
): Promise<StoredFile> {
  return await files.store(actor, { name, length: text.length }, bodyOf(text));
}

export async function begin(
  files: Files,
  actor: FileActor,
  length: number,
  ownId?: string,
): Promise<Upload> {
  const begun = await files.begin(actor, { name: "a", length, ownId });
  if ("offset" in begun) return begun;
  throw new Error(`the file ${begun.id} is there`);
}

export async function textOf(files: Files, file: StoredFile): Promise<string> {
  return await new Response(await files.read(file)).text();
}
