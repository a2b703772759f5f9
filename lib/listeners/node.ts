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
  SocketEvents,
} from "../socket.ts";
import { Keepalive, type Pinged } from "./keepalive.ts";

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
  const keepalive = new Keepalive(options.keepaliveSeconds);
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
      attach(webSocket, stream, accepted, keepalive);
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

/**
 * What `ws` tells of a connection goes to its {@linkcode NodeSocket}, by functions that all share: there would be several
 * closures for each of thousands.
 */
class NodeWebSocket extends WebSocket {
  own: NodeSocket | undefined;

  /** `ws` closes by itself where the peer broke a rule or has closed, in the middle of a turn of the event loop. */
  override close(code?: number, reason?: string | Buffer): void {
    this.own?.closing();
    super.close(code, reason);
  }
}

function attach(
  webSocket: NodeWebSocket,
  stream: Duplex,
  accepted: Accepted,
  keepalive: Keepalive,
): void {
  const socket = new NodeSocket(webSocket, stream, keepalive);
  webSocket.own = socket;
  socket.open(accepted);
  webSocket.on("pong", onPong).on("message", onMessage).on("error", onError).on("close", onClose);
}

function onPong(this: WebSocket, payload: Uint8Array): void {
  ownOf(this).ponged(payload.toString());
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  ownOf(this).received(data as Buffer, isBinary);
}

function onError(this: WebSocket, error: Error & { code?: string }): void {
  ownOf(this).failed(error.code === TOO_BIG); // a close follows
}

function onClose(this: WebSocket, code: number): void {
  ownOf(this).ended(code !== NO_CLOSE_FRAME);
}

function ownOf(webSocket: WebSocket): NodeSocket {
  return (webSocket as NodeWebSocket).own!;
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

class NodeSocket implements Socket, Pinged {
  readonly batching = "frames";
  isHeard = true;
  readonly #webSocket: WebSocket;
  readonly #stream: Duplex;
  readonly #keepalive: Keepalive;
  readonly #group: number;
  #events: SocketEvents | undefined;
  /**
   * Proofs that were asked for, each answered by the pong of its number or a later one (RFC 6455, section 5.5.3). Most
   * connections never have one, and an empty map takes 200 bytes.
   */
  #proofs: Map<number, (isTaken: boolean) => void> | undefined;
  #lastProof = 0;
  #isClosing = false;
  /** Its events were told that it closes. */
  #isToldClosing = false;

  constructor(webSocket: WebSocket, stream: Duplex, keepalive: Keepalive) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#keepalive = keepalive;
    this.#group = keepalive.add(this);
  }

  open(accepted: Accepted): void {
    this.#events = accepted.open(this);
  }

  received(data: Buffer, isBinary: boolean): void {
    this.isHeard = true;
    this.#events?.message(isBinary ? data : data.toString());
  }

  /** About to say that the connection ends. */
  closing(): void {
    if (this.#isToldClosing) return;
    this.#isToldClosing = true;
    this.#events?.closing();
  }

  failed(isTooBig: boolean): void {
    if (isTooBig) this.#events?.tooBig();
    cutOff(this.#webSocket, this.#stream);
  }

  ping(): void {
    this.#webSocket.ping();
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
    this.isHeard = true;
    this.#settle(/^\d{1,15}$/.test(payload) ? Number(payload) : 0, true);
  }

  /** The connection is gone. A peer that answered our close had got all that was sent before it. */
  ended(withCloseFrame: boolean): void {
    this.#keepalive.delete(this, this.#group);
    this.#settle(this.#lastProof, withCloseFrame && this.#isClosing);
    this.#events?.close();
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
