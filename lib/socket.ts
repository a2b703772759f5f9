/**
 * The seam between a listener and the server: sockets in, `Request` to `Response` for all else. Two listeners
 * stand behind it (`listeners/deno.ts`, `listeners/node.ts`), held to one suite. Next on a message's way:
 * `client.ts`.
 */
import { Buffer } from "node:buffer";
import type { Channel } from "./core/channel.ts";
import type { Position } from "./core/publication.ts";
import type { Disconnect } from "./errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where a text is in a channel's history. */
export interface Place {
  readonly channel: Channel;
  readonly position: Position;
}

/**
 * Text for many receivers: each encoded form is made once, on first use, and shared by all of them.
 */
export class Outgoing {
  #wire: Uint8Array | undefined;
  #event: Uint8Array | undefined;

  /** @param place absent where the text is in no history */
  constructor(readonly text: string, readonly place?: Place) {}

  /** As one message, with line breaks between. */
  static joined(texts: readonly Outgoing[]): Outgoing {
    return new Outgoing(texts.map(({ text }) => text).join("\n"));
  }

  /** As one write of a message each; it has no text. */
  static sequence(texts: readonly Outgoing[]): Outgoing {
    const sequence = new Outgoing("");
    sequence.#wire = Buffer.concat(texts.map(({ wire }) => wire));
    return sequence;
  }

  /** The whole unmasked WebSocket text frame (RFC 6455, section 5.2). */
  get wire(): Uint8Array {
    return this.#wire ??= textFrame(this.text);
  }

  /** The rest of a Server-Sent Event, after its `id` if it has one. Frames hold no line break. */
  get event(): Uint8Array {
    return this.#event ??= encoder.encode(`data: ${this.text}\n\n`);
  }
}

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

/** What a listener serves. */
export interface Handlers {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /** Decides before the upgrade: a `Response` refuses. */
  upgrade(request: Request, peer: Peer): Promise<Response | Accepted>;
}

/** An upgrade that goes ahead. */
export interface Accepted {
  /** The one that is chosen of those the client offers. */
  readonly subprotocol?: string;
  /** Takes the open socket. */
  open(socket: Socket): SocketEvents;
}

export interface ListenerOptions {
  readonly host: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Of every answer that {@linkcode Handlers.fetch} gives, besides its own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly keepaliveSeconds: number;
  /** Bytes of one incoming message. */
  readonly maxFrameBytes: number;
  /** Connections that may wait to be accepted. */
  readonly waitingConnections: number;
  /** The rest holds on the `node` listener alone. `Infinity` for no limit. */
  readonly maxHeaderBytes: number;
  readonly headersSeconds: number;
  /** Headers and body. */
  readonly requestSeconds: number;
  /** Of all kinds. */
  readonly maxConnections: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Resolves with the reason where it accepts no connection any more, and cannot begin again. */
  readonly failed: Promise<string>;
  /** Stops accepting; resolves when every connection is gone. May never resolve: bound it. */
  shutdown(): Promise<void>;
}

export function isUpgrade(request: Request): boolean {
  return request.method === "GET" &&
    request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * The same text in one piece. What was put together or cut out of another text is a reference to its parts, which the
 * runtime has to follow anew each time the text is sent: a tenth of what that costs in JavaScript.
 */
export function flat(text: string): string {
  return decoder.decode(encoder.encode(text));
}

function textFrame(text: string): Uint8Array {
  const payload = encoder.encode(text);
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = new Uint8Array(head + length);
  frame[0] = 0x81; // FIN and opcode 1, text
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = 126;
    new DataView(frame.buffer).setUint16(2, length);
  } else {
    frame[1] = 127;
    new DataView(frame.buffer).setBigUint64(2, BigInt(length));
  }
  frame.set(payload, head);
  return frame;
}
