/** Where files come from that a subcommand uploads: this machine, standard input, or an address. `upload_target.ts` takes them. */
import { basename } from "node:path";
import { randomBase64Url } from "../base/ids.ts";
import { reasonOf } from "../base/reason.ts";
import { ReadAhead, type Source, streamSource } from "../sdk/files/source.ts";
import type { StoredFile, UploadProgress } from "../sdk/files/types.ts";
import { SMALL, Upload } from "../sdk/files/upload.ts";
import { Progress } from "./progress.ts";
import type { UploadTarget } from "./upload_target.ts";

/** Bytes of the random id of an upload. */
const ID_BYTES = 16;

/** Characters of the bar that says how far an upload is. */
const BAR = 30;

/** Where a file comes from. */
export interface Origin {
  /** What the file is called, where that is known. */
  readonly name: string | undefined;
  send(upload: Upload): Promise<StoredFile>;
}

export interface Sending {
  readonly target: UploadTarget;
  readonly signal: AbortSignal;
  /** @default the name that the origin has */
  readonly name?: string | undefined;
  /** The caller's own id of the file. @default a random one */
  readonly id?: string | undefined;
}

/** Uploads a file, and says on a terminal how far it is. Where the signal ends that, nothing of it is left on the server. */
export async function uploadFrom(
  origin: Origin,
  { target, signal, name = origin.name, id = randomBase64Url(ID_BYTES) }: Sending,
): Promise<StoredFile> {
  const progress = new Progress();
  const upload = new Upload(target, {
    ...{ name, type: undefined, id, signal },
    onProgress: (at) => progress.show(line(name ?? "standard input", at)),
  });
  try {
    return await origin.send(upload);
  } catch (error) {
    if (signal.aborted) await upload.remove();
    throw error;
  } finally {
    progress.clear();
  }
}

export function fileAt(path: string): Origin {
  return {
    name: basename(path),
    async send(upload) {
      using file = await openFile(path);
      const { size } = await file.stat();
      return await upload.run(fileSource(file, size));
    },
  };
}

export const STANDARD_INPUT: Origin = {
  name: undefined,
  send: (upload) => sendStream(upload, Deno.stdin.readable),
};

/** What an address gives. Rejects where it gives nothing. */
export async function openAddress(url: URL, signal: AbortSignal): Promise<Origin> {
  // What is encoded on the way has another length than the file.
  const headers = { "accept-encoding": "identity" };
  const answer = await fetch(url, { headers, signal }).catch((error) => {
    throw signal.aborted ? signal.reason : new Error(`it cannot be reached (${reasonOf(error)})`);
  });
  const { ok, status, body } = answer;
  if (!ok) {
    await body?.cancel();
    throw new Error(`it answers ${status}`);
  }
  const isEncoded = answer.headers.has("content-encoding");
  const length = isEncoded ? null : answer.headers.get("content-length");
  return {
    name: nameIn(answer.headers.get("content-disposition") ?? "") ?? lastPart(url),
    send: (upload) =>
      sendStream(upload, body ?? new Blob().stream(), length === null ? undefined : Number(length)),
  };
}

/** The name by RFC 6266, which browsers save a file under. */
function nameIn(disposition: string): string | undefined {
  const encoded = /;\s*filename\*=(?:UTF-8'[^']*')([^;]+)/i.exec(disposition)?.[1]?.trim();
  const plain = /;\s*filename="?([^";]+)/i.exec(disposition)?.[1];
  return encoded === undefined ? plain : decoded(encoded);
}

function lastPart({ pathname, host }: URL): string {
  return decoded(pathname.split("/").at(-1) ?? "") || host;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it was not encoded
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    const file = await Deno.open(path);
    if (!(await file.stat()).isDirectory) return file;
    file.close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error("there is no such file");
    throw new Error(`it cannot be read (${reasonOf(error)})`);
  }
  throw new Error("it is a folder");
}

/** Reads as much as is sent at once, so that a file may be of any length. */
function fileSource(file: Deno.FsFile, bytes: number): Source {
  return {
    bytes,
    async piece(from, most) {
      await file.seek(from, Deno.SeekMode.Start);
      const piece = new Uint8Array(Math.min(most, bytes - from));
      for (let at = 0; at < piece.length;) {
        const length = await file.read(piece.subarray(at));
        if (length === null) {
          throw new Error(`it has become shorter: ${from + at} of ${bytes} bytes`);
        }
        at += length;
      }
      return piece;
    },
  };
}

/** Where nobody knows how long it is, what is long goes up in one request. */
async function sendStream(
  upload: Upload,
  stream: ReadableStream<Uint8Array>,
  bytes?: number,
): Promise<StoredFile> {
  const input = new ReadAhead(stream);
  if (bytes !== undefined) return await upload.run(streamSource(input, bytes));
  const head = await input.read(SMALL + 1);
  if (head.length > SMALL) return await upload.runStream(head, input);
  return await upload.run({
    bytes: head.length,
    piece: (from, most) => Promise.resolve(head.subarray(from, from + most)),
  });
}

function line(name: string, { sent, bytes }: UploadProgress): string {
  if (bytes === undefined) return `${name} ${megabytes(sent)}`;
  const share = bytes === 0 ? 1 : sent / bytes;
  const bar = "#".repeat(Math.floor(share * BAR)).padEnd(BAR, "-");
  return `${name} [${bar}] ${Math.floor(share * 100)}% of ${megabytes(bytes)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
