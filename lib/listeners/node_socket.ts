/**
 * One WebSocket of the `node` listener: reads no faster than its frames are worked on, and knows when its end is near.
 * `ws` speaks the protocol.
 */
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import type { Disconnect } from "../base/errors.ts";
import type { Accepted, Socket, SocketEvents } from "../core/socket.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { turns, type Waiter } from "../core/turns.ts";
import type { Keepalive, Pinged } from "./keepalive.ts";

/** How `ws` calls a message over the limit. */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** Close code of a connection that ended without one (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** After a close of ours: the bytes among which the peer's answer must be. */
const LAST_WORD_BYTES = 1_048_576;

/** For a peer that broke a rule, or that has closed: more than so many bytes are not let fall, but not read. */
const LET_FALL_BYTES = 65_536;

/**
 * How long a peer of which nothing more is read may take our last word. Not all the same time: what the system then throws
 * away of a hundred that were cut off together would take a tenth of a second at once.
 */
const LAST_WORD_MS = 1500;
const LAST_WORD_SPREAD_MS = 1000;

/** How long what came before the peer's close may take that waits for a turn. */
const LAST_FRAMES_MS = 1000;

/**
 * Bytes that are read in one go; between two, the connection may be stopped. As few as hold no more than some 80 empty
 * frames, and as many as cost nothing to speak of in large messages.
 */
const BITE_BYTES = 512;

/** After a close of ours, so much is read in one turn of the event loop. */
const LAST_BITES = 8;

/** What `ws` tells of a connection goes to its {@linkcode NodeSocket}, by no listeners: these take memory for each. */
export class NodeWebSocket extends WebSocket {
  own: NodeSocket | undefined;

  /** `ws` closes by itself where the peer broke a rule or has closed, in the middle of a turn of the event loop. */
  override close(code?: number, reason?: string | Buffer): void {
    this.own?.closing();
    super.close(code, reason);
  }

  override emit(name: string | symbol, ...[first, second]: unknown[]): boolean {
    const { own } = this;
    if (own === undefined) return super.emit(name, first, second);
    if (name === "message") own.received(first as Buffer, second as boolean);
    else if (name === "ping") own.pinged();
    else if (name === "pong") own.ponged(String(first));
    else if (name === "error") own.failed((first as { code?: string }).code === TOO_BIG); // a close follows
    else if (name === "close") own.ended(first !== NO_CLOSE_FRAME);
    return true;
  }
}

/** Takes the socket of an upgrade that goes ahead. */
export function attach(
  webSocket: NodeWebSocket,
  stream: Duplex,
  accepted: Accepted,
  keepalive: Keepalive,
): void {
  const socket = new NodeSocket(webSocket, stream, keepalive);
  webSocket.own = socket;
  (stream as OwnStream)[OWN] = socket;
  socket.open(accepted);
}

const OWN = Symbol("own");

/** The stream below a WebSocket. */
type OwnStream = Duplex & { [OWN]?: NodeSocket };

type StreamListener = (this: Duplex, chunk?: Buffer) => void;

/** The listeners of `ws` on a stream, the same for all streams. */
let feed: StreamListener | undefined;
let end: StreamListener | undefined;
let close: StreamListener | undefined;

/** Puts ours in the place of those of `ws`, which would read all that has come in one go. */
function takeOver(stream: Duplex): void {
  feed = replace(stream, "data", onData);
  end = replace(stream, "end", onEnd);
  close = replace(stream, "close", onStreamClose);
}

function replace(stream: Duplex, name: string, ours: (this: Duplex, chunk: Buffer) => void) {
  const theirs = stream.listeners(name).at(-1);
  if (typeof theirs !== "function") throw new TypeError(`ws does not listen for '${name}'`);
  stream.off(name, theirs as StreamListener).on(name, ours);
  return theirs as StreamListener;
}

function onData(this: Duplex, chunk: Buffer): void {
  (this as OwnStream)[OWN]?.arrived(chunk);
}

function onEnd(this: Duplex): void {
  (this as OwnStream)[OWN]?.peerIsDone();
}

/** The connection broke: what it had not read yet, of a peer that sent too much at once, is nobody's any more. */
function onStreamClose(this: Duplex): void {
  this.off("data", onData);
  while (this.read() !== null);
  close?.call(this);
}

class NodeSocket implements Socket, Pinged, Waiter {
  readonly batching = "frames";
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
  #isHeard = true;
  /** What has come and was not read before a pause. */
  #rest: Buffer | undefined;
  /** The peer sends no more. It came while there was something to be read before. */
  #isPeerDone = false;
  /** The connection is gone, and its events are told so when what came before is worked on. */
  #isLeaving = false;
  /** Bytes that came after a close. */
  #lastBytes = 0;
  /** Its events were told that it closes. */
  #isToldClosing = false;
  /** It is dropped then, whatever the peer does. */
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(webSocket: WebSocket, stream: Duplex, keepalive: Keepalive) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#keepalive = keepalive;
    this.#group = keepalive.add(this);
    takeOver(stream);
  }

  /** Who is not read is not silent. */
  get isHeard(): boolean {
    return this.#isHeard || this.#isPaused;
  }

  set isHeard(isHeard: boolean) {
    this.#isHeard = isHeard;
  }

  open(accepted: Accepted): void {
    this.#events = accepted.open(this);
  }

  arrived(chunk: Buffer): void {
    if (this.#reading !== "open" && !this.#mayStillCome(chunk.length)) return;
    if (!this.#isPaused) return this.#read(chunk);
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  received(data: Buffer, isBinary: boolean): void {
    this.isHeard = true;
    this.#events?.message(isBinary ? data : data.toString());
  }

  /** The peer sends no more. `ws` ends the connection then, and so is told once all is read. */
  peerIsDone(): void {
    if (this.#isPaused && this.#reading !== "over") this.#isPeerDone = true;
    else end?.call(this.#stream);
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
    if (this.#isLeaving) return this.#leave();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#isHeard = true; // its pongs are still to be read
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#read(rest);
    if (this.#isPaused) return;
    this.#webSocket.resume();
    if (this.#isPeerDone) end?.call(this.#stream);
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
    const isAnswer = withCloseFrame && this.#reading === "closing";
    this.#settle(this.#lastProof, isAnswer);
    const isWaitedFor = withCloseFrame && !isAnswer && this.#isPaused;
    this.#reading = "over";
    this.#rest = undefined;
    clearTimeout(this.#deadline);
    if (!isWaitedFor) return this.#events?.close();
    this.#isLeaving = true;
    this.#deadline = setTimeout(() => this.#leave(), LAST_FRAMES_MS);
  }

  #leave(): void {
    clearTimeout(this.#deadline);
    this.#isLeaving = false;
    this.#events?.close();
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Reads what has come, or as much of it as the connection may have now. */
  #read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += BITE_BYTES) {
      if (this.#reading === "over" || this.#stream.destroyed) return;
      if (this.#reading === "closing" && at === LAST_BITES * BITE_BYTES) this.#waitForTurn();
      if (this.#isPaused) return void (this.#rest = chunk.subarray(at));
      const isAll = chunk.length <= BITE_BYTES;
      feed?.call(this.#stream, isAll ? chunk : chunk.subarray(at, at + BITE_BYTES));
    }
  }

  /** Whether what comes after a close is still looked at, for the peer's answer. */
  #mayStillCome(bytes: number): boolean {
    this.#lastBytes += bytes;
    if (this.#reading === "closing") {
      if (this.#lastBytes > LAST_WORD_BYTES) this.terminate();
      return this.#lastBytes <= LAST_WORD_BYTES;
    }
    if (this.#lastBytes <= LET_FALL_BYTES) return false;
    if (this.#deadline === undefined) this.terminate(); // it has closed, and goes on
    else this.#stream.pause();
    return false;
  }

  #waitForTurn(): void {
    this.pause();
    turns.wait(this);
  }

  #endSoon(): void {
    const ms = LAST_WORD_MS + Math.random() * LAST_WORD_SPREAD_MS;
    this.#deadline ??= setTimeout(() => this.terminate(), ms);
  }

  #settle(upTo: number, isTaken: boolean): void {
    for (const [number, done] of this.#proofs ?? []) {
      if (number > upTo) return;
      this.#proofs?.delete(number);
      done(isTaken);
    }
  }
}
