/** The listener on `node:http` and `npm:ws`: bounds message sizes and slow peers, and batches writes. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
// @ts-types="@types/ws"
import { WebSocket, WebSocketServer } from "ws";
import type { Disconnect } from "../errors.ts";
import type {
  Accepted,
  Handlers,
  Listener,
  ListenerOptions,
  Outgoing,
  Peer,
  Socket,
} from "../socket.ts";

/** Most text of a refused upgrade; the answer is written whole, by hand. */
const REFUSAL_HEADERS = { "connection": "close", "content-type": "text/plain; charset=utf-8" };

/** How soon a request that takes too long is noticed. */
const LATE_LOOK_MS = 1000;

/** Where the headers have no limit of ours. */
const MOST_HEADER_BYTES = 16 * 1024 * 1024;

/** How `ws` calls a message over the limit. */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** Close code of a connection that ended without one (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** For a peer that broke a rule: the time and the bytes in which it may still answer our close. */
const LAST_WORD_MS = 2000;
const LAST_WORD_BYTES = 1_048_576;

export async function listen(options: ListenerOptions, handlers: Handlers): Promise<Listener> {
  const headers = Object.entries(options.headers);
  // It puts its own `Request` and `Response` in place of the runtime's: those make a stream of every answer (20 µs).
  const onRequest = getRequestListener((request, { incoming, outgoing }) => {
    for (const [name, value] of headers) outgoing.setHeader(name, value);
    return handlers.fetch(request, callerOf(incoming as IncomingMessage));
  });
  const bounds = boundsOf(options);
  const server = options.tls
    ? createTlsServer({ ...options.tls, ...bounds }, onRequest)
    : createServer(bounds, onRequest);
  if (Number.isFinite(options.maxConnections)) server.maxConnections = options.maxConnections;
  const chosen = new WeakMap<IncomingMessage, string>();
  const webSockets = new WebSocketServer({
    noServer: true,
    WebSocket: NodeWebSocket,
    clientTracking: false,
    maxPayload: Number.isFinite(options.maxFrameBytes) ? options.maxFrameBytes : 0,
    perMessageDeflate: false,
    // Each upgrade has chosen its own by then.
    handleProtocols: (_offered, request) => chosen.get(request) ?? false,
  });

  server.on("upgrade", async (message: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    stream.on("error", destroy);
    if (message.method !== "GET") return void stream.destroy(); // RFC 6455, section 4.1
    const accepted = await handlers.upgrade(toRequest(message), peerOf(message));
    if (accepted instanceof Response) return void refuse(stream, accepted);
    if (accepted.subprotocol !== undefined) chosen.set(message, accepted.subprotocol);
    webSockets.handleUpgrade(message, stream, head as Buffer, (webSocket) => {
      attach(webSocket, stream, accepted, options);
    });
  });

  server.listen(options.port, options.host);
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    shutdown: () =>
      new Promise((resolve, reject) => {
        server.close((error) => error ? reject(error) : resolve());
        server.closeIdleConnections();
      }),
  };
}

/** Listens on a stream. A closure would keep the whole request in memory for as long as the connection lasts. */
function destroy(this: Duplex): void {
  this.destroy();
}

/** How large headers may be, and how slow a request; 0 means no limit to `node:http`. */
function boundsOf({ maxHeaderBytes, headersSeconds, requestSeconds }: ListenerOptions) {
  const ms = (seconds: number) => Number.isFinite(seconds) ? seconds * 1000 : 0;
  return {
    maxHeaderSize: Number.isFinite(maxHeaderBytes) ? maxHeaderBytes : MOST_HEADER_BYTES,
    headersTimeout: ms(Math.min(headersSeconds, requestSeconds)), // more is an error to `node:http`
    requestTimeout: ms(requestSeconds),
    connectionsCheckingInterval: LATE_LOOK_MS,
  };
}

/** `ws` closes by itself where the peer broke a rule or has closed, in the middle of a turn of the event loop. */
class NodeWebSocket extends WebSocket {
  closing: (() => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    const { closing } = this;
    this.closing = undefined;
    closing?.();
    super.close(code, reason);
  }
}

function attach(
  webSocket: NodeWebSocket,
  stream: Duplex,
  accepted: Accepted,
  { keepaliveSeconds }: ListenerOptions,
): void {
  const socket = new NodeSocket(webSocket, stream);
  const events = accepted.open(socket);
  webSocket.closing = () => events.closing();
  let heard = true;
  const keepalive = setInterval(() => {
    if (!heard) return webSocket.terminate();
    heard = false;
    webSocket.ping();
  }, keepaliveSeconds * 1000);
  webSocket.on("pong", (payload: Uint8Array) => {
    heard = true;
    socket.ponged(payload.toString());
  });
  webSocket.on("message", (data: Uint8Array, isBinary) => {
    heard = true;
    events.message(isBinary ? data : data.toString());
  });
  webSocket.on("error", (error: Error & { code?: string }) => {
    if (error.code === TOO_BIG) events.tooBig();
    cutOff(webSocket, stream); // a close follows
  });
  webSocket.on("close", (code) => {
    clearInterval(keepalive);
    socket.ended(code !== NO_CLOSE_FRAME);
    events.close();
  });
}

/**
 * Ends the connection of a peer that broke a rule. `ws` has told it so, and would go on reading what it sends for half
 * a minute.
 */
function cutOff(webSocket: WebSocket, stream: Duplex): void {
  const timer = setTimeout(() => webSocket.terminate(), LAST_WORD_MS);
  let bytes = 0;
  stream.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > LAST_WORD_BYTES) webSocket.terminate();
  });
  webSocket.on("close", () => clearTimeout(timer));
}

class NodeSocket implements Socket {
  readonly batching = "frames";
  readonly #webSocket: WebSocket;
  readonly #stream: Duplex;
  /**
   * Proofs that were asked for, each answered by the pong of its number or a later one (RFC 6455, section 5.5.3). Most
   * connections never have one, and an empty map takes 200 bytes.
   */
  #proofs: Map<number, (isTaken: boolean) => void> | undefined;
  #lastProof = 0;
  #isClosing = false;

  constructor(webSocket: WebSocket, stream: Duplex) {
    this.#webSocket = webSocket;
    this.#stream = stream;
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength;
  }

  /**
   * Without compression a frame of ours may go straight to the stream: `ws` writes its own (pings, closes)
   * whole and at once, so frames never mix.
   */
  send({ wire }: Outgoing): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#stream.write(wire);
  }

  close({ code, reason }: Disconnect): void {
    this.#isClosing = true;
    this.#webSocket.close(code, reason);
  }

  confirm(done: (isTaken: boolean) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return done(false);
    (this.#proofs ??= new Map()).set(++this.#lastProof, done);
    this.#webSocket.ping(String(this.#lastProof));
  }

  /** @param payload of the ping that is answered; empty for a keepalive's */
  ponged(payload: string): void {
    this.#settle(/^\d{1,15}$/.test(payload) ? Number(payload) : 0, true);
  }

  /** The connection is gone. A peer that answered our close had got all that was sent before it. */
  ended(withCloseFrame: boolean): void {
    this.#settle(this.#lastProof, withCloseFrame && this.#isClosing);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  #settle(upTo: number, isTaken: boolean): void {
    for (const [number, done] of this.#proofs ?? []) {
      if (number > upTo) return;
      this.#proofs?.delete(number);
      done(isTaken);
    }
  }
}

function peerOf(message: IncomingMessage): Peer {
  return { address: message.socket.remoteAddress ?? "" };
}

/** Who sent a request that is no upgrade: a connection may be ended in the middle of the answer. */
function callerOf(message: IncomingMessage): Peer {
  return { ...peerOf(message), drop: () => void message.socket.destroy() };
}

function toRequest(message: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const url = URL.parse(message.url ?? "/", `http://${message.headers.host ?? "localhost"}`);
  return new Request(url ?? "http://localhost/", { method: message.method, headers });
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
