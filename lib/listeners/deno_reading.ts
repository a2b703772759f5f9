/**
 * Stops and resumes the reading of a runtime's WebSocket, and tells of its pongs. The runtime has no such methods: it
 * reads on and on, so that a peer that sends faster than its frames are worked on leaves nothing of the event loop to
 * others. What it has is a loop that ends where the state is "closed", under names that are symbols. Where a runtime has
 * other names nothing can be stopped, and a peer is bounded by the limits of frames alone.
 */

/** What the runtime tells of, besides the events of a `WebSocket`. */
export interface Listening {
  /** A message or a pong came; of a message the event follows at once. */
  heard(): void;
}

const OWN = Symbol("own");

type Hidden = WebSocket & {
  [OWN]?: Listening;
  [name: symbol]: unknown;
};

/** Reads until the state is "closed". */
const LOOP = symbolOf(WebSocket.prototype, "[[eventLoop]]");
/** Called for each message before its event, for each pong, and once at the start. */
const HEARD = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
/** What {@linkcode WebSocket.readyState} answers; a property of each socket. */
let state: symbol | undefined;

if (LOOP !== undefined && HEARD !== undefined) {
  const prototype = WebSocket.prototype as Hidden;
  const original = prototype[HEARD] as (this: Hidden) => void;
  prototype[HEARD] = function (this: Hidden): void {
    original.call(this);
    this[OWN]?.heard();
  };
}

/** From now on `listening` is told what comes. */
export function listenTo(webSocket: WebSocket, listening: Listening): void {
  state ??= symbolOf(webSocket, "[[readyState]]");
  (webSocket as Hidden)[OWN] = listening;
}

/**
 * Ends the reading behind the message or pong that is being told of. Until {@linkcode revive}, nothing can be sent; false
 * where the runtime cannot stop.
 */
export function halt(webSocket: WebSocket): boolean {
  if (LOOP === undefined || state === undefined) return false;
  (webSocket as Hidden)[state] = WebSocket.CLOSED;
  return true;
}

/** The socket is open as before, but does not read. */
export function revive(webSocket: WebSocket): void {
  if (state !== undefined) (webSocket as Hidden)[state] = WebSocket.OPEN;
}

/** Reads on, after a {@linkcode halt} and a {@linkcode revive}. */
export function readOn(webSocket: WebSocket): void {
  if (LOOP !== undefined) ((webSocket as Hidden)[LOOP] as () => void)();
}

function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((each) => each.description === description);
}
