/** Reads what `node:http` knows of a request: who it is from, and what it asks for. */
import type { IncomingMessage } from "node:http";
import type { Peer } from "../core/socket.ts";

export function peerOf(message: IncomingMessage): Peer {
  const { remoteAddress = "", remotePort = 0 } = message.socket;
  return { address: remoteAddress, port: remotePort };
}

/**
 * The peer of a request that is no upgrade, whose connection can be ended in the middle of the answer.
 *
 * @param mayTakeLong is called where the request's body may take as long as it goes on
 */
export function callerOf(message: IncomingMessage, mayTakeLong: () => void): Peer {
  return { ...peerOf(message), drop: () => void message.socket.destroy(), mayTakeLong };
}

/**
 * The request; `undefined` if it names no target, or two: it must have one `Host`, and its target is a path or a whole
 * URL (RFC 9112, section 3.2).
 */
export function toRequest(message: IncomingMessage): Request | undefined {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const target = message.url ?? "/";
  const scheme = "encrypted" in message.socket ? "https" : "http"; // as a `TLSSocket` has it
  const url = URL.parse(
    target.startsWith("/") ? `${scheme}://${hostOf(message)}${target}` : target,
  );
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return new Request(url, { method: message.method, headers });
}

/** All hosts that a request names, joined by commas. `node:http` itself shows only the first. */
function hostOf({ rawHeaders }: IncomingMessage): string {
  return rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === "host" && at % 2 === 1)
    .join(", ");
}
