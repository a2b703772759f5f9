/** The listener on `node:http` and `npm:ws`: bounds message sizes and slow peers, and batches writes. */
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { getLogger } from "@logtape/logtape";
// @ts-types="@types/ws"
import { WebSocketServer } from "ws";
import type { Handlers, ListenerOptions } from "./listener.ts";
import type { Peer } from "../core/socket.ts";
import type { Door } from "./accepting.ts";
import { Keepalive } from "./keepalive.ts";
import { NodeDoor } from "./node_door.ts";
import { attach, NodeWebSocket } from "./node_socket.ts";

const log = getLogger(["notifyli", "listener"]);

/** The headers of a refused upgrade, unless the answer has others. The answer is written by hand. */
const REFUSAL_HEADERS = { "connection": "close", "content-type": "text/plain; charset=utf-8" };

/** How soon a request that takes too long is noticed. */
const LATE_LOOK_MS = 1000;

/** The limit of headers if the configuration has none. */
const MOST_HEADER_BYTES = 16 * 1024 * 1024;

/**
 * How many fragments one message may have. `ws` reports only whole messages, so fragments, even 10,000 empty ones, are
 * not counted as frames. Whoever streams a message of the default limit needs half as many.
 */
const MAX_FRAGMENTS = 128;

/** The size of a fragment by which larger limits of messages allow more fragments. */
const LEAST_FRAGMENT_BYTES = 4096;

/** The size of messages by which fragments are limited if messages have no limit. */
const UNLIMITED_FRAME_BYTES = 64 * 1024 * 1024;

/** Turns the limit of `ws` off, since pings are counted as frames. The types of `ws` do not have this option yet. */
const NO_PONG_LIMIT = { maxPendingAutoPongs: 0 };

export function createDoor(options: ListenerOptions, handlers: Handlers): Door {
  const headers = Object.entries(options.headers);
  // This replaces the global `Request` and `Response`: the runtime's would make a stream of every answer, which is slow.
  const onRequest = getRequestListener((request, { incoming, outgoing }) => {
    for (const [name, value] of headers) outgoing.setHeader(name, value);
    return handlers.fetch(request, callerOf(incoming as IncomingMessage));
  });
  const bounds = boundsOf(options);
  const server = options.tls
    ? createTlsServer({ ...options.tls, ...bounds }, onRequest)
    : createServer(bounds, onRequest);
  server.maxConnections = options.maxConnections;
  const chosen = new WeakMap<IncomingMessage, string>();
  const keepalive = new Keepalive(options.keepaliveSeconds);
  const webSockets = new WebSocketServer({
    noServer: true,
    WebSocket: NodeWebSocket,
    clientTracking: false,
    maxPayload: Number.isFinite(options.maxFrameBytes) ? options.maxFrameBytes : 0,
    maxFragments: fragmentsOf(options.maxFrameBytes),
    ...NO_PONG_LIMIT,
    perMessageDeflate: false,
    // The upgrade has already chosen its subprotocol.
    handleProtocols: (_offered, request) => chosen.get(request) ?? false,
  });

  server.on("upgrade", async (message: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    stream.on("error", destroy);
    if (message.method !== "GET") return void stream.destroy(); // RFC 6455, section 4.1
    const request = toRequest(message);
    if (request === undefined) return void refuse(stream, unreadable());
    const accepted = await handlers.upgrade(request, peerOf(message)).catch(failedUpgrade);
    if (accepted instanceof Response) return void refuse(stream, accepted);
    if (accepted.subprotocol !== undefined) chosen.set(message, accepted.subprotocol);
    webSockets.handleUpgrade(message, stream, head as Buffer, (webSocket) => {
      attach(webSocket, stream, accepted, keepalive);
    });
  });

  return new NodeDoor(server, options);
}

/** Destroys a stream on an error. A closure would keep the whole request in memory for as long as the connection lasts. */
function destroy(this: Duplex): void {
  this.destroy();
}

/** The answer to an upgrade that failed by the server's own fault; only this connection ends. */
function failedUpgrade(error: unknown): Response {
  log.error("upgrade failed: {reason}", { reason: String(error) });
  return new Response("internal error\n", { status: 500 });
}

function fragmentsOf(maxFrameBytes: number): number {
  const largest = Number.isFinite(maxFrameBytes) ? maxFrameBytes : UNLIMITED_FRAME_BYTES;
  return Math.max(MAX_FRAGMENTS, Math.ceil(largest / LEAST_FRAGMENT_BYTES));
}

/** The limits of headers and of slow requests, as `node:http` takes them: 0 means no limit. */
function boundsOf({ maxHeaderBytes, headersSeconds, requestSeconds }: ListenerOptions) {
  const ms = (seconds: number) => Number.isFinite(seconds) ? seconds * 1000 : 0;
  return {
    maxHeaderSize: Number.isFinite(maxHeaderBytes) ? maxHeaderBytes : MOST_HEADER_BYTES,
    headersTimeout: ms(Math.min(headersSeconds, requestSeconds)), // must not be more than `requestTimeout`
    requestTimeout: ms(requestSeconds),
    connectionsCheckingInterval: LATE_LOOK_MS,
  };
}

function peerOf(message: IncomingMessage): Peer {
  const { remoteAddress = "", remotePort = 0 } = message.socket;
  return { address: remoteAddress, port: remotePort };
}

/** The peer of a request that is no upgrade, whose connection can be ended in the middle of the answer. */
function callerOf(message: IncomingMessage): Peer {
  return { ...peerOf(message), drop: () => void message.socket.destroy() };
}

/**
 * The request; `undefined` if it names no target, or two: it must have one `Host`, and its target is a path or a whole
 * URL (RFC 9112, section 3.2).
 */
function toRequest(message: IncomingMessage): Request | undefined {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const target = message.url ?? "/";
  const url = URL.parse(target.startsWith("/") ? `http://${hostOf(message)}${target}` : target);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return new Request(url, { method: message.method, headers });
}

/** All hosts that a request names, joined by commas. `node:http` itself shows only the first. */
function hostOf({ rawHeaders }: IncomingMessage): string {
  return rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === "host" && at % 2 === 1)
    .join(", ");
}

function unreadable(): Response {
  const message = "Cannot read the URL of the request: it names no host, or more than one";
  return Response.json({ code: "invalid_field", message }, { status: 400 });
}

async function refuse(stream: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = new Headers({ ...REFUSAL_HEADERS, ...Object.fromEntries(response.headers) });
  headers.set("content-length", String(new TextEncoder().encode(body).length));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  stream.end(
    `HTTP/1.1 ${response.status} ${response.statusText || "Refused"}\r\n${lines}\r\n${body}`,
  );
}
