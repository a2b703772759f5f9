/**
 * The operator's key: a file in the folder of the store, which only the server's own user can read. Whoever can read this
 * file can read the store, too, so it proves as much. The file is the truth: each check reads it anew.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import { randomBase64Url } from "../base/ids.ts";
import { makePrivateFolder } from "../base/private_files.ts";
import { reasonOf } from "../base/reason.ts";

export const OPERATOR_KEY_FILE = "operator.key";

/** Stands before 32 random bytes, so that scanners for secrets know what the text is. */
const PREFIX = "no_";
const SECRET_BYTES = 32;
const PATTERN = /^no_[\w-]{43}$/;

/** The rights of others than the owner, in a file's mode. */
const OTHERS = 0o077;

function operatorKeyPath(dataDir: string): string {
  return `${dataDir}/${OPERATOR_KEY_FILE}`;
}

/** Whether a text looks like an operator's key, right or wrong. */
export function isOperatorKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Compares in the same time for every wrong text, so that the time tells nothing. */
export function isSameKey(given: string, key: string): boolean {
  const [one, other] = [given, key].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

export interface MadeOperatorKey {
  /** The file's owner must be this user; absent where that could not be found out. */
  readonly owner?: number;
  /** What the operator should know: the file was made anew, or cannot be made. */
  readonly warning?: string;
}

/**
 * Makes the file where there is none, or where others may know what is in it, or it holds no key. Where the file cannot be
 * made, the warning says so, and the server runs without one.
 */
export function makeOperatorKey(dataDir: string): MadeOperatorKey {
  if (dataDir === ":memory:") return {};
  const path = operatorKeyPath(dataDir);
  const fresh = `${path}.${crypto.randomUUID()}`;
  try {
    makePrivateFolder(dataDir);
    Deno.writeTextFileSync(fresh, `${PREFIX}${randomBase64Url(SECRET_BYTES)}\n`, {
      createNew: true,
      mode: 0o600,
    });
    // A new file belongs to the user that the server runs as. The server may not ask for that user otherwise.
    const owner = Deno.lstatSync(fresh).uid ?? undefined;
    const fault = faultOf(path, owner);
    if (fault === undefined) Deno.removeSync(fresh);
    else Deno.renameSync(fresh, path);
    return {
      owner,
      ...(fault !== undefined && fault !== MISSING && { warning: `Made ${path} anew: ${fault}` }),
    };
  } catch (error) {
    removeIfThere(fresh);
    if (faultOf(path, undefined) === undefined) return {}; // a file that was made before
    return { warning: `Cannot make ${path}: ${reasonOf(error)}` };
  }
}

/**
 * Reads the key in the folder.
 *
 * @param owner the user that the file must belong to; anyone, if absent
 * @throws a `CodedError` that says what is wrong with the file
 */
export function readOperatorKey(dataDir: string, owner?: number): string {
  if (dataDir === ":memory:") {
    throw new CodedError("unavailable", `APP_DATA_DIR=:memory: has no ${OPERATOR_KEY_FILE}`);
  }
  const path = operatorKeyPath(dataDir);
  const fault = faultOf(path, owner);
  if (fault === undefined) return Deno.readTextFileSync(path).trim();
  throw new CodedError("unavailable", `Cannot use ${path}: ${fault}`);
}

const MISSING = "there is no such file";

/** Why the file is no good key; `undefined` where it is one. */
function faultOf(path: string, owner: number | undefined): string | undefined {
  try {
    const { isFile, mode, uid } = Deno.lstatSync(path);
    if (!isFile) return "it is no plain file";
    if (mode !== null && (mode & OTHERS) !== 0) {
      return `others may read it (mode ${(mode & 0o777).toString(8)}), allowed is 600`;
    }
    if (owner !== undefined && uid !== owner) {
      return `it belongs to user ${uid}, and the server runs as user ${owner}`;
    }
    const isKey = PATTERN.test(Deno.readTextFileSync(path).trim());
    return isKey ? undefined : "it is no operator's key: it is empty or was cut";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? MISSING : reasonOf(error);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The file was never made, or nothing can be changed here.
  }
}
