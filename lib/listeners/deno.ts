/** The default listener: `Deno.serve` and `Deno.upgradeWebSocket`. */
import { type Disconnect, DISCONNECTS } from "../errors.ts";
import {
  type Accepted,
  type Handlers,
  isUpgrade,
  type Listener,
  type ListenerOptions,
  type Outgoing,
  type Socket,
  type SocketEvents,
} from "../socket.ts";

export function listen(options: ListenerOptions, handlers: Handlers): Promise<Listener> {
  const open = new OpenSockets();
  const headers = Object.entries(options.headers);
  const server = Deno.serve({
    hostname: options.host,
    port: options.port,
    ...options.tls,
    onListen() {},
    onError: () => new Response("internal error\n", { status: 500 }),
  }, async (request, info) => {
    if (open.stopping) return new Response("the server is stopping\n", { status: 503 });
    const peer = { address: info.remoteAddr.hostname };
    if (!isUpgrade(request)) {
      const response = await handlers.fetch(request, peer);
      for (const [name, value] of headers) response.headers.set(name, value);
      return response;
    }
    const accepted = await handlers.upgrade(request, peer);
    if (open.stopping) return new Response("the server is stopping\n", { status: 503 });
    return upgrade(request, accepted, options, open);
  });
  return Promise.resolve({
    host: server.addr.hostname,
    port: server.addr.port,
    async shutdown() {
      // The runtime's own shutdown closes every socket with a code of its own: let ours be gone first.
      await open.stop();
      await server.shutdown();
    },
  });
}

/** The sockets that are open, so that a stop can wait for the last of them. */
class OpenSockets {
  readonly #sockets = new Set<WebSocket>();
  readonly #empty = Promise.withResolvers<void>();
  stopping = false;

  add(socket: WebSocket): void {
    this.#sockets.add(socket);
  }

  delete(socket: WebSocket): void {
    this.#sockets.delete(socket);
    if (this.stopping && this.#sockets.size === 0) this.#empty.resolve();
  }

  /** Takes no more; resolves when none is open. */
  stop(): Promise<void> {
    this.stopping = true;
    if (this.#sockets.size === 0) this.#empty.resolve();
    return this.#empty.promise;
  }
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
  let events: SocketEvents | undefined;
  const closed = () => {
    // The runtime may report one end twice, as an error and as a close.
    events?.close();
    events = undefined;
  };
  webSocket.binaryType = "arraybuffer";
  webSocket.onopen = () => {
    open.add(webSocket);
    events = opening?.open(new DenoSocket(webSocket));
    opening = undefined;
  };
  webSocket.onmessage = ({ data }) => {
    if (events === undefined) return;
    if (isOver(data, maxFrameBytes)) {
      // The runtime has received it whole by now: all that is left is to end the connection. It has its place until it
      // has ended: whoever does not answer the close would have any number of them.
      events.tooBig();
      return webSocket.close(DISCONNECTS.frame_too_big.code, DISCONNECTS.frame_too_big.reason);
    }
    events.message(typeof data === "string" ? data : new Uint8Array(data));
  };
  webSocket.onerror = (event) => {
    event.preventDefault();
    closed();
  };
  webSocket.onclose = () => {
    open.delete(webSocket);
    closed();
  };
}

class DenoSocket implements Socket {
  readonly batching = "joined";
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  get bufferedAmount(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** The runtime itself does nothing once it is closing; that it is still opening cannot be. */
  send(outgoing: Outgoing): void {
    this.#webSocket.send(outgoing.text);
  }

  close({ code, reason }: Disconnect): void {
    this.#webSocket.close(code, reason);
  }

  /** The runtime cannot drop a connection: this asks it to close, and whoever does not has its place for as long. */
  terminate(): void {
    this.close(DISCONNECTS.stalled);
  }
}

const encoder = new TextEncoder();

/** Whether a message has more bytes than the limit; a text is only encoded where its length leaves it open. */
function isOver(data: string | ArrayBuffer, limit: number): boolean {
  if (typeof data !== "string") return data.byteLength > limit;
  if (data.length > limit) return true;
  return data.length * 3 > limit && encoder.encode(data).length > limit;
}
