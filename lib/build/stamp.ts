/**
 * `static/.built` has the digests of the bundles in `static/` and of the files that they were made from. Times would not
 * do, since git gives every file a new one. `sha256sum -c static/.built` can check the file.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** Path of the checkout, with a slash at its end. The stamp's paths are relative to it. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const STATIC = `${ROOT}static`;

const STAMP = `${STATIC}/.built`;

/** Why a build is needed; `undefined` if it would make what is there already. */
export function whatChanged(): string | undefined {
  const lines = textLines(readIfThere(STAMP));
  if (lines.length === 0) return "it was never built here";
  for (const line of lines) {
    const [, hash, path = ""] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (hash === undefined) return `${STAMP} has the line ${JSON.stringify(line)}`;
    const content = readIfThere(`${ROOT}${path}`);
    if (content === undefined) return `${path} is not there`;
    if (hashOf(content) !== hash) return `${path} has changed`;
  }
  return undefined;
}

/** @param paths of all files that a build read and made, relative to {@linkcode ROOT} */
export function writeStamp(paths: readonly string[]): void {
  const lines = paths.map((path) => `${hashOf(Deno.readFileSync(`${ROOT}${path}`))}  ${path}\n`);
  writeWhole(STAMP, new TextEncoder().encode(lines.join("")));
}

/** The folder of the bundles cannot be written to. The message is the system's. */
export class CannotWrite extends Error {}

/** Writes a file so that nobody ever sees a part of it, even if two builds run at once. */
export function writeWhole(path: string, content: Uint8Array): void {
  const unfinished = path.replace(
    /[^/]+$/,
    (name) => `.${name.replace(/^\./, "")}.${crypto.randomUUID()}`,
  );
  try {
    Deno.writeFileSync(unfinished, content);
    Deno.renameSync(unfinished, path);
  } catch (cause) {
    removeIfThere(unfinished);
    throw new CannotWrite(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function textLines(content: Uint8Array = new Uint8Array()): string[] {
  return new TextDecoder().decode(content).split("\n").filter((line) => line !== "");
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch {
    return undefined; // also if it may not be read: the build will say so
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The file was never made.
  }
}
