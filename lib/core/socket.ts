/**
 * Sockets, as listeners (`listeners/deno.ts`, `listeners/node_socket.ts`) and streams of events
 * (`protocols/sse/sse_socket.ts`) bring them. Next on a message's way: `connection.ts`.
 */
import type { Disconnect } from "../base/errors.ts";
import type { Outgoing } from "./outgoing.ts";

/** A WebSocket or a stream of events, as the kernel uses it. */
export interface Socket {
  /** How frames come and go. @default "websocket" */
  readonly transport?: "sse";
  /** In which form several texts cost less than one by one: in none, joined to one message, or as several frames too. */
  readonly batching: "none" | "joined" | "frames";
  /** Queues one text message; does nothing once the socket is closed. */
  send(outgoing: Outgoing): void;
  /** Sends what is queued, then begins the closing handshake. Messages that come later are dropped. */
  close(disconnect: Disconnect): void;
  /** Closes, and reads no more: for a peer that goes on sending. */
  cut(disconnect: Disconnect): void;
  /** Reads no more until {@linkcode Socket.resume}. A few messages that were read already may still come. */
  pause(): void;
  resume(): void;
  /** Drops the connection at once, as far as the listener can. */
  terminate(): void;
  /** Bytes that were sent but not yet handed to the operating system. */
  readonly bufferedAmount: number;
  /** How long its other end took to answer the last ping, in milliseconds; absent where none was answered yet. */
  readonly roundTripMs?: number | undefined;
  /**
   * Calls `done` once, with whether the other end has all that was sent before: when a ping was answered, or when a
   * closing handshake that the server began has ended. This method is absent if the listener cannot tell.
   */
  confirm?(done: (isTaken: boolean) => void): void;
}

/** What a listener calls on the owner of a socket. */
export interface SocketEvents {
  /** A text message came, or the bytes of a binary one. */
  message(data: string | Uint8Array): void;
  /** A ping came, or a pong that answers no ping of the server's. */
  control(): void;
  /** A message over the limit came, and the listener ends the connection. */
  tooBig(): void;
  /** The listener is about to end the connection. What was sent before must be written now. */
  closing(): void;
  /**
   * The connection has ended, in whatever way. The listener calls this once.
   *
   * @param isSilent whether the listener ended it since nothing was heard of the other end
   */
  close(isSilent?: boolean): void;
}

/** The other end of a connection. */
export interface Peer {
  readonly address: string;
  /** The port of the other end's socket. */
  readonly port: number;
  /** Ends the connection of the request at once; absent if the listener cannot. */
  drop?(): void;
  /** The request's body may take as long as it goes on; absent if the listener limits no bodies. */
  mayTakeLong?(): void;
  /** The request's body, piece by piece; absent if a reader of the request itself does as well. */
  body?(): BodyReader;
  /** Takes the body of the answer, which then has none itself, and says whether it did; absent if it never does. */
  takeBody?(body: ReadableStream<Uint8Array<ArrayBuffer>>): boolean;
  /**
   * Resolves when the answer was taken whole, or the connection has ended; absent if the listener can end it at any time.
   */
  ended?(): Promise<void>;
}

/** The body of a request as it comes. */
export interface BodyReader {
  /**
   * Resolves with the next piece, which is good until the one after it is asked for: its memory is used again then. Resolves with
   * `undefined` at the end, and rejects where the body breaks off.
   */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Reads no more. Who waits for a piece gets none. */
  stop(): void;
}

/** An upgrade that goes ahead. */
export interface Accepted {
  /** The subprotocol that is chosen from those that the client offers. */
  readonly subprotocol?: string;
  /** Takes the open socket. */
  open(socket: Socket): SocketEvents;
}
