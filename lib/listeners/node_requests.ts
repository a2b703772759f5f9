/**
 * Gives each request of a connection its turn: it is worked on when its answer can be written, and not before. A client may
 * send requests without waiting for answers (RFC 9112, section 9.3.2), and `node:http` would hand all of them on at once.
 * A stream of events behind another one would then be open with no connection to write to, for as long as anybody liked.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Works on a request. */
type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** How many requests of one connection may wait. Whoever sends more without an answer is cut off. */
const MOST_WAITING = 100;

const TURNS = Symbol("turns");

/** What a connection has had of requests. */
interface Turns {
  /** The last request whose turn has come. */
  last: ServerResponse;
  waiting: number;
}

type OwnStream = Duplex & { [TURNS]?: Turns };

/** A listener that calls another one when a request's turn has come; never, if the connection ends before. */
export function inTurn(listener: Listener): Listener {
  return (incoming, outgoing) => {
    const socket: OwnStream = incoming.socket;
    const turns = socket[TURNS] ??= { last: outgoing, waiting: 0 };
    const begin = () => {
      turns.last = outgoing;
      listener(incoming, outgoing);
    };
    if (outgoing.socket !== null) return begin();
    if (++turns.waiting > MOST_WAITING) return void socket.destroy();
    // `node:http` is still giving the answer its socket. An answer that is written meanwhile leaves the socket corked: what
    // the connection's next stream or WebSocket says would never go out.
    outgoing.once("socket", () =>
      queueMicrotask(() => {
        turns.waiting--;
        if (!socket.destroyed) begin();
      }));
  };
}

/**
 * Resolves with whether all requests of a connection are answered, so that it can be used for something else. An answer that
 * is written is waited for: a client may have all of it before the connection knows that it is gone, over TLS above all.
 */
export async function isAnswered(socket: Duplex): Promise<boolean> {
  const turns = (socket as OwnStream)[TURNS];
  if (turns === undefined) return true;
  const { last, waiting } = turns;
  if (waiting > 0 || !last.writableEnded) return false;
  if (!last.writableFinished) {
    await new Promise<void>((resolve) => last.once("finish", resolve).once("close", resolve));
  }
  return last.writableFinished && !socket.destroyed;
}
