/**
 * Stops, resumes and ends the reading of a runtime's WebSocket, and tells of its pongs. The runtime has no methods for
 * that: it always reads on, even pings after a close, so a peer that sends faster than its frames are worked on would
 * leave nothing of the event loop to others.
 *
 * This uses private properties of the runtime, whose names are symbols: its reading loop ends when the state is
 * "closed", and the `close` of a socket that still connects lets go of a handle. A runtime with other names cannot be
 * stopped; then the limits of frames alone bound a peer.
 */

/** What the runtime tells of, besides the events of a `WebSocket`. */
export interface Listening {
  /** A message or a pong came. The event of a message follows at once. */
  heard(): void;
}

const OWN = Symbol("own");
const IDLE_SECONDS = Symbol("idleSeconds");
const SILENT_SINCE = Symbol("silentSince");

type Hidden = WebSocket & {
  [OWN]?: Listening;
  /** When its silence last began anew, on `performance.now()`'s clock. */
  [SILENT_SINCE]?: number;
  /** While the socket does not read, the previous value of {@linkcode IDLE}. */
  [IDLE_SECONDS]?: unknown;
  [name: symbol]: unknown;
};

/** The method that reads until the state is "closed". */
const LOOP = symbolOf(WebSocket.prototype, "[[eventLoop]]");
/** The method that is called for each message before its event, for each pong, and once at the start. */
const HEARD = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
const OWN_NAMES = namesOfProperties();
/** The property that {@linkcode WebSocket.readyState} answers. */
const STATE = OWN_NAMES.get("[[readyState]]");
/** The property with the runtime's handle of the connection. */
const HANDLE = OWN_NAMES.get("[[rid]]");
/** The property with the handle that a `close` lets go of at once; meant for a client's socket that still connects. */
const LET_GO = OWN_NAMES.get("[[cancelHandle]]");
/**
 * The property with the seconds of silence after which the runtime ends the connection. It pings after half of them. The
 * silence begins at each call of {@linkcode HEARD}.
 */
const IDLE = OWN_NAMES.get("[[idleTimeout]]");

/** How long a socket that does not read may be silent: longer than anything is worked on. */
const DAY_SECONDS = 86_400;

/**
 * The part of {@linkcode IDLE} for which silence need not begin anew: that makes a timer, which costs more than many a message. It is
 * less than a half, so that whatever answers the ping counts.
 */
const STILL_HEARD = 1 / 4;

/** The runtime's own {@linkcode HEARD}, with which the silence of a socket begins anew. */
let beginSilence: ((this: Hidden) => void) | undefined;

if (LOOP !== undefined && HEARD !== undefined) {
  const prototype = WebSocket.prototype as Hidden;
  const original = beginSilence = prototype[HEARD] as (this: Hidden) => void;
  prototype[HEARD] = function (this: Hidden): void {
    const now = performance.now();
    const stillMs = IDLE === undefined ? 0 : Number(this[IDLE]) * 1000 * STILL_HEARD;
    if (now - (this[SILENT_SINCE] ?? -Infinity) >= stillMs) {
      this[SILENT_SINCE] = now;
      original.call(this);
    }
    this[OWN]?.heard();
  };
}

/** Tells `listening` from now on what comes. */
export function listenTo(webSocket: WebSocket, listening: Listening): void {
  (webSocket as Hidden)[OWN] = listening;
}

/**
 * Stops the reading after the message or pong that is being reported. Until {@linkcode revive}, nothing can be sent.
 * False if this runtime cannot be stopped.
 */
export function halt(webSocket: WebSocket): boolean {
  if (LOOP === undefined || STATE === undefined) return false;
  suspendSilence(webSocket as Hidden);
  (webSocket as Hidden)[STATE] = WebSocket.CLOSED;
  return true;
}

/** Lets a socket be silent while it is not read. */
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

/** Makes a halted socket open again. It still does not read. */
export function revive(webSocket: WebSocket): void {
  if (STATE !== undefined) (webSocket as Hidden)[STATE] = WebSocket.OPEN;
}

/** Reads on after a {@linkcode halt} and a {@linkcode revive}. */
export function readOn(webSocket: WebSocket): void {
  resumeSilence(webSocket as Hidden);
  if (LOOP !== undefined) ((webSocket as Hidden)[LOOP] as () => void)();
}

/** Ends the reading of a socket that was closed, whatever comes. What was sent before still goes out. */
export function letGo(webSocket: WebSocket): void {
  if (HANDLE === undefined || LET_GO === undefined) return;
  (webSocket as Hidden)[LET_GO] = (webSocket as Hidden)[HANDLE];
  webSocket.close();
}

function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((each) => each.description === description);
}

/**
 * The symbols of a socket's own properties, by their descriptions. It constructs a socket that goes nowhere, and watches
 * which properties the constructor sets.
 */
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
    // The constructor throws, since it was given no URL.
  }
  return names;
}
