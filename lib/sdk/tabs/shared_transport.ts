/**
 * A transport over another: a SharedWorker that holds one connection for all tabs of a browser. This is the tab's end;
 * `shared_worker.ts` is the other.
 */
import { CONNECTION_LOST, type OpenTransport } from "../core/transport.ts";

/** What a tab tells the worker: where to connect, then texts for the server. */
export type FromTab =
  | { readonly open: string; readonly token: string | undefined }
  | { readonly close: true }
  | string;

/**
 * It is raised with each change of how tabs and worker work together: a worker of an older release lives on as long as
 * one of its tabs does, and browsers keep scripts.
 */
export const WORKER_VERSION = 4;

/** What the worker tells a tab: texts from the server, and how the connection is doing. */
export type FromWorker =
  | { readonly opened: number }
  | { readonly closed: { readonly code: number; readonly reason: string } }
  | string;

/** The part of a `MessagePort` that is used. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: FromTab | FromWorker): void;
  close(): void;
}

/**
 * Makes a transport to a worker; `undefined` where the runtime has no SharedWorker.
 *
 * @param script the address of the bundled `shared_worker.ts`, on the page's own origin
 * @param own carries each tab's own connection where no worker starts
 */
export function sharedTransportOver(
  script: string | URL,
  own: OpenTransport,
): OpenTransport | undefined {
  const { SharedWorker } = globalThis as { SharedWorker?: SharedWorkerConstructor };
  if (SharedWorker === undefined) return undefined;
  let isBroken = false;
  const shared = portTransport((broken) => {
    const name = `notifyli ${WORKER_VERSION}`;
    const worker = new SharedWorker(script, { type: "module", name });
    worker.onerror = broken; // such as a script that is not there, or that may not be loaded
    return worker.port;
  }, () => isBroken = true);
  return (url, events, token) => {
    if (isBroken) return own(url, events, token);
    try {
      return shared(url, events, token);
    } catch {
      isBroken = true; // such as a browser that keeps nothing of a site, or a script of another one
      return own(url, events, token);
    }
  };
}

/**
 * @param openPort opens a port of its own for each connection; it calls back where nobody is at the other end
 * @param onBroken is called then, and where the other end is of another release
 */
export function portTransport(
  openPort: (broken: () => void) => Port,
  onBroken = () => {},
): OpenTransport {
  return (url, events, token) => {
    const broken = (reason: string) => {
      onBroken();
      lost(CONNECTION_LOST, reason);
    };
    const port = openPort(() => broken("The shared worker does not start"));
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
      else if ("opened" in data) {
        if (data.opened === WORKER_VERSION) events.opened();
        else broken(`The shared worker is of another release: ${data.opened}`);
      } else lost(data.closed.code, data.closed.reason);
    };
    port.postMessage({ open: url, token });
    return { send: (text) => port.postMessage(text), close };
  };
}

type SharedWorkerConstructor = new (
  script: string | URL,
  options: { type: "module"; name: string },
) => { readonly port: Port; onerror: (() => void) | null };
