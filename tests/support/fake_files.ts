/** A server of files that does what a test says: it takes uploads as the real one does, and fails when it is told to. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** Bytes of the least that the library sends at once. */
const SMALLEST_PIECE = 64 * 1024;

/** Where its bucket is. */
export const BUCKET = "bucket.test";

/** What becomes of a call. */
export type Fault =
  | "works"
  /** Nothing of it arrives. */
  | "lost"
  /** It is done, and its answer is lost. */
  | "unanswered"
  /** Nothing is heard until the caller gives up. */
  | "hangs"
  /** The server has forgotten all uploads. */
  | "forgotten"
  /** So many bytes of the body arrive, and then the connection breaks. */
  | { readonly cutAt: number }
  /** It is refused, by the server where there is a code, else by a proxy. */
  | { readonly status: number; readonly code?: string; readonly retryAfter?: number };

interface FakeUpload {
  readonly id: string;
  readonly ownId: string;
  readonly length: number;
  readonly name: string;
  bytes: Uint8Array;
  /** What links have brought, by the offsets. */
  readonly brought: Map<number, Uint8Array>;
}

export class FakeFiles {
  /** What becomes of the next calls; those behind work. */
  faults: Fault[] = [];
  /** The token that is taken; all are where there is none. */
  token: string | undefined;
  /** Bytes of the pieces that its bucket takes; it has none where this is absent. */
  direct: number | undefined;
  /** Bytes of a body that a proxy in front takes. */
  proxyLimit = Infinity;
  onCall = () => {};
  readonly calls: string[] = [];
  /** The addresses that were called. */
  readonly urls: URL[] = [];
  /** The most bytes that came in one body. */
  longest = 0;
  readonly #uploads = new Map<string, FakeUpload>();
  #last = 0;

  readonly fetch = async (address: URL | RequestInfo, init: RequestInit = {}) => {
    const url = new URL(String(address));
    this.urls.push(url);
    const fault = this.faults.shift() ?? "works";
    const method = init.method ?? "GET";
    const headers = new Headers(init.headers);
    this.calls.push(`${method} ${url.pathname.replace(/.*(?=\/api\/)/, "")}`);
    this.onCall();
    const body = await bytesOf(init.body);
    this.longest = Math.max(this.longest, body.length);
    if (fault === "hangs") return await aborted(init.signal);
    if (fault === "lost") throw new TypeError("network error");
    if (fault === "forgotten") this.#uploads.clear();
    // A proxy that takes less than the smallest piece would take no upload at all.
    const isRefusal = typeof fault === "object" && "status" in fault &&
      (fault.status !== 413 || body.length > SMALLEST_PIECE);
    if (isRefusal) return refusal(fault);
    if (url.host === BUCKET) return this.#bring(url, headers, body, fault);
    if (body.length > this.proxyLimit) return refusal({ status: 413 });
    if (this.token !== undefined && headers.get("authorization") !== `Bearer ${this.token}`) {
      return refusal({ status: 401, code: "expired_token" });
    }
    const cut = typeof fault === "object" && "cutAt" in fault
      ? Math.min(fault.cutAt, body.length)
      : undefined;
    const answer = this.#answer(method, url, headers, body.subarray(0, cut), cut !== undefined);
    if (fault === "unanswered" || cut !== undefined) throw new TypeError("network error");
    return answer;
  };

  /** All that is stored or on its way. */
  get all(): readonly FakeUpload[] {
    return [...this.#uploads.values()];
  }

  /** The only file, all of which is there. */
  get file(): FakeUpload {
    const [file] = this.all;
    assert.equal(this.all.length, 1);
    assert.ok(file);
    assert.equal(file.bytes.length, file.length);
    return file;
  }

  /** A bucket has all of a piece, or nothing. */
  #bring(url: URL, headers: Headers, body: Uint8Array, fault: Fault): Response {
    assert.equal(headers.get("authorization"), null, "it is no business of the bucket");
    if (typeof fault === "object") throw new TypeError("network error");
    const [, id = "", offset] = url.pathname.split("/");
    assert.equal(headers.get("x-checksum"), sha256(body));
    this.#uploads.get(id)?.brought.set(Number(offset), body.slice());
    if (fault === "unanswered") throw new TypeError("network error");
    return new Response(null);
  }

  /** Counts what links have brought, as far as nothing is missing before it. */
  #take(upload: FakeUpload): void {
    for (;;) {
      const next = upload.brought.get(upload.bytes.length);
      if (next === undefined) return;
      upload.brought.delete(upload.bytes.length);
      upload.bytes = joined(upload.bytes, next);
    }
  }

  #link(upload: FakeUpload, body: Uint8Array): Response {
    const { offset, sha256: digest } = JSON.parse(new TextDecoder().decode(body));
    this.#take(upload);
    if (offset !== upload.bytes.length) return refusal({ status: 409, code: "offset_mismatch" });
    assert.ok(offset % (this.direct ?? 0) === 0 && offset < upload.length);
    const url = `https://${BUCKET}/${upload.id}/${offset}`;
    return json(201, { method: "PUT", url, headers: { "x-checksum": digest } });
  }

  #answer(method: string, url: URL, headers: Headers, body: Uint8Array, isCut: boolean): Response {
    const [kind = "", id = "", what] = url.pathname.replace(/.*\/api\//, "").split("/");
    const ownId = headers.get("idempotency-key") ?? "";
    const upload = id === "" ? this.#byOwnId(ownId) : this.#uploads.get(id);
    if (kind === "files") {
      if (method === "GET") return upload === undefined ? unknown() : json(200, facts(upload));
      assert.equal(method, "POST");
      if (isCut) return unknown(); // a broken body leaves nothing
      const name = url.searchParams.get("name") ?? "file";
      const stored = upload ?? this.#begin({ ownId, name, length: body.length });
      if (upload === undefined) stored.bytes = body.slice();
      return json(201, facts(stored));
    }
    if (what === "link") return isCut || !upload ? unknown() : this.#link(upload, body);
    assert.equal(headers.get("tus-resumable"), "1.0.0");
    if (method === "POST") {
      const length = Number(headers.get("upload-length"));
      const begun = upload ?? this.#begin({ ownId, name: nameIn(headers), length });
      const direct = length > (this.direct ?? Infinity) ? { direct: this.direct } : {};
      return json(201, {
        id: begun.id,
        offset: begun.bytes.length,
        length: begun.length,
        ...direct,
      });
    }
    if (upload === undefined) return unknown();
    if (method === "DELETE") {
      this.#uploads.delete(id);
      return new Response(null, { status: 204 });
    }
    if (method === "GET") this.#take(upload);
    const { bytes, length } = upload;
    if (method === "GET") return json(200, { id, offset: bytes.length, length });
    assert.equal(method, "PATCH");
    assert.equal(headers.get("content-type"), "application/offset+octet-stream");
    if (Number(headers.get("upload-offset")) !== bytes.length) {
      return refusal({ status: 409, code: "offset_mismatch" });
    }
    upload.bytes = joined(bytes, body);
    assert.ok(upload.bytes.length <= length);
    return new Response(null, {
      status: 204,
      headers: { "upload-offset": String(upload.bytes.length) },
    });
  }

  #byOwnId(ownId: string): FakeUpload | undefined {
    return this.all.find((upload) => upload.ownId === ownId);
  }

  #begin(wanted: Pick<FakeUpload, "ownId" | "name" | "length">): FakeUpload {
    const id = `file-${++this.#last}`;
    const upload = { ...wanted, id, bytes: new Uint8Array(), brought: new Map() };
    this.#uploads.set(upload.id, upload);
    return upload;
  }
}

/** Bytes of which each stretch is another one. */
export function someBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + (at >> 16)) & 255;
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function facts({ id, name, bytes }: FakeUpload): object {
  const url = `/files/${id}?signature=s.1`;
  return { id, name, type: "image/png", bytes: bytes.length, sha256: sha256(bytes), url };
}

function nameIn(headers: Headers): string {
  const [, text = ""] = /filename ([^,]+)/.exec(headers.get("upload-metadata") ?? "") ?? [];
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

async function bytesOf(body: RequestInit["body"]): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  return body instanceof Uint8Array ? body : new Uint8Array(await new Response(body).arrayBuffer());
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
  });
}

function refusal(
  { status, code, retryAfter }: { status: number; code?: string; retryAfter?: number },
): Response {
  const headers = new Headers();
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  return code === undefined
    ? new Response("<html>", { status, headers })
    : Response.json({ code, message: `No: ${code}` }, { status, headers });
}

function unknown(): Response {
  return refusal({ status: 404, code: "not_found" });
}

function json(status: number, value: object): Response {
  return Response.json(value, { status });
}
