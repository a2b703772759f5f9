/**
 * Stops, resumes and ends the reading of a runtime's WebSocket, and tells of its pongs. The runtime has no such methods: it
 * reads on and on, so that a peer that sends faster than its frames are worked on leaves nothing of the event loop to
 * others, and pings of a peer even after a close. What it has is a loop that ends where the state is "closed", and a handle
 * that a close of a client's socket lets go of, under names that are symbols. Where a runtime has other names nothing can
 * be stopped, and a peer is bounded by the limits of frames alone.
 */

/** What the runtime tells of, besides the events of a `WebSocket`. */
export interface Listening {
  /** A message or a pong came; of a message the event follows at once. */
  heard(): void;
}

const OWN = Symbol("own");
const IDLE_SECONDS = Symbol("idleSeconds");

type Hidden = WebSocket & {
  [OWN]?: Listening;
  /** While it does not read: {@linkcode IDLE} as it was. */
  [IDLE_SECONDS]?: unknown;
  [name: symbol]: unknown;
};

/** Reads until the state is "closed". */
const LOOP = symbolOf(WebSocket.prototype, "[[eventLoop]]");
/** Called for each message before its event, for each pong, and once at the start. */
const HEARD = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
const OWN_NAMES = namesOfProperties();
/** What {@linkcode WebSocket.readyState} answers. */
const STATE = OWN_NAMES.get("[[readyState]]");
/** The runtime's handle of the connection, */
const HANDLE = OWN_NAMES.get("[[rid]]");
/** and the one that a close lets go of at once: of a client that still connects. */
const LET_GO = OWN_NAMES.get("[[cancelHandle]]");
/** After so many seconds of silence the runtime ends the connection; half of them since {@linkcode HEARD}, it pings. */
const IDLE = OWN_NAMES.get("[[idleTimeout]]");

/** Longer than anything is worked on. */
const DAY_SECONDS = 86_400;

/** The silence begins anew. */
let beginSilence: ((this: Hidden) => void) | undefined;

if (LOOP !== undefined && HEARD !== undefined) {
  const prototype = WebSocket.prototype as Hidden;
  const original = beginSilence = prototype[HEARD] as (this: Hidden) => void;
  prototype[HEARD] = function (this: Hidden): void {
    original.call(this);
    this[OWN]?.heard();
  };
}

/** From now on `listening` is told what comes. */
export function listenTo(webSocket: WebSocket, listening: Listening): void {
  (webSocket as Hidden)[OWN] = listening;
}

/**
 * Ends the reading behind the message or pong that is being told of. Until {@linkcode revive}, nothing can be sent; false
 * where the runtime cannot stop.
 */
export function halt(webSocket: WebSocket): boolean {
  if (LOOP === undefined || STATE === undefined) return false;
  suspendSilence(webSocket as Hidden);
  (webSocket as Hidden)[STATE] = WebSocket.CLOSED;
  return true;
}

/** Who is not read is not silent. */
function suspendSilence(socket: Hidden): void {
  if (IDLE === undefined || socket[IDLE_SECONDS] !== undefined) return;
  socket[IDLE_SECONDS] = socket[IDLE];
  socket[IDLE] = DAY_SECONDS;
  beginSilence?.call(socket);
}

function resumeSilence(socket: Hidden): void {
  if (IDLE === undefined || socket[IDLE_SECONDS] === undefined) return;
  socket[IDLE] = socket[IDLE_SECONDS];
  socket[IDLE_SECONDS] = undefined;
  beginSilence?.call(socket);
}

/** The socket is open as before, but does not read. */
export function revive(webSocket: WebSocket): void {
  if (STATE !== undefined) (webSocket as Hidden)[STATE] = WebSocket.OPEN;
}

/** Reads on, after a {@linkcode halt} and a {@linkcode revive}. */
export function readOn(webSocket: WebSocket): void {
  resumeSilence(webSocket as Hidden);
  if (LOOP !== undefined) ((webSocket as Hidden)[LOOP] as () => void)();
}

/** Reads nothing more of a socket that was closed, whatever comes. What was sent before still goes out. */
export function letGo(webSocket: WebSocket): void {
  if (HANDLE === undefined || LET_GO === undefined) return;
  (webSocket as Hidden)[LET_GO] = (webSocket as Hidden)[HANDLE];
  webSocket.close();
}

function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((each) => each.description === description);
}

/** Of the properties that a socket is made with, by their description: seen as one is made that goes nowhere. */
function namesOfProperties(): Map<string, symbol> {
  const names = new Map<string, symbol>();
  const seen = new Proxy(WebSocket.prototype, {
    set(_, name, value, socket) {
      if (typeof name === "symbol") names.set(name.description ?? "", name);
      return Reflect.defineProperty(socket, name, { value, writable: true, configurable: true });
    },
  });
  try {
    Reflect.construct(WebSocket, ["no URL"], Object.assign(function () {}, { prototype: seen }));
  } catch {
    // It was never meant to go anywhere.
  }
  return names;
}
