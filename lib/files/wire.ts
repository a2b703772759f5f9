/** Files as answers and frames show them: the same shape by every door. */
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { FileFacts, StoredFile } from "./types.ts";

/** What everybody may know who may read the file. @param url a link to it */
export function fileOnWire(file: FileFacts, url: string | undefined): Record<string, unknown> {
  const { id, name, type, bytes, sha256, width, height } = file;
  return { id, name, type, bytes, sha256, width, height, url };
}

/** A file as its owner, or an application, has it in a list. */
export function listedOnWire(file: StoredFile, url: string | undefined): Record<string, unknown> {
  const { owner, createdAt } = file;
  const user_id = owner === undefined ? undefined : userIdOnWire(owner);
  return { ...fileOnWire(file, url), user_id, created_at: inSeconds(createdAt) };
}
