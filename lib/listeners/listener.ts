/**
 * The seam between a listener and the server: sockets go in, and all else is a `Request` to answer. Two listeners
 * (`deno.ts`, `node_http.ts`) stand behind it; one suite of tests holds both to it.
 */
import type { Metric } from "../core/metrics.ts";
import type { Accepted, Peer } from "../core/socket.ts";

/** What a listener serves. */
export interface Handlers {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /** Decides before an upgrade. A `Response` refuses it. */
  upgrade(request: Request, peer: Peer): Promise<Response | Accepted>;
}

/** A certificate and its key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerOptions {
  readonly host: string;
  readonly tls?: Pair;
  /** Headers of every answer that {@linkcode Handlers.fetch} gives, besides its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long a connection may be silent before it is pinged. */
  readonly keepaliveSeconds: number;
  /** Bytes of one incoming message. */
  readonly maxFrameBytes: number;
  /** How many connections may wait to be accepted. */
  readonly waitingConnections: number;
  /** Bytes of a request's headers; `Infinity` for no limit. The `deno` listener ignores this. */
  readonly maxHeaderBytes: number;
  /** How long a request's headers may take; `Infinity` for no limit. The `deno` listener ignores this. */
  readonly headersSeconds: number;
  /** How long a request's headers and body may take; `Infinity` for no limit. The `deno` listener ignores this. */
  readonly requestSeconds: number;
  /** How many connections of all kinds there may be. The `deno` listener ignores this. */
  readonly maxConnections: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** What it counts. */
  readonly metrics: readonly Metric[];
  /**
   * Shows clients another certificate from now on; those that are there keep theirs. False where the runtime cannot do that, and
   * nothing has changed then.
   */
  renewCertificate(pair: Pair): boolean;
  /** Resolves with the reason if the listener accepts nothing any more, and cannot begin again. */
  readonly failed: Promise<string>;
  /**
   * Stops accepting, and resolves when every connection is gone. Callers must bound it, since it may never resolve.
   *
   * @param answered resolves once the requests that have begun are answered, which are not cut off before that
   */
  shutdown(answered?: Promise<unknown>): Promise<void>;
}

/** Whether a request asks for a WebSocket. Any other upgrade is ignored, as if nobody had asked (RFC 9110, section 7.8). */
export function isUpgrade({ method, headers }: Request): boolean {
  return method === "GET" && asksForWebSocket(headers.get("upgrade"), headers.get("connection"));
}

/** @param upgrade the header of this name, and `connection` that one: both are lists */
export function asksForWebSocket(
  upgrade: string | null | undefined,
  connection: string | null | undefined,
): boolean {
  return names(upgrade, "websocket") && names(connection, "upgrade");
}

function names(list: string | null | undefined, word: string): boolean {
  return list?.toLowerCase().split(",").some((each) => each.trim() === word) ?? false;
}
