/** Where the server answers HTTP, as seen from the address of its WebSocket. */
import type { FileUrlOptions } from "../files/types.ts";

/** The server's links to files, behind whatever stands before its own paths there. */
const OWN_LINK = /^(?:\/[^?]*)?\/(files\/[\w-]+\?signature=.+)$/;

/**
 * Where a file is: one of the server's own as seen from the address of its WebSocket, since links say where a proxy has the server
 * only if the server was told; one that is kept elsewhere at its address, or at its path on the same site.
 */
export function fileAddress(url: string, link: string): { address: URL; isOwn: boolean } {
  const own = OWN_LINK.exec(link)?.[1];
  return own === undefined
    ? { address: new URL(link, httpAddress(url, "/")), isOwn: false }
    : { address: new URL(httpAddress(url, own)), isOwn: true };
}

/**
 * The address of a file as pages use it; empty where there is no link yet.
 *
 * @param url the address of the server's WebSocket
 * @param link the file's `url`
 */
export function fileUrl(
  url: string,
  link: string | undefined,
  { thumbnail, download }: FileUrlOptions = {},
): string {
  if (!link) return "";
  const { address, isOwn } = fileAddress(url, link);
  if (isOwn && thumbnail !== undefined) {
    address.searchParams.set("thumbnail", String(Math.ceil(thumbnail)));
  }
  if (isOwn && download) address.searchParams.set("download", "");
  return address.href;
}

/** `https://example.org/chat/sse` for `sse` and `wss://example.org/chat/ws`, or for the same with a slash at the end. */
export function httpAddress(url: string, path: string): string {
  const { href } = new URL(url);
  const address = new URL(path, href.replace(/\/ws\/(?=$|[?#])/, "/ws"));
  address.protocol = address.protocol.replace("ws", "http");
  return address.href;
}
