/** The default listener: `Deno.serve` and `Deno.upgradeWebSocket`. */
import { type Disconnect, DISCONNECTS } from "../errors.ts";
import {
  type Handlers,
  isUpgrade,
  type Listener,
  type ListenerOptions,
  type Outgoing,
  type Peer,
  type Socket,
  type SocketEvents,
} from "../socket.ts";

export function listen(options: ListenerOptions, handlers: Handlers): Promise<Listener> {
  const server = Deno.serve({
    hostname: options.host,
    port: options.port,
    ...options.tls,
    onListen() {},
    onError: () => new Response("internal error\n", { status: 500 }),
  }, (request, info) => {
    const peer = { address: info.remoteAddr.hostname };
    return isUpgrade(request)
      ? upgrade(request, peer, options, handlers)
      : handlers.fetch(request, peer);
  });
  return Promise.resolve({
    host: server.addr.hostname,
    port: server.addr.port,
    shutdown: () => server.shutdown(),
  });
}

function upgrade(
  request: Request,
  peer: Peer,
  options: ListenerOptions,
  handlers: Handlers,
): Response {
  const accepted = handlers.upgrade(request, peer);
  if (accepted instanceof Response) return accepted;
  let upgraded: Deno.WebSocketUpgrade;
  try {
    upgraded = Deno.upgradeWebSocket(request, { idleTimeout: options.keepaliveSeconds });
  } catch (error) {
    return new Response(`Cannot upgrade: ${error instanceof Error ? error.message : error}\n`, {
      status: 400,
    });
  }
  attach(upgraded.socket, accepted, options);
  return upgraded.response;
}

function attach(
  webSocket: WebSocket,
  accept: (socket: Socket) => SocketEvents,
  { maxFrameBytes }: ListenerOptions,
): void {
  let events: SocketEvents | undefined;
  const closed = () => {
    // The runtime may report one end twice, as an error and as a close.
    events?.close();
    events = undefined;
  };
  webSocket.binaryType = "arraybuffer";
  webSocket.onopen = () => events = accept(new DenoSocket(webSocket, closed));
  webSocket.onmessage = ({ data }) => {
    if (events === undefined) return;
    const size = typeof data === "string" ? data.length : data.byteLength;
    if (size > maxFrameBytes) {
      // The runtime has received it whole by now: all that is left is to end the connection.
      webSocket.close(DISCONNECTS.frame_too_big.code, DISCONNECTS.frame_too_big.reason);
      return closed();
    }
    events.message(typeof data === "string" ? data : new Uint8Array(data));
  };
  webSocket.onerror = (event) => {
    event.preventDefault();
    closed();
  };
  webSocket.onclose = closed;
}

class DenoSocket implements Socket {
  readonly #webSocket: WebSocket;
  readonly #closed: () => void;

  constructor(webSocket: WebSocket, closed: () => void) {
    this.#webSocket = webSocket;
    this.#closed = closed;
  }

  get bufferedAmount(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(outgoing: Outgoing): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(outgoing.text);
  }

  close({ code, reason }: Disconnect): void {
    this.#webSocket.close(code, reason);
  }

  /** The runtime cannot drop a connection: this asks it to close, and forgets it. */
  terminate(): void {
    this.close(DISCONNECTS.stalled);
    this.#closed();
  }
}
