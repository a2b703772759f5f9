/** The seam between a listener and the server: sockets in, `Request` to `Response` for all else. Two listeners stand behind it (`deno.ts`, `node_http.ts`), held to one suite. */
import type { Metric } from "../core/metrics.ts";
import type { Accepted, Peer } from "../core/socket.ts";

/** What a listener serves. */
export interface Handlers {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /** Decides before the upgrade: a `Response` refuses. */
  upgrade(request: Request, peer: Peer): Promise<Response | Accepted>;
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
  /** What it counts. */
  readonly metrics: readonly Metric[];
  /** Resolves with the reason where it accepts no connection any more, and cannot begin again. */
  readonly failed: Promise<string>;
  /** Stops accepting; resolves when every connection is gone. May never resolve: bound it. */
  shutdown(): Promise<void>;
}

export function isUpgrade(request: Request): boolean {
  return request.method === "GET" &&
    request.headers.get("upgrade")?.toLowerCase() === "websocket";
}
