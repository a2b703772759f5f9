/** What `notifyli doctor` finds about the machine: folders and their rights, room on the disk, and file descriptors. */
import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import { readOperatorKey } from "../../auth/operator_key.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Config } from "../../configuration.ts";
import { isMarkedDamaged } from "../../engines/sqlite/damage_mark.ts";
import { IN_MEMORY } from "../../engines/sqlite/data_dir.ts";
import { SWAP_FOLDER } from "../../engines/sqlite/swap.ts";
import { readDescriptors } from "../../limits/descriptors.ts";
import { type Finding, findings } from "./finding.ts";

/** So little room is told of, and with so little the store takes nothing soon. */
const LITTLE_BYTES = 1024 ** 3;
const NO_BYTES = 64 * 1024 ** 2;

/** Fewer descriptors than this are few for a server. */
const FEW_DESCRIPTORS = 4096;

/** The rights of others than the owner, in a mode. */
const OTHERS = 0o077;

export function lookAtFolders({ store, files }: Config): readonly Finding[] {
  const { dataDir } = store;
  if (dataDir === IN_MEMORY) {
    const found = findings("Data folder");
    found.warning("APP_DATA_DIR is :memory:: all is lost as the server ends", "name a folder");
    return found.made;
  }
  return [
    ...lookAtData(dataDir),
    ...(files.s3 === undefined && files.dir !== undefined
      ? lookAtFolder("Folder of files", files.dir, "FILES_DIR")
      : []),
  ];
}

function lookAtData(dataDir: string): readonly Finding[] {
  const found = findings("Data folder");
  if (isThere(`${dataDir}/${SWAP_FOLDER}`)) {
    found.warning(
      "a restore has begun there, and has not ended",
      "start the server, or run notifyli restore again: both bring it to an end, or take it back",
    );
  }
  if (isMarkedDamaged(dataDir)) {
    found.error(
      "its store was found to be damaged",
      "notifyli restore --force a backup (docs/backup.md), or start it: the start checks all of it",
    );
  }
  try {
    if (isThere(dataDir)) readOperatorKey(dataDir);
  } catch (error) {
    found.warning(reasonOf(error), "the next start makes it anew, as the server's own user");
  }
  return [...lookAtFolder("Data folder", dataDir, "APP_DATA_DIR"), ...found.made];
}

function lookAtFolder(about: string, folder: string, setting: string): readonly Finding[] {
  const found = findings(about);
  const path = resolve(folder);
  try {
    const { mode, uid } = Deno.statSync(folder);
    if (mode !== null && (mode & OTHERS) !== 0) {
      found.warning(
        `others may enter ${path} (mode ${(mode & 0o777).toString(8)})`,
        `chmod 700 ${path}`,
      );
    }
    const probe = Deno.makeTempFileSync({ dir: folder, prefix: "notifyli.probe-" });
    Deno.removeSync(probe);
    found.ok(
      `${path} can be written to by this user${uid === null ? "" : `, and is user ${uid}'s`}`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      found.note(`${path} is not there yet (${setting}): the start makes it`);
      return found.made;
    }
    found.error(
      `this user cannot write to ${path}: ${reasonOf(error)}`,
      `run this as the server's user, or chown the folder to that user (${setting})`,
    );
  }
  lookAtRoom(found, folder);
  return found.made;
}

function lookAtRoom(found: ReturnType<typeof findings>, folder: string): void {
  const { bavail, bsize, ffree, files } = statfsSync(folder);
  const free = bavail * bsize;
  const room = `${Math.floor(free / 1e6)} MB are free on its disk`;
  const mend = "make room, or move the folder to a larger disk";
  if (free < NO_BYTES) found.error(`${room}: soon nothing is accepted`, mend);
  else if (free < LITTLE_BYTES) found.warning(room, mend);
  else found.ok(room);
  if (files > 0 && ffree < 1000) {
    found.error(
      `its disk takes only ${ffree} more files`,
      "remove files: the disk has no inodes left",
    );
  }
}

/** As this shell has it: a service has a limit of its own. */
export async function lookAtDescriptors({ limits }: Config): Promise<readonly Finding[]> {
  const found = findings("File descriptors");
  const { limit, isKnown } = await readDescriptors();
  if (!isKnown) {
    found.note("this system does not say how many there may be");
    return found.made;
  }
  const wanted = Number.isFinite(limits.connections) ? limits.connections + 1100 : FEW_DESCRIPTORS;
  const unit = limitOfUnit();
  const [value, whose] = unit === undefined
    ? [limit, "a server started from this shell"]
    : [unit, "the service (LimitNOFILE)"];
  if (value < wanted) {
    found.warning(
      `${value} for ${whose}: each client takes one, and ${wanted} would do`,
      "LimitNOFILE=262144 in the unit (systemctl edit notifyli), or ulimit -n",
    );
  } else found.ok(`${value} for ${whose}`);
  return found.made;
}

/** The limit in the unit as docs/deploy.md installs it. */
function limitOfUnit(): number | undefined {
  const texts = [
    "/etc/systemd/system/notifyli.service",
    "/etc/systemd/system/notifyli.service.d/override.conf",
  ].map(textOf);
  const found = texts.flatMap((text) => [...text.matchAll(/^LimitNOFILE=(\d+)/gm)]).at(-1);
  return found && Number(found[1]);
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
