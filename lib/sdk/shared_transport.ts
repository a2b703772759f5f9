/**
 * A transport over another: a SharedWorker that holds one connection for all tabs of a browser. This is the tab's end;
 * `shared_worker.ts` is the other.
 */
import { defaultTransport } from "./fallback_transport.ts";
import { systemClock } from "./options.ts";
import type { OpenTransport } from "./transport.ts";

/** What a tab tells the worker: where to connect, then texts for the server. */
export type FromTab =
  | { readonly open: string; readonly token: string | undefined }
  | { readonly close: true }
  | string;

/** What the worker tells a tab: texts from the server, and how the connection is doing. */
export type FromWorker =
  | { readonly opened: true }
  | { readonly closed: { readonly code: number; readonly reason: string } }
  | string;

/** The part of a `MessagePort` that is used. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: FromTab | FromWorker): void;
  close(): void;
}

const CONNECTION_LOST = 1006;

/**
 * For `connect()`'s `transport`. Where there is no SharedWorker, there is nothing: leave `transport` out then.
 *
 * @param script the address of the bundled `shared_worker.ts`, on the page's own origin
 */
export function sharedTransport(script: string | URL): OpenTransport | undefined {
  const { SharedWorker } = globalThis as { SharedWorker?: SharedWorkerConstructor };
  if (SharedWorker === undefined) return undefined;
  let isBroken = false;
  const shared = portTransport((broken) => {
    const worker = new SharedWorker(script, { type: "module", name: "notifyli" });
    worker.onerror = () => {
      isBroken = true; // such as a script that is not there, or that may not be loaded
      broken();
    };
    return worker.port;
  });
  const own = defaultTransport(systemClock);
  return (url, events, token) => (isBroken ? own : shared)(url, events, token);
}

/** @param openPort a port of its own for each connection; it calls back where nobody is at the other end */
export function portTransport(openPort: (broken: () => void) => Port): OpenTransport {
  return (url, events, token) => {
    const port = openPort(() => lost(CONNECTION_LOST, "The shared worker does not start"));
    const close = () => {
      removeEventListener("pagehide", hidden);
      port.onmessage = null;
      port.postMessage({ close: true });
      port.close();
    };
    const lost = (code: number, reason: string) => {
      close();
      events.closed(code, reason);
    };
    // The worker is not told when a tab is gone. A page that comes back from the cache connects again.
    const hidden = () => lost(CONNECTION_LOST, "The page was left");
    addEventListener("pagehide", hidden);
    port.onmessage = ({ data }: { data: FromWorker }) => {
      if (typeof data === "string") events.received(data);
      else if ("opened" in data) events.opened();
      else lost(data.closed.code, data.closed.reason);
    };
    port.postMessage({ open: url, token });
    return { send: (text) => port.postMessage(text), close };
  };
}

type SharedWorkerConstructor = new (
  script: string | URL,
  options: { type: "module"; name: string },
) => { readonly port: Port; onerror: (() => void) | null };
