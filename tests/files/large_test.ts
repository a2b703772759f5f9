/** Large files over HTTP, on both listeners: they come whole by every way, and take no more memory than small ones. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { applicationOf, type Caller } from "../support/chat.ts";
import { peakMiB, resetPeak, residentMiB } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses();

const MIB = 2 ** 20;
const LARGE_MIB = 256;
/** Far more than the buffers of one transfer, and less than what the collector lets gather of garbage. */
const MOST_MIB = 32;
const BOUNDARY = "a boundary that comes in two pieces";
const FORM = { "content-type": `multipart/form-data; boundary="${BOUNDARY}"` };
const FORM_HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n`;
const FORM_END = `\r\n--${BOUNDARY}--\r\n`;
const RANGES = ["bytes=1000000-2999999", "bytes=5-5", "bytes=70000-", "bytes=-70000"];

interface Stored {
  readonly id: string;
  readonly sha256: string;
  readonly url: string;
}

for (const listener of ["deno", "node"]) {
  const test = (what: string, run: (caller: Caller) => Promise<void>) =>
    Deno.test(`large files, ${listener} listener: ${what}`, async () => {
      await using program = await Program.start({
        env: { APP_KEY, APP_LISTENER: listener, FILES_MAX_BYTES: "1g" },
      });
      await run(await applicationOf(program, ["files:write", "files:read"]));
      assert.deepEqual(program.errors, []);
    });

  test("each byte is where it was, by every way", async (caller) => {
    const bytes = noise(3 * MIB + 77);
    const file = await upload(caller, "/files", bytes);
    const form = Buffer.concat([Buffer.from(FORM_HEAD), bytes, Buffer.from(FORM_END)]);
    const asForm = await upload(caller, "/files", form, FORM);
    // In pieces that end anywhere, in the middle of the boundary, too.
    const pieces = ReadableStream.from(piecesOf(form, 65_521));
    const inPieces = await upload(caller, "/files", pieces, FORM);
    const asTus = await uploadByTus(caller, bytes);
    for (const { id, sha256, url } of [file, asForm, inPieces, asTus]) {
      assert.equal(sha256, sha256Of(bytes), `the hash of ${id}`);
      assert.equal(sha256Of(await bytesAt(caller, url)), sha256Of(bytes), `the bytes of ${id}`);
    }
    for (const range of RANGES) {
      const [, first = "", last = ""] = /=(\d*)-(\d*)/.exec(range) ?? [];
      const wanted = first === ""
        ? bytes.subarray(-Number(last))
        : bytes.subarray(Number(first), last === "" ? undefined : Number(last) + 1);
      const had = await bytesAt(caller, file.url, { range });
      assert.equal(sha256Of(had), sha256Of(wanted), range);
    }
  });

  test("who goes away in the middle leaves no file open", async (caller) => {
    const { url } = await upload(caller, "/files", noise(32 * MIB));
    const open = () => openFiles(caller.program).length;
    for (const range of [undefined, "bytes=1-30000000", "bytes=1-"]) {
      const headers: HeadersInit = range === undefined ? {} : { range };
      const answer = await fetch(caller.program.url + url, { headers });
      const reader = answer.body!.getReader();
      await reader.read();
      assert.ok(open() > 0, "somebody reads it");
      await reader.cancel();
      await waitFor("it is closed", () => open() === 0);
    }
  });

  test("memory stays as it is, up and down", async (caller) => {
    const { program: { pid } } = caller;
    const block = noise(MIB);
    const blocks = async function* () {
      for (let count = 0; count < LARGE_MIB; count++) yield await Promise.resolve(block.slice());
    };
    await drain(caller, (await upload(caller, "/files", block)).url); // the code of it is there from now on
    const before = residentMiB(pid);
    const ways: Record<string, number> = {};
    const measured = async <Result>(way: string, work: Promise<Result>): Promise<Result> => {
      resetPeak(pid);
      const result = await work;
      ways[way] = Math.round(peakMiB(pid) - before);
      return result;
    };
    const stream = ReadableStream.from(blocks());
    const { url } = await measured("up", upload(caller, "/files", stream));
    const formed = async function* () {
      yield new TextEncoder().encode(FORM_HEAD);
      yield* blocks();
      yield new TextEncoder().encode(FORM_END);
    };
    await measured("in a form", upload(caller, "/files", ReadableStream.from(formed()), FORM));
    await measured("down", drain(caller, url));
    const range = `bytes=1-${LARGE_MIB * MIB - 2}`;
    if (listener === "node") await measured("a part down", drain(caller, url, { range }));
    assert.ok(Math.max(...Object.values(ways)) < MOST_MIB, JSON.stringify(ways));
  });
}

/** The files that a server has open, and that are not its own. */
function openFiles({ pid, dataDir }: Program): string[] {
  const links = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return ""; // it is closed by now
    }
  });
  return links.filter((path) => path.startsWith(`${dataDir}/files/`));
}

function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) {
    crypto.getRandomValues(all.subarray(at, Math.min(bytes, at + 65_536)));
  }
  return all;
}

function* piecesOf(bytes: Uint8Array<ArrayBuffer>, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function upload(
  { program, bearer }: Caller,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Stored> {
  const answer = await fetch(`${program.url}/api${path}`, {
    ...{ method: "POST", body },
    headers: { authorization: `Bearer ${bearer}`, ...headers },
  });
  const json = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(json));
  return json;
}

async function uploadByTus(caller: Caller, bytes: Uint8Array<ArrayBuffer>): Promise<Stored> {
  const { program, bearer } = caller;
  const headers = { "authorization": `Bearer ${bearer}`, "tus-resumable": "1.0.0" };
  const begun = await fetch(`${program.url}/api/uploads`, {
    method: "POST",
    headers: { ...headers, "upload-length": String(bytes.length) },
  });
  await begun.body?.cancel();
  const where = new URL(begun.headers.get("location") ?? "", `${program.url}/api/uploads`);
  for (const [from, to] of [[0, MIB + 3], [MIB + 3, bytes.length]] as const) {
    const answer = await fetch(where, {
      method: "PATCH",
      headers: {
        ...{ ...headers, "content-type": "application/offset+octet-stream" },
        "upload-offset": String(from),
      },
      body: bytes.slice(from, to),
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 204);
  }
  return await caller.done(
    "GET",
    `/files/${where.pathname.split("/").at(-1)}`,
  ) as unknown as Stored;
}

async function bytesAt(
  { program }: Caller,
  path: string,
  headers: Record<string, string> = {},
): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(program.url + path, { headers })).arrayBuffer());
}

async function drain(
  { program }: Caller,
  path: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const answer = await fetch(program.url + path, { headers });
  assert.ok(answer.ok, `${answer.status}`);
  for await (const _piece of answer.body ?? []);
}
