/** The default listener: `Deno.serve` and `Deno.upgradeWebSocket`. */
import { type Disconnect, DISCONNECTS } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import { inRequest, REQUEST_ID, requestIdOf } from "../base/request_id.ts";
import type { Accepted, Socket, SocketEvents } from "../core/socket.ts";
import { type Handlers, isUpgrade, type ListenerOptions, type Pair } from "./listener.ts";
import type { Outgoing } from "../core/outgoing.ts";
import type { Door } from "./accepting.ts";
import { bodyOf } from "./deno_body.ts";
import { DenoDoor, type OpenSockets } from "./deno_door.ts";
import { halt, letGo, type Listening, listenTo, readOn, revive } from "./deno_reading.ts";

/** How long a peer may take to answer a close; `ws` gives as long. */
const CLOSING_MS = 30_000;
/** What the runtime says where the other end did not answer its ping. */
const SILENT = "No response from ping frame.";
/** How long a peer may take to receive the close, if nothing more is read of it. */
const LAST_WORD_MS = 2000;

export function createDoor(options: ListenerOptions, handlers: Handlers): Door {
  return new DenoDoor(
    (port, open, tls) => serve(port, { ...options, tls }, handlers, open),
    options,
  );
}

function serve(
  port: number,
  options: Omit<ListenerOptions, "tls"> & { readonly tls: Pair | undefined },
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
    if (options.tls !== undefined) open.begin(info.completed);
    const id = requestIdOf(request.headers.get(REQUEST_ID));
    const response = await answer(id, request, info);
    response.headers.set(REQUEST_ID, id);
    return response;
  });

  async function answer(
    id: string,
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    if (open.stopping) return stopping();
    const { hostname: address, port } = info.remoteAddr;
    const ended = () => info.completed.catch(() => {}); // it rejects where the connection ended first
    const body = () => bodyOf(request, ended);
    const peer = { address, port, ended, body };
    if (!isUpgrade(request)) {
      const response = await inRequest(id, () => handlers.fetch(request, peer));
      for (const [name, value] of headers) response.headers.set(name, value);
      return response;
    }
    // What the connection does later is done for no request: it has an id of its own.
    const accepted = await inRequest(id, () => handlers.upgrade(request, peer));
    return open.stopping ? stopping() : upgrade(request, accepted, options, open);
  }
}

function stopping(): Response {
  return new Response("the server is stopping\n", { status: 503 });
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
    return new Response(`Cannot upgrade: ${reasonOf(error)}\n`, { status: 400 });
  }
  attach(upgraded.socket, accepted, options, open);
  return upgraded.response;
}

function attach(
  webSocket: WebSocket,
  accepted: Accepted,
  { maxFrameBytes, keepaliveSeconds }: ListenerOptions,
  open: OpenSockets,
): void {
  // This is cleared once the socket is open, since it keeps the whole request in memory.
  let opening: Accepted | undefined = accepted;
  let socket: DenoSocket | undefined;
  webSocket.binaryType = "arraybuffer";
  webSocket.onopen = () => {
    open.add(webSocket);
    if (opening !== undefined) {
      socket = new DenoSocket(webSocket, opening, { maxFrameBytes, keepaliveSeconds });
    }
    opening = undefined;
  };
  webSocket.onmessage = ({ data }) => socket?.received(data);
  webSocket.onerror = (event) => {
    event.preventDefault();
    socket?.ended(event instanceof ErrorEvent && event.message === SILENT);
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
  /** After how long a silence the runtime pings, in milliseconds: it does so by itself, and does not say when. */
  readonly #pingAfterMs: number;
  #events: SocketEvents | undefined;
  /** Whether what was heard last may have been a pong, since no message event has followed yet. */
  #mayBePong = false;
  /** When something was heard last, on `performance.now()`'s clock. */
  #heardAt = performance.now();
  roundTripMs: number | undefined;
  #isPaused = false;
  /** Whether the runtime has stopped reading. */
  #isHalted = false;
  /** Whether the runtime takes the socket for closed, and would not send. */
  #isDead = false;
  /** The timer that lets go of the connection after a close. */
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(
    webSocket: WebSocket,
    accepted: Accepted,
    { maxFrameBytes, keepaliveSeconds }: Pick<
      ListenerOptions,
      "maxFrameBytes" | "keepaliveSeconds"
    >,
  ) {
    this.#webSocket = webSocket;
    this.#maxFrameBytes = maxFrameBytes;
    this.#pingAfterMs = keepaliveSeconds * 500;
    this.#events = accepted.open(this);
    // The runtime reports the start as it reports a pong, in the same turn. Listening begins after that.
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
      // The runtime has received the whole message by now, so the connection can only be ended. It keeps its place until
      // it has ended: otherwise a peer that never answers a close could have any number of connections.
      this.#events.tooBig();
      return this.close(DISCONNECTS.frame_too_big);
    }
    this.#events.message(typeof data === "string" ? data : new Uint8Array(data));
    this.#haltIfPaused();
  }

  heard(): void {
    if (this.#mayBePong) {
      this.#events?.control();
      this.#haltIfPaused(); // if this was a message and no pong, reading goes on until its event
    }
    this.#mayBePong = true;
    this.#measure();
  }

  /** Takes what was heard for the answer to the runtime's ping, if that has gone out by now and no message event follows. */
  #measure(): void {
    const now = performance.now();
    const sincePing = now - this.#heardAt - this.#pingAfterMs;
    this.#heardAt = now;
    if (sincePing < 0) return;
    queueMicrotask(() => {
      if (this.#mayBePong) this.roundTripMs = sincePing;
    });
  }

  /** The connection has ended. The runtime may report that twice, as an error and as a close. */
  ended(isSilent = false): void {
    clearTimeout(this.#deadline);
    this.#events?.close(isSilent);
    this.#events = undefined;
  }

  /** Sends a text. The runtime's `send` does nothing once the socket is closing; still opening it cannot be. */
  send(outgoing: Outgoing): void {
    this.#revive();
    this.#webSocket.send(outgoing.text);
  }

  close(disconnect: Disconnect): void {
    this.#closeWithin(CLOSING_MS, disconnect);
  }

  /** After a close of ours, the runtime ends the connection at the next message or pong, but reads on at pings. */
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
    this.#heardAt = performance.now(); // the runtime's silence begins anew
    readOn(this.#webSocket);
  }

  /** Closes, and reads no more after a while: the runtime cannot drop what waits for a peer. */
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
    queueMicrotask(() => this.#revive()); // by then the runtime has left its loop
  }

  #revive(): void {
    if (!this.#isDead) return;
    this.#isDead = false;
    revive(this.#webSocket);
  }
}

const encoder = new TextEncoder();

/** Whether a message has more bytes than the limit. A text is only encoded if its length does not tell. */
function isOver(data: string | ArrayBuffer, limit: number): boolean {
  if (typeof data !== "string") return data.byteLength > limit;
  if (data.length > limit) return true;
  return data.length * 3 > limit && encoder.encode(data).length > limit;
}
