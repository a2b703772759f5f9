/** Who sees a file: its owner, its site's applications, and who sees what it stands in. Nobody else learns that it is there. */
import { CodedError } from "../base/errors.ts";
import { invalid, type UserId } from "../base/fields.ts";
import type { Work } from "../engines/database/database.ts";
import { type FileRow, findRow } from "./store/rows.ts";
import { isReader, standingsOf } from "./store/uses.ts";

/** Who asks for a file, or uses it: a user, or an application as itself. */
export interface FileActor {
  readonly site: string;
  readonly user?: UserId | undefined;
  readonly isApplication?: boolean | undefined;
}

/** What a kind of use knows of who sees what uses files. */
export interface UseKind {
  /** Whether the user sees one of these that use the file. */
  maySee(actor: FileActor & { readonly user: UserId }, refs: readonly string[]): Work<boolean>;
}

export class FileAccess {
  readonly #kinds = new Map<string, UseKind>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  addKind(name: string, kind: UseKind): void {
    this.#kinds.set(name, kind);
  }

  /** A file that is there and that the actor sees. */
  *find(actor: FileActor, id: string): Work<FileRow> {
    const found = yield* this.look(actor, id);
    if (found !== undefined) return found;
    throw unknownFile(id);
  }

  /** As {@linkcode FileAccess.find}; `undefined` where there is none. */
  *look(actor: FileActor, id: string): Work<FileRow | undefined> {
    const found = isId(id) ? yield* findRow(id) : undefined;
    return found?.state === "stored" && (yield* this.#sees(actor, found)) ? found : undefined;
  }

  /** An upload of the actor's own: nobody else goes on with it. */
  *findUpload(actor: FileActor, id: string): Work<FileRow> {
    const found = isId(id) ? yield* findRow(id) : undefined;
    const isThere = found?.state === "coming" || found?.state === "stored";
    if (found !== undefined && isThere && isOwner(actor, found)) return found;
    throw new CodedError("not_found", `There is no upload ${JSON.stringify(id.slice(0, 40))}`);
  }

  *#sees(actor: FileActor, { id, site, owner }: FileRow): Work<boolean> {
    const { user } = actor;
    if (site !== actor.site) return false;
    if (user === undefined) return actor.isApplication === true;
    if (owner === user) return true;
    const now = this.#now();
    if (yield* isReader(id, site, user, now)) return true;
    for (const { kind, refs } of yield* standingsOf(id, site, now)) {
      if (yield* this.#kinds.get(kind)?.maySee({ ...actor, user }, refs) ?? nobody()) return true;
    }
    return false;
  }
}

/** Whether the actor has uploaded it, or is an application of its site. */
export function mayRemove(actor: FileActor, { site, owner }: FileRow): boolean {
  if (site !== actor.site) return false;
  return actor.user === undefined ? actor.isApplication === true : owner === actor.user;
}

export function isId(id: string): boolean {
  return /^[\w-]{22}$/.test(id);
}

export function unknownFile(id: string): CodedError {
  return new CodedError("not_found", `There is no file ${JSON.stringify(id.slice(0, 40))}`);
}

/** The error of a field that names a file which the actor does not see, or which has gone. */
export function invalidFile(id: unknown): CodedError {
  return invalid("file", id, "the id of a file that is there, and that its sender may read");
}

function isOwner(actor: FileActor, { site, owner }: FileRow): boolean {
  return site === actor.site && owner === actor.user &&
    (actor.user !== undefined || actor.isApplication === true);
}

// deno-lint-ignore require-yield -- it stands in for a work that asks the database
function* nobody(): Work<boolean> {
  return false;
}
