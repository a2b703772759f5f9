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
import { turns, type Waiter } from "../turns.ts";
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

/** After a close of ours: the bytes among which the peer's answer must be, */
const LAST_WORD_BYTES = 1_048_576;
/** and for one that broke a rule, or of which nothing more is read, the time in which it may take our word. */
const LAST_WORD_MS = 2000;

/**
 * Bytes that are read in one go; between two, the connection may be stopped. As few as hold no more than some 170 empty
 * frames, and as many as cost nothing to speak of in large messages.
 */
const BITE_BYTES = 1024;

/** After a close of ours, so much is read in one turn of the event loop. */
const LAST_BITES = 4;

/**
 * Fragments of one message. `ws` tells of the whole one alone, and of 10,000 empty ones nothing at all; who streams a
 * message of the largest size has half as many.
 */
const MAX_FRAGMENTS = 128;

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
    maxFragments: MAX_FRAGMENTS,
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
  (stream as OwnStream)[OWN] = socket;
  socket.open(accepted);
  webSocket.on("ping", onPing).on("pong", onPong).on("message", onMessage);
  webSocket.on("error", onError).on("close", onClose);
}

function onPing(this: WebSocket): void {
  ownOf(this).pinged();
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

const OWN = Symbol("own");

/** The stream below a WebSocket. */
type OwnStream = Duplex & { [OWN]?: NodeSocket };

/** In the place of the listener of `ws`, which reads all that has come in one go. */
function onData(this: Duplex, chunk: Buffer): void {
  (this as OwnStream)[OWN]?.arrived(chunk);
}

/** The listener of `ws` for a stream's data, the same for all streams. */
let feed: ((this: Duplex, chunk: Buffer) => void) | undefined;

function takeOver(stream: Duplex): void {
  const listener = stream.listeners("data").at(-1);
  if (typeof listener !== "function") throw new TypeError("ws does not listen on its stream");
  feed = listener as typeof feed;
  stream.off("data", feed!).on("data", onData);
}

class NodeSocket implements Socket, Pinged, Waiter {
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
  /** Pings of ours that may still be answered. */
  #owedPongs = 0;
  /** `open`; `closing`: we have closed, and wait for the peer's answer; `over`: all that comes is let fall. */
  #reading: "open" | "closing" | "over" = "open";
  #isPaused = false;
  /** What has come and was not read before a pause. */
  #rest: Buffer | undefined;
  /** Bytes that came after a close. */
  #lastBytes = 0;
  /** Its events were told that it closes. */
  #isToldClosing = false;

  constructor(webSocket: WebSocket, stream: Duplex, keepalive: Keepalive) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#keepalive = keepalive;
    this.#group = keepalive.add(this);
    takeOver(stream);
  }

  open(accepted: Accepted): void {
    this.#events = accepted.open(this);
  }

  arrived(chunk: Buffer): void {
    if (this.#reading !== "open" && !this.#mayStillSend(chunk.length)) return;
    if (!this.#isPaused) return this.#read(chunk);
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  received(data: Buffer, isBinary: boolean): void {
    this.isHeard = true;
    this.#events?.message(isBinary ? data : data.toString());
  }

  /** About to say that the connection ends: `ws` does, where the peer has closed or broken a rule. */
  closing(): void {
    if (this.#reading === "open") this.#reading = "over";
    if (this.#isToldClosing) return;
    this.#isToldClosing = true;
    this.#events?.closing();
  }

  /** The peer broke a rule. `ws` has told it so, and would go on reading what it sends for half a minute. */
  failed(isTooBig: boolean): void {
    if (isTooBig) this.#events?.tooBig();
    this.#reading = "over";
    this.#endSoon();
  }

  ping(): void {
    this.#owedPongs++;
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
    if (this.#reading === "open") this.#reading = "closing";
    this.#webSocket.close(code, reason);
    if (this.#isPaused) turns.wait(this);
  }

  cut({ code, reason }: Disconnect): void {
    this.#reading = "over";
    this.#webSocket.close(code, reason);
    this.pause();
    this.#rest = undefined;
    this.#stream.end();
    this.#endSoon();
  }

  pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#read(rest);
    if (!this.#isPaused) this.#webSocket.resume();
  }

  /** The turn that it waited for after a close. */
  goOn(): void {
    if (this.#reading === "closing") this.resume();
  }

  confirm(done: (isTaken: boolean) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return done(false);
    (this.#proofs ??= new Map()).set(++this.#lastProof, done);
    this.#owedPongs++;
    this.#webSocket.ping(String(this.#lastProof));
  }

  /** `ws` answers by itself. */
  pinged(): void {
    this.isHeard = true;
    this.#events?.control();
  }

  /** @param payload of the ping that is answered; empty for a keepalive's */
  ponged(payload: string): void {
    this.isHeard = true;
    this.#settle(/^\d{1,15}$/.test(payload) ? Number(payload) : 0, true);
    if (this.#owedPongs > 0) this.#owedPongs--;
    else this.#events?.control();
  }

  /** The connection is gone. A peer that answered our close had got all that was sent before it. */
  ended(withCloseFrame: boolean): void {
    this.#keepalive.delete(this, this.#group);
    this.#settle(this.#lastProof, withCloseFrame && this.#reading === "closing");
    this.#reading = "over";
    this.#rest = undefined;
    this.#events?.close();
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Reads what has come, or as much of it as the connection may have now. */
  #read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += BITE_BYTES) {
      if (this.#reading === "over") return;
      if (this.#reading === "closing" && at === LAST_BITES * BITE_BYTES) this.#waitForTurn();
      if (this.#isPaused) return void (this.#rest = chunk.subarray(at));
      const isAll = chunk.length <= BITE_BYTES;
      feed?.call(this.#stream, isAll ? chunk : chunk.subarray(at, at + BITE_BYTES));
    }
  }

  /** Whether what comes after a close is still looked at, for the peer's answer. */
  #mayStillSend(bytes: number): boolean {
    this.#lastBytes += bytes;
    if (this.#lastBytes > LAST_WORD_BYTES) this.terminate();
    return this.#reading === "closing" && this.#lastBytes <= LAST_WORD_BYTES;
  }

  #waitForTurn(): void {
    this.pause();
    turns.wait(this);
  }

  #endSoon(): void {
    const timer = setTimeout(() => this.terminate(), LAST_WORD_MS);
    this.#webSocket.once("close", () => clearTimeout(timer));
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
