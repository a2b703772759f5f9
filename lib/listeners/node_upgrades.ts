/**
 * Upgrades connections of the `node` listener to WebSockets, and bounds the size of messages. Next: `node_socket.ts`, one
 * of these connections.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { logFor } from "../base/log.ts";
// @ts-types="@types/ws"
import { WebSocketServer } from "ws";
import { inRequest, REQUEST_ID, REQUEST_ID_LOWER, requestIdOf } from "../base/request_id.ts";
import { Keepalive } from "./keepalive.ts";
import { asksForWebSocket, type Handlers, type ListenerOptions } from "./listener.ts";
import { peerOf, toRequest } from "./node_request.ts";
import { isAnswered } from "./node_requests.ts";
import { attach, NodeWebSocket } from "./node_socket.ts";

const log = logFor("listener");

/** The headers of a refused upgrade, unless the answer has others. The answer is written by hand. */
const REFUSAL_HEADERS = { "connection": "close", "content-type": "text/plain; charset=utf-8" };

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

/** What the answers to upgrades say, until they are written: the id of the request, and the subprotocol that was chosen. */
type Chosen = WeakMap<IncomingMessage, { readonly id: string; readonly subprotocol?: string }>;

/**
 * Whether a request is for {@linkcode NodeUpgrades.take}. Where it has a body, nobody could say whether the bytes that
 * follow are that body or frames. Java's handshakes say that they have none.
 */
export function isUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && asksForWebSocket(headers.upgrade, headers.connection) &&
    headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}

export class NodeUpgrades {
  readonly #handlers: Handlers;
  readonly #keepalive: Keepalive;
  readonly #chosen: Chosen = new WeakMap();
  readonly #webSockets: ReturnType<typeof webSocketServer>;

  constructor({ keepaliveSeconds, maxFrameBytes }: ListenerOptions, handlers: Handlers) {
    this.#handlers = handlers;
    this.#keepalive = new Keepalive(keepaliveSeconds);
    this.#webSockets = webSocketServer(maxFrameBytes, this.#chosen);
  }

  /** Upgrades one connection, or refuses it. */
  async take(message: IncomingMessage, stream: Duplex, head: Uint8Array): Promise<void> {
    stream.on("error", destroy);
    if (!await isAnswered(stream)) return void stream.destroy(); // both answers would go out on one connection
    const id = requestIdOf(message.headers[REQUEST_ID_LOWER]);
    const request = toRequest(message);
    if (request === undefined) return void refuse(stream, unreadable(), id);
    // What the connection does later is done for no request: it has an id of its own.
    const accepted = await inRequest(
      id,
      () => this.#handlers.upgrade(request, peerOf(message)).catch(failedUpgrade),
    );
    if (accepted instanceof Response) return void refuse(stream, accepted, id);
    const { subprotocol } = accepted;
    this.#chosen.set(message, { id, ...(subprotocol !== undefined && { subprotocol }) });
    message.headers.upgrade = "websocket"; // `ws` knows it only alone
    this.#webSockets.handleUpgrade(message, stream, head as Buffer, (webSocket) => {
      attach(webSocket, stream, accepted, this.#keepalive);
    });
  }
}

function webSocketServer(maxFrameBytes: number, chosen: Chosen) {
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: NodeWebSocket,
    clientTracking: false,
    maxPayload: Number.isFinite(maxFrameBytes) ? maxFrameBytes : 0,
    maxFragments: fragmentsOf(maxFrameBytes),
    ...NO_PONG_LIMIT,
    perMessageDeflate: false,
    handleProtocols: (_offered, request) => chosen.get(request)?.subprotocol ?? false,
  });
  server.on("headers", (headers, request) => {
    headers.push(`${REQUEST_ID}: ${chosen.get(request)?.id}`);
  });
  return server;
}

function fragmentsOf(maxFrameBytes: number): number {
  const largest = Number.isFinite(maxFrameBytes) ? maxFrameBytes : UNLIMITED_FRAME_BYTES;
  return Math.max(MAX_FRAGMENTS, Math.ceil(largest / LEAST_FRAGMENT_BYTES));
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

function unreadable(): Response {
  const message = "Cannot read the URL of the request: it names no host, or more than one";
  return Response.json({ code: "invalid_field", message }, { status: 400 });
}

async function refuse(stream: Duplex, response: Response, id: string): Promise<void> {
  const body = await response.text();
  const headers = new Headers({ ...REFUSAL_HEADERS, ...Object.fromEntries(response.headers) });
  headers.set(REQUEST_ID, id);
  headers.set("content-length", String(new TextEncoder().encode(body).length));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  stream.end(
    `HTTP/1.1 ${response.status} ${response.statusText || "Refused"}\r\n${lines}\r\n${body}`,
  );
}
