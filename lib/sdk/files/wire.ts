/** Reads what the server says of a file. */
import { asObject } from "../core/frames.ts";
import { invalid } from "../core/replies.ts";
import type { StoredFile } from "./types.ts";

/** @throws {NotifyliError} `invalid_reply` */
export function readFile(value: unknown): StoredFile {
  const { id, name, type, bytes, sha256, width, height, url } = asObject(value);
  if (typeof id !== "string") return invalid("file", value);
  return {
    id,
    name: String(name),
    type: String(type),
    bytes: Number(bytes),
    sha256: String(sha256),
    ...(typeof width === "number" && typeof height === "number" ? { width, height } : {}),
    url: String(url ?? ""),
  };
}
