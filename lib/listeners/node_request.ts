/** Reads what `node:http` knows of a request: who it is from, and what it asks for. */
import type { IncomingMessage } from "node:http";
import { byteReader } from "../base/byte_reader.ts";
import type { BodyReader, Peer } from "../core/socket.ts";
import type { LateRequests } from "./node_late.ts";
import { NodeBody } from "./node_body.ts";

export function peerOf(message: IncomingMessage): Peer {
  const { remoteAddress = "", remotePort = 0 } = message.socket;
  return { address: remoteAddress, port: remotePort };
}

/** The peer of a request that is no upgrade, whose connection can be ended in the middle of the answer. */
export class Caller implements Peer {
  readonly address: string;
  readonly port: number;
  /** What is to be sent as the answer's body. */
  sending: ReadableStreamBYOBReader | undefined;
  readonly #message: IncomingMessage;
  readonly #late: LateRequests;

  constructor(message: IncomingMessage, late: LateRequests) {
    const { address, port } = peerOf(message);
    this.address = address;
    this.port = port;
    this.#message = message;
    this.#late = late;
  }

  drop(): void {
    this.#message.socket.destroy();
  }

  mayTakeLong(): void {
    this.#late.delete(this.#message);
  }

  body(): BodyReader {
    return new NodeBody(this.#message);
  }

  takeBody(body: ReadableStream<Uint8Array<ArrayBuffer>>): boolean {
    this.sending = byteReader(body);
    return this.sending !== undefined;
  }
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
