/**
 * One WebSocket of the `node` listener. `ws` speaks the protocol; this reads no faster than frames are worked on, and
 * bounds how a connection ends.
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

/** The code of `ws` for a message over the limit. */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** Close code of a connection that ended without one (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** After a close by the server, the bytes among which the peer's answer must be. */
const LAST_WORD_BYTES = 1_048_576;

/** How many bytes are read and dropped of a peer that broke a rule or has closed. After that, reading stops. */
const LET_FALL_BYTES = 65_536;

/** How long a peer may take to receive the close, if nothing more is read of it. */
const LAST_WORD_MS = 1500;
/**
 * How much of that time is random. The system throws away what a dropped connection still had to read; for many that
 * were cut off together, that would hold up the event loop.
 */
const LAST_WORD_SPREAD_MS = 1000;

/** How long frames that came before the peer's close may wait for a turn. */
const LAST_FRAMES_MS = 1000;

/**
 * Bytes that are read in one go; between two goes, the connection may be paused. So few bytes hold some 80 empty frames at
 * most; fewer would make large messages slower.
 */
const BITE_BYTES = 512;

/** How many of these goes one turn of the event loop takes after a close by the server. */
const LAST_BITES = 8;

/** Hands the events of `ws` to a {@linkcode NodeSocket}. Listeners would take memory for each connection. */
export class NodeWebSocket extends WebSocket {
  own: NodeSocket | undefined;

  /** `ws` calls this itself if the peer broke a rule or has closed, also in the middle of a turn of the event loop. */
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

/** Replaces the listeners of `ws`, which would read all that has come in one go. */
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

/** The connection broke. What a peer that sent too much at once had waiting is dropped unread. */
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
   * The calls of {@linkcode NodeSocket.confirm} that wait, by the number in their ping. The pong of that number or of a
   * later one answers them (RFC 6455, section 5.5.3). Most connections never have one, so there is no map at first.
   */
  #confirmations: Map<number, (isTaken: boolean) => void> | undefined;
  #lastConfirmation = 0;
  /** How many pings of the server may still be answered. */
  #owedPongs = 0;
  /** When the last keepalive's ping went out, on `performance.now()`'s clock; 0 where it was answered. */
  #pingedAt = 0;
  roundTripMs: number | undefined;
  /** `closing` after a close by the server, while the peer may still answer; `over` when all that comes is dropped. */
  #reading: "open" | "closing" | "over" = "open";
  #isPaused = false;
  #isHeard = true;
  /** Whether it was ended since nothing came. */
  #wasSilent = false;
  /** What came before or during a pause and is still unread. */
  #rest: Buffer | undefined;
  /** Whether the peer sends no more, but there is something left to read. */
  #isPeerDone = false;
  /** Whether the connection is gone, but its owner is only told so once the frames before its end are worked on. */
  #isLeaving = false;
  /** How many bytes came after a close. */
  #lastBytes = 0;
  /** Whether the owner was told that the connection closes. */
  #isToldClosing = false;
  /** The timer that drops the connection, whatever the peer does. */
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(webSocket: WebSocket, stream: Duplex, keepalive: Keepalive) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#keepalive = keepalive;
    this.#group = keepalive.add(this);
    takeOver(stream);
  }

  /** Whether something came since the last ping. A connection that is not read counts as heard. */
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

  /** The peer sends no more. `ws` would end the connection, so it is told only once all is read. */
  peerIsDone(): void {
    if (this.#isPaused && this.#reading !== "over") this.#isPeerDone = true;
    else end?.call(this.#stream);
  }

  /** `ws` is about to close: because the server does, or the peer has closed or broken a rule. */
  closing(): void {
    if (this.#reading === "open") this.#reading = "over";
    if (this.#isToldClosing) return;
    this.#isToldClosing = true;
    this.#events?.closing();
  }

  /** The peer broke a rule. `ws` has closed, and would read on for half a minute. */
  failed(isTooBig: boolean): void {
    if (isTooBig) this.#events?.tooBig();
    this.#reading = "over";
    this.#endSoon();
  }

  ping(): void {
    this.#owedPongs++;
    this.#pingedAt = performance.now();
    this.#webSocket.ping();
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength;
  }

  /**
   * Writes a frame straight to the stream. Without compression that is safe: `ws` writes its own frames (pings, closes)
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
    this.#isHeard = true; // pongs may be among what is read now
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#read(rest);
    if (this.#isPaused) return;
    this.#webSocket.resume();
    // A stream that was destroyed meanwhile has told its WebSocket, and knows it no more.
    if (this.#isPeerDone && !this.#stream.destroyed) end?.call(this.#stream);
  }

  /** The turn has come that the connection waited for after a close. */
  goOn(): void {
    if (this.#reading === "closing") this.resume();
  }

  confirm(done: (isTaken: boolean) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return done(false);
    (this.#confirmations ??= new Map()).set(++this.#lastConfirmation, done);
    this.#owedPongs++;
    this.#webSocket.ping(String(this.#lastConfirmation));
  }

  /** A ping came, which `ws` answers by itself. */
  pinged(): void {
    this.isHeard = true;
    this.#events?.control();
  }

  /** @param payload of the ping that the pong answers; empty for a keepalive's */
  ponged(payload: string): void {
    this.isHeard = true;
    if (payload === "" && this.#pingedAt > 0) {
      this.roundTripMs = performance.now() - this.#pingedAt;
      this.#pingedAt = 0;
    }
    this.#settle(/^\d{1,15}$/.test(payload) ? Number(payload) : 0, true);
    if (this.#owedPongs > 0) this.#owedPongs--;
    else this.#events?.control();
  }

  /** The connection is gone. A peer that has answered the server's close had got all that was sent before. */
  ended(withCloseFrame: boolean): void {
    this.#keepalive.delete(this, this.#group);
    const isAnswer = withCloseFrame && this.#reading === "closing";
    this.#settle(this.#lastConfirmation, isAnswer);
    const isWaitedFor = withCloseFrame && !isAnswer && this.#isPaused;
    this.#reading = "over";
    this.#rest = undefined;
    clearTimeout(this.#deadline);
    if (!isWaitedFor) return this.#events?.close(this.#wasSilent);
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

  giveUp(): void {
    this.#wasSilent = true;
    this.terminate();
  }

  /** Reads what has come, up to a pause. */
  #read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += BITE_BYTES) {
      if (this.#reading === "over" || this.#stream.destroyed) return;
      if (this.#reading === "closing" && at === LAST_BITES * BITE_BYTES) this.#waitForTurn();
      if (this.#isPaused) return void (this.#rest = chunk.subarray(at));
      const isAll = chunk.length <= BITE_BYTES;
      feed?.call(this.#stream, isAll ? chunk : chunk.subarray(at, at + BITE_BYTES));
    }
  }

  /** Whether what comes after a close is still read, for the peer's answer. */
  #mayStillCome(bytes: number): boolean {
    this.#lastBytes += bytes;
    if (this.#reading === "closing") {
      if (this.#lastBytes > LAST_WORD_BYTES) this.terminate();
      return this.#lastBytes <= LAST_WORD_BYTES;
    }
    if (this.#lastBytes <= LET_FALL_BYTES) return false;
    if (this.#deadline === undefined) this.terminate(); // the peer has closed, and still sends
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
    for (const [number, done] of this.#confirmations ?? []) {
      if (number > upTo) return;
      this.#confirmations?.delete(number);
      done(isTaken);
    }
  }
}
