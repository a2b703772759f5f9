/**
 * Gives files out at `/files/{id}`: to who has a link, or calls with a token or a key. A file is never run: whatever somebody has
 * uploaded is shown in a sandbox, if at all.
 */
import { type Context, Hono } from "hono";
import { invalid } from "../base/fields.ts";
import type { Refusals } from "../core/refusals.ts";
import type { ApiApp, ApiContext, ApiEnv } from "../http/api_context.ts";
import type { App } from "../http/bindings.ts";
import type { Calls } from "../http/calls.ts";
import { openTo } from "../http/cors.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { isInline } from "./content/inline.ts";
import { dispositionOf } from "./disposition.ts";
import type { Files } from "./files.ts";
import { rangeIn } from "./ranges.ts";
import type { ByteRange } from "./store/file_store.ts";
import type { Thumbnailing } from "./thumbnailing.ts";
import type { StoredFile } from "./types.ts";

export interface DownloadParts {
  readonly files: Files;
  readonly thumbnailing: Thumbnailing;
  readonly calls: Calls;
  readonly origins: AllowedOrigins;
  readonly refusals: Refusals;
}

/** A file as somebody may read it. */
interface Opened {
  readonly file: StoredFile;
  /** Seconds for which a browser may keep it without asking again. */
  readonly maxAge: number;
}

/** What pages of other sites send and read. */
const FOR_PAGES = {
  methods: ["GET", "DELETE"],
  headers: "authorization, range, if-range, if-none-match",
  read: ["Content-Disposition", "Content-Range", "Accept-Ranges", "ETag"],
};

/** Nothing of a file does anything, wherever it is shown. */
const SAFE = {
  "Content-Security-Policy": "sandbox; default-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "cross-origin", // whoever has a link may show it
  "Accept-Ranges": "bytes",
};

export function downloads(parts: DownloadParts): App {
  const { files, thumbnailing, calls, origins, refusals } = parts;
  const app: ApiApp = new Hono<ApiEnv>();
  openTo(app as unknown as App, ["/:file"], { origins, refusals }, FOR_PAGES);
  app.get("/:file", async (context) => {
    const opened = await open(context);
    return await answerSmall(context, opened) ?? await answer(context, opened);
  });
  app.delete("/:file", calls.identify, async (context) => {
    const call = calls.open(context, { scope: "files:write", users: true });
    await files.remove(call.acting({}), context.req.param("file"));
    return context.body(null, 204);
  });
  return app as unknown as App;

  async function open(context: ApiContext): Promise<Opened> {
    const id = context.req.param("file") ?? "";
    const signature = context.req.query("signature");
    if (signature !== undefined) {
      const { end, ...file } = await files.findByLink(id, signature);
      return { file, maxAge: Math.max(0, end - Math.ceil(Date.now() / 1000)) };
    }
    await calls.identify(context, () => Promise.resolve());
    const call = calls.open(context, { scope: "files:read", users: true });
    return { file: await files.find(call.acting({}), id), maxAge: 0 };
  }

  /** Where the store itself gives the file out. What a page shows comes from here: pages take pictures from nowhere else. */
  async function directLink(context: Context, file: StoredFile): Promise<string | undefined> {
    const isImage = file.type.startsWith("image/") && isShown(context, file);
    if (context.req.method !== "GET" || isImage) return undefined;
    return await files.directLink(file, dispositionOf(file.name, isShown(context, file)));
  }

  /** Answers with a thumbnail, where one is asked for and the file is an image larger than that. */
  async function answerSmall(context: Context, opened: Opened): Promise<Response | undefined> {
    const { file } = opened;
    const wanted = context.req.query("thumbnail");
    if (wanted === undefined) return undefined;
    if (!/^[1-9]\d{0,4}$/.test(wanted)) throw invalid("thumbnail", wanted, "a width in pixels");
    const width = thumbnailing.widthFor(file, Number(wanted));
    if (width === undefined) return undefined;
    const etag = `"${file.sha256}-${width}"`;
    const headers = headersOf(context, opened, etag);
    if (isKnown(context.req.header("if-none-match"), etag)) return notModified(headers);
    const small = await thumbnailing.get(file, width);
    if (small === undefined) return undefined;
    headers.delete("Accept-Ranges");
    headers.set("Content-Type", small.type);
    headers.set("Content-Length", String(small.bytes.length));
    return new Response(context.req.method === "HEAD" ? null : small.bytes, { headers });
  }

  async function answer(context: ApiContext, opened: Opened): Promise<Response> {
    const { file } = opened;
    const etag = `"${file.sha256}"`;
    const headers = headersOf(context, opened, etag);
    if (isKnown(context.req.header("if-none-match"), etag)) return notModified(headers);
    const direct = await directLink(context, file);
    if (direct !== undefined) return redirected(direct);
    const asked = appliesTo(context.req.header("if-range"), etag)
      ? context.req.header("range")
      : "";
    let range: ByteRange | undefined;
    try {
      range = context.req.method === "GET" ? rangeIn(asked ?? null, file.bytes) : undefined;
    } catch (error) {
      context.header("Content-Range", `bytes */${file.bytes}`);
      throw error;
    }
    const { start, end } = range ?? { start: 0, end: file.bytes };
    headers.set("Content-Length", String(end - start));
    if (range !== undefined) {
      headers.set("Content-Range", `bytes ${start}-${end - 1}/${file.bytes}`);
    }
    const init = { status: range === undefined ? 200 : 206, headers };
    if (context.req.method === "HEAD") return new Response(null, init);
    const body = await files.read(file, range);
    const isTaken = context.env.peer.takeBody?.(body) ?? false;
    return new Response(isTaken ? null : body, init);
  }
}

function headersOf(context: Context, { file, maxAge }: Opened, etag: string): Headers {
  return new Headers({
    ...SAFE,
    "Content-Type": file.type,
    "Content-Disposition": dispositionOf(file.name, isShown(context, file)),
    "Cache-Control": maxAge > 0 ? `private, max-age=${maxAge}, immutable` : "private, no-cache",
    "ETag": etag,
  });
}

/** Whether a browser may show the file where it stands, which the asker may not want. */
function isShown(context: Context, { type }: StoredFile): boolean {
  return context.req.query("download") === undefined && isInline(type);
}

/** Nobody keeps the answer: the link in it ends soon. */
function redirected(location: string): Response {
  return new Response(null, {
    status: 302,
    headers: { "Location": location, "Cache-Control": "private, no-store" },
  });
}

function notModified(headers: Headers): Response {
  for (const name of ["Content-Type", "Content-Disposition"]) headers.delete(name);
  return new Response(null, { status: 304, headers });
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => ["*", etag, `W/${etag}`].includes(each.trim()));
}

/** Whether a range is meant of the file as it is: a date is none of its, since it never changes. */
function appliesTo(header: string | undefined, etag: string): boolean {
  return header === undefined || header.trim() === etag;
}
