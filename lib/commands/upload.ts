/** `notifyli upload` uploads files to a server, by its API; `upload_target.ts` knows which, and as whom. */
import { basename } from "node:path";
import { reasonOf } from "../base/reason.ts";
import { randomBase64Url } from "../base/ids.ts";
import { loadConfig } from "../configuration.ts";
import { ReadAhead, type Source } from "../sdk/files/source.ts";
import type { StoredFile, UploadProgress } from "../sdk/files/types.ts";
import { SMALL, Upload } from "../sdk/files/upload.ts";
import { UsageError, type Values } from "./options.ts";
import { Progress } from "./progress.ts";
import { subcommandOn } from "./subcommand.ts";
import { UploadTarget } from "./upload_target.ts";

/** The exit code of what Ctrl-C ends. */
const INTERRUPTED = 130;

/** Bytes of the random id of an upload. */
const ID_BYTES = 16;

/** Characters of the bar that says how far an upload is. */
const BAR = 30;

const HELP = {
  usage: ["upload FILE... [options]"],
  about:
    `Uploads files, and prints the id of each and a link to it. - is standard input. An upload goes on where a
connection broke; Ctrl-C ends it, and removes from the server what was sent.`,
  options: {
    name: { short: "n", value: "NAME", help: "What the file is called (default: its own name)" },
    user: { short: "u", value: "USER", help: "The user whose it is (default: the application's)" },
    url: { value: "URL", help: "Address of the server (default: the one on this machine)" },
    key: { value: "KEY", help: "API key with the scope files:write (default: APP_API_KEY)" },
    id: {
      value: "ID",
      help: "Your own id of the file: the same again goes on with the upload, and makes no second",
    },
    json: { help: "Print what is known of each file, as JSON in lines" },
  },
  notes: "A file that nothing uses is removed after FILES_UNUSED, a day by default.",
  exitCodes: "0 uploaded, 1 not uploaded, 2 wrong options or settings, 130 ended by Ctrl-C.",
} as const;

type Given = Values<typeof HELP.options>;

export const upload = subcommandOn(HELP, "FILE", async (given, paths) => {
  const named = given.name === undefined ? given.id === undefined ? "" : "--id" : "--name";
  if (paths.length > 1 && named !== "") {
    throw new UsageError(`Cannot take ${named}: it is of one file`);
  }
  const { config } = loadConfig();
  const target = new UploadTarget(config, given);
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error("ended by Ctrl-C"));
  Deno.addSignalListener("SIGINT", interrupt);
  let isWhole = true;
  try {
    for (const path of paths) {
      if (stop.signal.aborted) break;
      isWhole = await uploadOne(path, given, { target, signal: stop.signal }) && isWhole;
    }
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
  return stop.signal.aborted ? INTERRUPTED : isWhole ? 0 : 1;
});

interface Sending {
  readonly target: UploadTarget;
  readonly signal: AbortSignal;
}

/** Resolves with whether it was uploaded; if not, it was said why. */
async function uploadOne(path: string, given: Given, sending: Sending): Promise<boolean> {
  const progress = new Progress();
  const name = given.name ?? (path === "-" ? undefined : basename(path));
  const upload = new Upload(sending.target, {
    ...{ name, type: undefined, id: given.id ?? randomBase64Url(ID_BYTES), signal: sending.signal },
    onProgress: (at) => progress.show(line(name ?? "standard input", at)),
  });
  try {
    const file = path === "-" ? await sendInput(upload) : await sendFile(upload, path);
    progress.clear();
    const shown = { ...file, url: sending.target.address(file.url) };
    console.log(given.json ? JSON.stringify(shown) : `${shown.id} ${shown.url}`);
    return true;
  } catch (error) {
    progress.clear();
    if (sending.signal.aborted) await upload.remove();
    console.error(`Not uploaded: ${path}: ${sending.target.reason(error)}`);
    return false;
  }
}

async function sendFile(upload: Upload, path: string): Promise<StoredFile> {
  using file = await openFile(path);
  const { size } = await file.stat();
  return await upload.run(fileSource(file, size));
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

/** Nobody knows how long standard input is: what is long goes up in one request. */
async function sendInput(upload: Upload): Promise<StoredFile> {
  const input = new ReadAhead(Deno.stdin.readable);
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
