/** The default listener: `Deno.serve` and `Deno.upgradeWebSocket`. */
import { type Disconnect, DISCONNECTS } from "../base/errors.ts";
import type { Accepted, Socket, SocketEvents } from "../core/socket.ts";
import { type Handlers, isUpgrade, type ListenerOptions } from "./listener.ts";
import type { Outgoing } from "../core/outgoing.ts";
import type { Door } from "./accepting.ts";
import { DenoDoor, type OpenSockets } from "./deno_door.ts";
import { halt, letGo, type Listening, listenTo, readOn, revive } from "./deno_reading.ts";

/** How long a peer may take to answer a close, as `ws` has it; */
const CLOSING_MS = 30_000;
/** and to take our last word, where nothing more of it is wanted. */
const LAST_WORD_MS = 2000;

export function createDoor(options: ListenerOptions, handlers: Handlers): Door {
  return new DenoDoor((port, open) => serve(port, options, handlers, open));
}

function serve(
  port: number,
  options: ListenerOptions,
  handlers: Handlers,
  open: OpenSockets,
): Deno.HttpServer<Deno.NetAddr> {
  const headers = Object.entries(options.headers);
  return Deno.serve({
    hostname: options.host,
    port,
    tcpBacklog: options.waitingConnections,
    ...options.tls,
    onListen() {},
    onError: () => new Response("internal error\n", { status: 500 }),
  }, async (request, info) => {
    if (open.stopping) return new Response("the server is stopping\n", { status: 503 });
    const { hostname: address, port } = info.remoteAddr;
    const peer = { address, port };
    if (!isUpgrade(request)) {
      const response = await handlers.fetch(request, peer);
      for (const [name, value] of headers) response.headers.set(name, value);
      return response;
    }
    const accepted = await handlers.upgrade(request, peer);
    if (open.stopping) return new Response("the server is stopping\n", { status: 503 });
    return upgrade(request, accepted, options, open);
  });
}

function upgrade(
  request: Request,
  accepted: Response | Accepted,
  options: ListenerOptions,
  open: OpenSockets,
): Response {
  if (accepted instanceof Response) return accepted;
  let upgraded: Deno.WebSocketUpgrade;
  try {
    upgraded = Deno.upgradeWebSocket(request, {
      idleTimeout: options.keepaliveSeconds,
      protocol: accepted.subprotocol,
    });
  } catch (error) {
    return new Response(`Cannot upgrade: ${error instanceof Error ? error.message : error}\n`, {
      status: 400,
    });
  }
  attach(upgraded.socket, accepted, options, open);
  return upgraded.response;
}

function attach(
  webSocket: WebSocket,
  accepted: Accepted,
  { maxFrameBytes }: ListenerOptions,
  open: OpenSockets,
): void {
  // Let go of once it is open: it holds the request, about 3 KiB.
  let opening: Accepted | undefined = accepted;
  let socket: DenoSocket | undefined;
  webSocket.binaryType = "arraybuffer";
  webSocket.onopen = () => {
    open.add(webSocket);
    if (opening !== undefined) socket = new DenoSocket(webSocket, opening, maxFrameBytes);
    opening = undefined;
  };
  webSocket.onmessage = ({ data }) => socket?.received(data);
  webSocket.onerror = (event) => {
    event.preventDefault();
    socket?.ended();
  };
  webSocket.onclose = () => {
    open.delete(webSocket);
    socket?.ended();
  };
}

class DenoSocket implements Socket, Listening {
  readonly batching = "joined";
  readonly #webSocket: WebSocket;
  readonly #maxFrameBytes: number;
  #events: SocketEvents | undefined;
  /** Of what was heard last, whether it may have been a pong: no message was told since. */
  #mayBePong = false;
  #isPaused = false;
  /** The runtime does not read, */
  #isHalted = false;
  /** and does not send either. */
  #isDead = false;
  /** After a close. */
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(webSocket: WebSocket, accepted: Accepted, maxFrameBytes: number) {
    this.#webSocket = webSocket;
    this.#maxFrameBytes = maxFrameBytes;
    this.#events = accepted.open(this);
    // The runtime tells of the start as it does of a pong: in the same turn, before there can be one.
    queueMicrotask(() => listenTo(webSocket, this));
  }

  get bufferedAmount(): number {
    this.#revive();
    return this.#webSocket.bufferedAmount;
  }

  received(data: string | ArrayBuffer): void {
    this.#mayBePong = false;
    this.#revive();
    if (this.#events === undefined) return;
    if (isOver(data, this.#maxFrameBytes)) {
      // The runtime has received it whole by now: all that is left is to end the connection. It has its place until it
      // has ended: whoever does not answer the close would have any number of them.
      this.#events.tooBig();
      return this.close(DISCONNECTS.frame_too_big);
    }
    this.#events.message(typeof data === "string" ? data : new Uint8Array(data));
    this.#haltIfPaused();
  }

  heard(): void {
    if (this.#mayBePong) {
      this.#events?.control();
      this.#haltIfPaused(); // where this is a message, it goes on until that was told
    }
    this.#mayBePong = true;
  }

  /** The runtime may report one end twice, as an error and as a close. */
  ended(): void {
    clearTimeout(this.#deadline);
    this.#events?.close();
    this.#events = undefined;
  }

  /** The runtime itself does nothing once it is closing; that it is still opening cannot be. */
  send(outgoing: Outgoing): void {
    this.#revive();
    this.#webSocket.send(outgoing.text);
  }

  close(disconnect: Disconnect): void {
    this.#closeWithin(CLOSING_MS, disconnect);
  }

  /** The runtime ends the connection at the next message or pong after its own close, but not at a ping. */
  cut(disconnect: Disconnect): void {
    this.#closeWithin(LAST_WORD_MS, disconnect);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isHalted) return;
    this.#isHalted = false;
    this.#revive();
    readOn(this.#webSocket);
  }

  /** The runtime cannot drop what waits for a peer: this closes, and reads no more after a while. */
  terminate(): void {
    this.close(DISCONNECTS.stalled);
  }

  #closeWithin(ms: number, { code, reason }: Disconnect): void {
    this.#revive();
    this.#webSocket.close(code, reason);
    this.resume();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => letGo(this.#webSocket), ms);
  }

  #haltIfPaused(): void {
    if (!this.#isPaused || this.#webSocket.readyState !== WebSocket.OPEN) return;
    if (!halt(this.#webSocket)) return;
    this.#isHalted = this.#isDead = true;
    queueMicrotask(() => this.#revive()); // by then the runtime has seen it
  }

  #revive(): void {
    if (!this.#isDead) return;
    this.#isDead = false;
    revive(this.#webSocket);
  }
}

const encoder = new TextEncoder();

/** Whether a message has more bytes than the limit; a text is only encoded where its length leaves it open. */
function isOver(data: string | ArrayBuffer, limit: number): boolean {
  if (typeof data !== "string") return data.byteLength > limit;
  if (data.length > limit) return true;
  return data.length * 3 > limit && encoder.encode(data).length > limit;
}
