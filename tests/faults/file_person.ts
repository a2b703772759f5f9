/**
 * Somebody who uploads files in all ways, uses them in messages, looks at them, and removes some, on nodes that are killed. What
 * was answered stands in the ledger; what was not is asked again, and what was broken off is left behind.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FileAnswer, FileCaller } from "./file_caller.ts";
import type { AcceptedFile, FileLedger } from "./file_ledger.ts";
import type { Random } from "./random.ts";

const TUS = { "tus-resumable": "1.0.0" };
const PATCH = { ...TUS, "content-type": "application/offset+octet-stream" };

type Bytes = Uint8Array<ArrayBuffer>;

/** What is uploaded. */
interface Content {
  readonly name: string;
  readonly bytes: Bytes;
  /** Whether it may be given out with other bytes than these, as a photo is that loses its place. */
  readonly isChanged: boolean;
}

export interface FilePersonOptions {
  readonly caller: FileCaller;
  /** Who gets the messages. */
  readonly to: string;
  readonly ledger: FileLedger;
  readonly random: Random;
  /** A photo that says where it was taken, and one that is large enough for a thumbnail. */
  readonly photos: readonly Bytes[];
  /** The most bytes of a file, beside the few that are larger. */
  readonly mostBytes: number;
  /** Bytes of the few that are larger. */
  readonly largeBytes: number;
}

export class FilePerson {
  readonly #options: FilePersonOptions;
  #count = 0;

  constructor(options: FilePersonOptions) {
    this.#options = options;
  }

  async work(signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    while (!signal.aborted) {
      if (random.chance(0.15)) await this.#leave();
      else await this.#live();
    }
  }

  /** The whole life of a file, or a part of it. */
  async #live(): Promise<void> {
    const { random, ledger, caller } = this.#options;
    const file = await this.upload();
    if (random.chance(0.1)) return; // nobody uses it
    const messages = [await this.send(file)];
    if (random.chance(0.3)) messages.push(await this.send(file));
    if (random.chance(0.5)) await this.#look(file);
    if (random.chance(0.2)) {
      // While somebody has a thumbnail made.
      const looking = this.#look(file);
      await caller.until([204, 404], { method: "DELETE", path: `/api/files/${file.id}` });
      ledger.remove(file.id);
      await looking;
      return;
    }
    if (random.chance(0.5)) return;
    for (const message of messages) {
      if (random.chance(0.3)) continue;
      await caller.until([200], { method: "DELETE", path: `/api/messages/${message}` });
      ledger.unuse(file.id);
    }
  }

  /** Uploads a file in one of the ways, until it is accepted. */
  async upload(): Promise<AcceptedFile> {
    const { random, ledger, caller: { user } } = this.#options;
    const content = this.#content();
    const way = random.pick([this.#raw, this.#form, this.#resumable]);
    const { json } = await way.call(this, content, `${user}-${++this.#count}`);
    const { id, sha256, bytes } = json as { id: string; sha256: string; bytes: number };
    assert.equal(bytes, content.bytes.length, `${id} has as many bytes as were sent`);
    if (!content.isChanged) assert.equal(sha256, sha256Of(content.bytes), `${id} is what was sent`);
    const file = { id, owner: user, sha256, bytes };
    ledger.accept(file);
    return file;
  }

  /** Sends a message that has the file, and resolves with its id. */
  async send({ id: file }: AcceptedFile): Promise<number> {
    const { caller, to, ledger } = this.#options;
    const id = `${caller.user}-message-${++this.#count}`;
    const { json } = await caller.until([200, 201], {
      ...{ method: "POST", path: "/api/messages" },
      body: () => JSON.stringify({ to, kind: "file", file, id }),
    });
    ledger.use(file);
    return Number(json["id"]);
  }

  async #raw({ name, bytes }: Content, ownId: string): Promise<FileAnswer> {
    return await this.#options.caller.until([201], {
      ...{ method: "POST", path: `/api/files?name=${name}`, body: () => bytes },
      headers: { "idempotency-key": ownId },
    });
  }

  async #form({ name, bytes }: Content, ownId: string): Promise<FileAnswer> {
    const body = () => {
      const form = new FormData();
      form.append("file", new Blob([bytes]), name);
      return form;
    };
    const headers = { "idempotency-key": ownId };
    return await this.#options.caller.until([201], {
      ...{ method: "POST", path: "/api/files", body, headers },
    });
  }

  /** In parts of any length; some are broken off on their way. */
  async #resumable({ name, bytes }: Content, ownId: string): Promise<FileAnswer> {
    const { caller, random } = this.#options;
    const path = await this.#begin(name, bytes.length, ownId);
    for (;;) {
      const { headers } = await caller.until([200], { method: "GET", path, headers: TUS });
      const offset = Number(headers.get("upload-offset"));
      assert.ok(offset <= bytes.length);
      if (offset === bytes.length) break;
      const end = random.chance(0.5) ? bytes.length : random.integer(offset + 1, bytes.length);
      await this.#patch(path, bytes.subarray(offset, end), offset);
    }
    return await caller.until([200], {
      ...{ method: "GET", path: path.replace("/uploads/", "/files/") },
    });
  }

  async #begin(name: string, length: number, ownId: string): Promise<string> {
    const metadata = `filename ${new TextEncoder().encode(name).toBase64()}`;
    const { headers } = await this.#options.caller.until([201], {
      ...{ method: "POST", path: "/api/uploads" },
      headers: {
        ...TUS,
        "idempotency-key": ownId,
        "upload-length": String(length),
        "upload-metadata": metadata,
      },
    });
    return `/api/${headers.get("location")}`;
  }

  async #patch(path: string, bytes: Bytes, offset: number): Promise<void> {
    const { caller, random } = this.#options;
    const signal = random.chance(0.3) ? AbortSignal.timeout(random.integer(1, 50)) : undefined;
    const headers = { ...PATCH, "upload-offset": String(offset) };
    await caller.try({
      ...{ method: "PATCH", path, headers, body: () => bytes },
      ...(signal && { signal }),
    });
  }

  /** Begins something and does not come back. */
  async #leave(): Promise<void> {
    const { caller, random } = this.#options;
    const { name, bytes } = this.#content();
    const left = `${caller.user}-left-${++this.#count}`;
    if (random.chance(0.5)) {
      const signal = AbortSignal.timeout(random.integer(1, 30));
      await caller.try({
        ...{ method: "POST", path: `/api/files?name=${name}`, body: () => bytes, signal },
      });
      return;
    }
    const path = await this.#begin(name, bytes.length, left);
    await this.#patch(path, bytes.subarray(0, random.integer(0, bytes.length)), 0);
    if (random.chance(0.3)) await caller.try({ method: "DELETE", path, headers: TUS });
  }

  /** Looks at a file, maybe in a small size. */
  async #look({ id }: AcceptedFile): Promise<void> {
    const { caller, random } = this.#options;
    const small = random.chance(0.7) ? `?thumbnail=${random.pick([160, 320, 640])}` : "";
    await caller.try({ method: "GET", path: `/files/${id}${small}` });
  }

  #content(): Content {
    const { random, photos, mostBytes, largeBytes } = this.#options;
    if (random.chance(0.3)) {
      return { name: "photo.jpg", bytes: random.pick(photos), isChanged: true };
    }
    const most = random.chance(0.05) ? largeBytes : random.chance(0.5) ? 2000 : mostBytes;
    const bytes = noise(random.integer(0, most), random.integer(0, 255));
    return { name: "noise.bin", bytes, isChanged: false };
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes of which no two parts are alike, and that are of no type which anybody knows. */
function noise(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let at = 0; at < length; at++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    bytes[at] = state >>> 24;
  }
  if (length > 0) bytes[0] = 0xff;
  return bytes;
}
