/** The route by which `notifyli backup` gets a backup of the running server. Nobody but the operator may: it has all sites' secrets. */
import { CodedError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { unixSeconds } from "../base/times.ts";
import type { Counter } from "../core/metrics.ts";
import type { HeldFile } from "../engines/sqlite/held_file.ts";
import type { Route } from "../http/route.ts";
import { archiveOf, type Elsewhere, FORMAT } from "./archive.ts";
import { type Contents, sourcesOf } from "./contents.ts";

/** How long the receiver may take nothing: the store's log grows meanwhile, and no file is deleted. */
const STALL_MS = 60_000;

export interface BackupParts {
  readonly contents: Contents;
  readonly elsewhere: readonly Elsewhere[];
  readonly isInMemory: boolean;
  readonly made: Counter;
  /** Keeps files from being deleted until disposal. */
  holdDeletion(): Disposable;
}

export function backupRoutes(parts: BackupParts): readonly Route[] {
  return [{
    method: "GET",
    path: "/backup",
    scope: "manage",
    run(call) {
      if (!call.isOperator) {
        throw new CodedError("not_found", "Nobody but the operator gets a backup");
      }
      if (parts.isInMemory) {
        throw new CodedError("unavailable", "Nothing is on a disk here: APP_DATA_DIR is :memory:");
      }
      call.audit.backedUp(call.actor);
      return { status: 200, type: "application/x-tar", bytes: backup(parts) };
    },
  }];
}

async function* backup(
  { contents, elsewhere, holdDeletion, made }: BackupParts,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  using deletion = holdDeletion();
  let held: HeldFile | undefined;
  const hold = contents.hold && (() => held = contents.hold!());
  const manifest = { format: FORMAT, version: VERSION, at: unixSeconds(), elsewhere };
  let isStalled = false;
  const stall = () => {
    isStalled = true;
    held?.break("nobody took it");
    deletion[Symbol.dispose]();
  };
  for await (const chunk of archiveOf(manifest, sourcesOf({ ...contents, hold }))) {
    const timer = setTimeout(stall, STALL_MS);
    try {
      yield chunk;
    } finally {
      clearTimeout(timer);
    }
    if (isStalled) throw new Error("nobody took the backup for a minute");
  }
  made.value++;
}
