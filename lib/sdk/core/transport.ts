/** What carries texts to the server and back; `server_connection.ts` opens one after the other. */

/** What a transport tells. After `closed` it tells nothing more. */
export interface TransportEvents {
  opened(): void;
  received(text: string): void;
  /** @param code as in a WebSocket's close event; 1006 where the connection was never made, or broke */
  closed(code: number, reason: string): void;
}

/** One connection. */
export interface Transport {
  send(text: string): void;
  /** Ends the connection. No event comes any more, not even `closed`. */
  close(): void;
}

/**
 * Opens a connection. No event comes before it has returned.
 *
 * @param token proves who the user is
 */
export type OpenTransport = (url: string, events: TransportEvents, token?: string) => Transport;

/** A handler of events that have more in them than is used here: each kind of WebSocket has types of its own for them. */
type Handler<Used> = { handle(event: Used): void }["handle"];

/** The part of a WebSocket that is used here. Those of browsers, of Deno, of Node.js and of the npm package `ws` have it. */
export interface WebSocketLike {
  readonly protocol: string;
  onopen: Handler<unknown> | null;
  onmessage: Handler<{ readonly data: unknown }> | null;
  onclose: Handler<{ readonly code: number; readonly reason: string }> | null;
  onerror: Handler<unknown> | null;
  send(text: string): void;
  close(code?: number): void;
  /** Ends the connection at once; the package `ws` has it, and browsers do not. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

const PROTOCOL = "notifyli.v2";
const TOKEN_PROTOCOL = "notifyli.token.";
const NORMAL_CLOSURE = 1000;

/** For how long a server may leave a close unanswered. The package `ws` would keep a program up for 30 s. */
const CLOSE_ANSWER_MS = 1000;

/** The close code of a connection that was never made, or that broke. */
export const CONNECTION_LOST = 1006;

export function webSocketTransport(WebSocket: WebSocketConstructor): OpenTransport {
  return (url, events, token) => {
    // A browser can send no header, but it can offer subprotocols.
    const offered = token === undefined ? [PROTOCOL] : [PROTOCOL, TOKEN_PROTOCOL + token];
    const socket = new WebSocket(url, offered);
    // What fails ends in a close event. The package `ws` ends the program where nobody hears an error, late ones, too.
    socket.onerror = () => {};
    /** Stops listening: a stuck socket closes late, and Deno's close event can come twice. */
    const release = () => void (socket.onopen = socket.onmessage = socket.onclose = null);
    const close = () => {
      release();
      socket.close(NORMAL_CLOSURE);
      terminateUnanswered(socket);
    };
    socket.onopen = () => {
      if (socket.protocol === PROTOCOL) return events.opened();
      close();
      events.closed(CONNECTION_LOST, `The server does not speak ${PROTOCOL}`);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") events.received(data);
    };
    socket.onclose = ({ code, reason }) => {
      release();
      events.closed(code || CONNECTION_LOST, reason); // Deno says 0 where it was lost
    };
    return { send: (text) => socket.send(text), close };
  };
}

function terminateUnanswered(socket: WebSocketLike): void {
  if (socket.terminate === undefined) return;
  const late = setTimeout(() => socket.terminate?.(), CLOSE_ANSWER_MS);
  socket.onclose = () => clearTimeout(late);
}
