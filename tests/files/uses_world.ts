/** A node with conversations, inboxes and files, on a database and in a folder of the test's own. */
import { startTasks } from "../../lib/core/task.ts";
import type { Database } from "../../lib/engines/database/database.ts";
import type { FileActor } from "../../lib/files/access.ts";
import { Files } from "../../lib/files/files.ts";
import { World } from "../conversations/world.ts";
import { waitFor } from "../support/wait.ts";

export interface UsesWorld extends AsyncDisposable {
  readonly world: World;
  readonly files: Files;
  /** Stores a file of the actor's, and resolves with its id. */
  stored(actor: FileActor, name: string, bytes?: string | Uint8Array): Promise<string>;
  /** Whether the actor may read a file, as all doors say it. */
  sees(actor: FileActor, id: string): Promise<boolean>;
  /** Resolves once nothing is left of a file: no row, no use, no bytes. */
  gone(id: string): Promise<void>;
}

export async function usesWorld(
  database: Database,
  env: Record<string, string> = {},
): Promise<UsesWorld> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const world = parts.use(await World.open(database, { FILES_DIR: folder, ...env }));
  const files = world.kernel.use(Files);
  parts.use(startTasks([files.sweeper]));
  const all = parts.move();
  return {
    world,
    files,
    async stored(actor, name, bytes = `the bytes of ${name}`) {
      const file = await files.store(actor, { name }, () => piecesOf(bytes));
      return file.id;
    },
    async sees(actor, id) {
      return await files.find(actor, id).then(() => true, (error) => {
        if (error.code === "not_found") return false;
        throw error;
      });
    },
    async gone(id) {
      await waitFor(`nothing is left of the file ${id}`, async () => {
        const left = await database.query(
          "SELECT id FROM files WHERE id = $1 UNION ALL SELECT ref FROM file_uses WHERE file = $1",
          id,
        );
        return left.length === 0 && !(await namesIn(folder)).some((name) => name.startsWith(id));
      });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function* piecesOf(bytes: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    names.push(...isDirectory ? await namesIn(`${folder}/${name}`) : [name]);
  }
  return names;
}
