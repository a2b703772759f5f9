/** Errors about files that name them: what the system says of an open file is no more than "No space left on device". */
import { reasonOf } from "../base/reason.ts";

/** Does something to the file at a path. Rejects with an error that names the path. */
export async function naming<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(path, error);
  }
}

/** An error that names the path, where this one does not yet. */
export function named(path: string, error: unknown): Error {
  const reason = reasonOf(error);
  return reason.includes(path) && error instanceof Error
    ? error
    : new Error(`${path}: ${reason}`, { cause: error });
}

/** Writes whole chunks. Rejects with an error that names the path. */
export function fileWriter(
  file: Deno.FsFile,
  path: string,
): (chunk: Uint8Array) => Promise<void> {
  return (chunk) =>
    naming(path, async () => {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    });
}
