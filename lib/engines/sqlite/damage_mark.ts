/** Remembers over restarts that a store was found damaged, so that a start checks the whole file: that takes its time. */
import { PRIVATE } from "../../base/private_files.ts";
import { IN_MEMORY } from "./data_dir.ts";

/** Leaves a mark in the folder. */
export function markDamaged(dataDir: string, reason: string): void {
  if (dataDir === IN_MEMORY) return;
  try {
    Deno.writeTextFileSync(markIn(dataDir), `${reason}\n`, PRIVATE);
  } catch {
    // The disk may be away or full: then the next start finds the damage as this one did.
  }
}

export function isMarkedDamaged(dataDir: string): boolean {
  try {
    return Deno.statSync(markIn(dataDir)).isFile;
  } catch {
    return false;
  }
}

/** Removes the mark, since the whole file was found to be well. */
export function unmark(dataDir: string): void {
  Deno.removeSync(markIn(dataDir));
}

function markIn(dataDir: string): string {
  return `${dataDir}/notifyli.damaged`;
}
