/** The rows of files: one for each, from before its bytes come until after they are gone. */
import type { UserId } from "../../base/fields.ts";
import { type Row, row, type Work } from "../../engines/database/database.ts";
import type { FileFacts, StoredFile, Upload } from "../types.ts";

/**
 * "coming": it is an upload; "stored": it is there; "going": nobody gets it any more, and its bytes are to be deleted; "gone": they
 * are, and are once more when nobody writes any more who began before that.
 */
export type FileState = "coming" | "stored" | "going" | "gone";

export interface FileRow extends FileFacts {
  readonly site: string;
  readonly owner: UserId | undefined;
  readonly state: FileState;
  readonly length: number | undefined;
  /** Bytes of the upload that are safe. */
  readonly offset: number;
  readonly createdAt: number;
  readonly dueAt: number | undefined;
  readonly metadata: string | undefined;
  /** Until when somebody may bring bytes to the store itself, and those late by it; `undefined` where nobody may. */
  readonly linkUntil: number | undefined;
}

export const COLUMNS =
  "id, site, owner, state, name, type, bytes, sha256, width, height, length, " +
  "safe_offset, created_at, due_at, metadata, link_until";

export function* findRow(id: string): Work<FileRow | undefined> {
  return fileIn(yield* row(`SELECT ${COLUMNS} FROM files WHERE id = $1`, id));
}

export function fileIn(found: Row | undefined): FileRow | undefined {
  if (found === undefined) return undefined;
  const { width, height } = found;
  return {
    id: String(found["id"]),
    site: String(found["site"]),
    owner: found["owner"] === "" ? undefined : String(found["owner"]),
    state: found["state"] as FileState,
    name: String(found["name"]),
    type: String(found["type"]),
    bytes: Number(found["bytes"]),
    sha256: String(found["sha256"] ?? ""),
    ...(typeof width === "number" && typeof height === "number" && { width, height }),
    length: optionalNumber(found["length"]),
    offset: Number(found["safe_offset"]),
    createdAt: Number(found["created_at"]),
    dueAt: optionalNumber(found["due_at"]),
    metadata: typeof found["metadata"] === "string" ? found["metadata"] : undefined,
    linkUntil: optionalNumber(found["link_until"]),
  };
}

export function factsOf({ id, name, type, bytes, sha256, width, height }: FileFacts): FileFacts {
  const size = width === undefined || height === undefined ? {} : { width, height };
  return { id, name, type, bytes, sha256, ...size };
}

export function storedIn(found: FileRow): StoredFile {
  const { site, owner, createdAt } = found;
  return { ...factsOf(found), site, owner, createdAt };
}

export function uploadIn(found: FileRow): Upload {
  const { id, site, owner, name, length, offset, createdAt, dueAt = Infinity, metadata } = found;
  return { id, site, owner, name, length, offset, createdAt, expiresAt: dueAt, metadata };
}

/** The owner as a column has it. */
export function ownerColumn(owner: UserId | undefined): string {
  return owner ?? "";
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
