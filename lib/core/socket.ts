/**
 * The seam between a listener and the server: sockets in, `Request` to `Response` for all else. Two listeners
 * stand behind it (`listeners/deno.ts`, `listeners/node.ts`), held to one suite. Next on a message's way:
 * `client.ts`.
 */
import type { Disconnect } from "../base/errors.ts";
import type { Outgoing } from "./outgoing.ts";

/** One connection, a WebSocket or a stream of events, as the server sees it. */
export interface Socket {
  /** Where several texts in one write cost less than one by one: nowhere, in one message alone, or in any form. */
  readonly batching: "none" | "joined" | "frames";
  /** Queues one text message; does nothing once closed. */
  send(outgoing: Outgoing): void;
  /** Begins the closing handshake; what was sent before goes out first. What comes after it is not told. */
  close(disconnect: Disconnect): void;
  /** Closes, and reads no more: for a peer that goes on sending. */
  cut(disconnect: Disconnect): void;
  /** Reads no more until {@linkcode Socket.resume}; a few messages that were read already may still come. */
  pause(): void;
  resume(): void;
  /** Drops the connection at once, as far as the listener can. */
  terminate(): void;
  /** Bytes that were sent but not yet handed to the operating system. */
  readonly bufferedAmount: number;
  /**
   * Where the listener can tell: calls `done` once, with whether the other end has all that was sent before. It does so
   * when a ping was answered, or after a closing handshake that was begun here.
   */
  confirm?(done: (isTaken: boolean) => void): void;
}

/** What a listener tells of one socket. */
export interface SocketEvents {
  /** A text message, or the bytes of a binary one. */
  message(data: string | Uint8Array): void;
  /** A frame without content for us: a ping, or a pong that answers no ping of ours. */
  control(): void;
  /** A message over the limit came, and the listener ends the connection. */
  tooBig(): void;
  /** The listener is about to say that the connection ends: what was sent before is written first. */
  closing(): void;
  /** Called once, however the connection ended. */
  close(): void;
}

/** The other end of a connection. */
export interface Peer {
  readonly address: string;
  /** Of the other end's socket. */
  readonly port: number;
  /** Ends the connection of the request at once; absent where the listener cannot. */
  drop?(): void;
}

/** An upgrade that goes ahead. */
export interface Accepted {
  /** The one that is chosen of those the client offers. */
  readonly subprotocol?: string;
  /** Takes the open socket. */
  open(socket: Socket): SocketEvents;
}
