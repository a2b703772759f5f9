/**
 * Serves the page's files. They are read at the start and served from memory by their names, so that no request can name a
 * path: a file that is not in the list does not exist. Each is compressed when it is first asked for: a start need not wait.
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { App } from "./bindings.ts";

/** The folder of what the server gives to browsers; what stands in folders in it is found from here as well. */
export const STATIC = new URL("../../static/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
  png: "image/png",
};

const PAGE_HEADERS = {
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** @param others origins that the page calls beside the server's own */
export function pagePolicy(others: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:", // a picture that is not sent yet is a blob of the page's own
    ["connect-src 'self'", ...others].join(" "),
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Compressed, once somebody has asked for it. */
  zipped?: Promise<Uint8Array<ArrayBuffer>>;
  readonly etag: string;
  readonly type: string;
}

/** Makes a route for each file right in `folder`; `/` is `index.html`. @param policy what the page may do */
export function pageRoutes(folder: URL, policy: string): App {
  const page: App = new Hono();
  const headers = { ...PAGE_HEADERS, "Content-Security-Policy": policy };
  for (const [name, asset] of readAssets(folder)) {
    page.get(`/${name}`, (context) => answer(context, asset, headers));
    if (name === "index.html") {
      page.get("/", (context) => relocated(context) ?? answer(context, asset, headers));
    }
  }
  return page;
}

/** The page names its files as those beside it, so the path that it is at has to end with a slash. */
function relocated({ req: { url } }: Context): Response | undefined {
  const { pathname, search } = new URL(url);
  if (pathname.endsWith("/")) return undefined;
  const location = `${pathname.slice(pathname.lastIndexOf("/") + 1)}/${search}`;
  return new Response(null, { status: 308, headers: { "Location": location } });
}

async function answer(
  context: Context,
  asset: Asset,
  ofAll: Readonly<Record<string, string>>,
): Promise<Response> {
  const zip = takesGzip(context.req.header("accept-encoding"));
  const headers = new Headers({
    ...ofAll,
    "Content-Type": asset.type,
    // Browsers ask each time, so that no old script meets a new version of the server; a file is transferred once.
    "Cache-Control": "no-cache",
    "ETag": asset.etag,
    "Vary": "Accept-Encoding",
  });
  if (matches(context.req.header("if-none-match"), asset.etag)) {
    return new Response(null, { status: 304, headers });
  }
  const body = zip ? await (asset.zipped ??= zipped(asset.body)) : asset.body;
  if (zip) headers.set("Content-Encoding", "gzip");
  headers.set("Content-Length", String(body.length)); // an answer to HEAD has no body that would tell it
  return new Response(body, { headers });
}

async function zipped(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function takesGzip(header = ""): boolean {
  return header.split(",").some((each) => /^\s*gzip\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(each));
}

function matches(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((each) => ["*", etag].includes(each.trim())) ?? false;
}

function readAssets(folder: URL): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (!isFile || name.startsWith(".") || type === undefined) continue;
    const body = Deno.readFileSync(new URL(name, folder));
    const etag = `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    assets.set(name, { body, etag, type });
  }
  return assets;
}
