/** The listener on `node:http` and `npm:ws`: bounds message sizes and slow peers, and batches writes. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
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

/** Close code of a connection that ended without one (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

export async function listen(options: ListenerOptions, handlers: Handlers): Promise<Listener> {
  const onRequest = getRequestListener(
    (request, { incoming }) => handlers.fetch(request, callerOf(incoming as IncomingMessage)),
    { overrideGlobalObjects: false },
  );
  const server = options.tls ? createTlsServer(options.tls, onRequest) : createServer(onRequest);
  const chosen = new WeakMap<IncomingMessage, string>();
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: Number.isFinite(options.maxFrameBytes) ? options.maxFrameBytes : 0,
    perMessageDeflate: false,
    // Each upgrade has chosen its own by then.
    handleProtocols: (_offered, request) => chosen.get(request) ?? false,
  });

  server.on("upgrade", async (message: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    stream.on("error", () => stream.destroy());
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

function attach(
  webSocket: WebSocket,
  stream: Duplex,
  accepted: Accepted,
  { keepaliveSeconds }: ListenerOptions,
): void {
  const socket = new NodeSocket(webSocket, stream);
  const events = accepted.open(socket);
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
  webSocket.on("error", () => {}); // a close follows
  webSocket.on("close", (code) => {
    clearInterval(keepalive);
    socket.ended(code !== NO_CLOSE_FRAME);
    events.close();
  });
}

class NodeSocket implements Socket {
  readonly #webSocket: WebSocket;
  readonly #stream: Duplex;
  /** Finished frames of this turn of the event loop, written together. Bounded by the client's limit. */
  #frames: Uint8Array[] = [];
  #bytes = 0;
  /** Proofs that were asked for, each answered by the pong of its number or a later one (RFC 6455, section 5.5.3). */
  readonly #proofs = new Map<number, (isTaken: boolean) => void>();
  #lastProof = 0;
  #isClosing = false;

  constructor(webSocket: WebSocket, stream: Duplex) {
    this.#webSocket = webSocket;
    this.#stream = stream;
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength + this.#bytes;
  }

  send({ wire }: Outgoing): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#bytes += wire.length;
    if (this.#frames.push(wire) === 1) queueMicrotask(() => this.#flush());
  }

  close({ code, reason }: Disconnect): void {
    this.#flush();
    this.#isClosing = true;
    this.#webSocket.close(code, reason);
  }

  confirm(done: (isTaken: boolean) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return done(false);
    this.#flush();
    this.#proofs.set(++this.#lastProof, done);
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
    for (const [number, done] of this.#proofs) {
      if (number > upTo) return;
      this.#proofs.delete(number);
      done(isTaken);
    }
  }

  /**
   * Without compression a frame of ours may go straight to the stream: `ws` writes its own (pings, closes)
   * whole and at once, so frames never mix.
   */
  #flush(): void {
    const frames = this.#frames;
    const [first] = frames;
    if (first === undefined) return;
    this.#frames = [];
    this.#bytes = 0;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#stream.write(frames.length === 1 ? first : Buffer.concat(frames));
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
