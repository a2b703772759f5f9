/**
 * `Deno.serve` as a door. A server of the runtime stops accepting with the first connection that the system refuses it,
 * and its connections live on. Another server then listens at the same address, so there may be several, of which the
 * last accepts.
 */
import { reasonOf } from "../base/reason.ts";
import type { Door } from "./accepting.ts";
import type { Address } from "./knock.ts";

/** Begins to listen. The server adds its sockets to `open`. */
type Serve = (port: number, open: OpenSockets) => Deno.HttpServer<Deno.NetAddr>;

export class DenoDoor implements Door {
  readonly #serve: Serve;
  readonly #servers = new Set<DenoServer>();

  constructor(serve: Serve) {
    this.#serve = serve;
  }

  open(port: number, lost: (reason: string) => void): Promise<Address> {
    const open = new OpenSockets();
    const http = this.#serve(port, open);
    const server: DenoServer = { http, open };
    this.#servers.add(server);
    const ended = (reason: string) => {
      if (open.stopping) return;
      // Only a shutdown ends its idle connections, but it closes every socket, too: so it waits for the last of these.
      open.onceEmpty(() => void this.#retire(server));
      lost(reason);
    };
    http.finished.then(() => ended("Deno.serve has ended"), (error) => ended(bareReasonOf(error)));
    return Promise.resolve({ host: http.addr.hostname, port: http.addr.port });
  }

  async shutdown(answered: Promise<unknown>): Promise<void> {
    await Promise.all([...this.#servers].map(async ({ http, open }) => {
      // The runtime's shutdown would close the sockets with a code of its own and cut off bodies that are still coming, so
      // it waits until there are none.
      await Promise.all([open.stop(), answered]);
      await http.shutdown();
    }));
  }

  async #retire(server: DenoServer): Promise<void> {
    await server.http.shutdown().catch(() => {}); // it may have ended already
    this.#servers.delete(server);
  }
}

interface DenoServer {
  readonly http: Deno.HttpServer<Deno.NetAddr>;
  readonly open: OpenSockets;
}

/** The sockets that are open, so that a stop can wait for the last of them. */
export class OpenSockets {
  readonly #sockets = new Set<WebSocket>();
  readonly #empty = Promise.withResolvers<void>();
  #onceEmpty: (() => void) | undefined;
  stopping = false;

  add(socket: WebSocket): void {
    this.#sockets.add(socket);
  }

  delete(socket: WebSocket): void {
    this.#sockets.delete(socket);
    this.#look();
  }

  /** Takes no more; resolves when none is open. */
  stop(): Promise<void> {
    this.stopping = true;
    this.#look();
    return this.#empty.promise;
  }

  /** Calls `act` when none is open, now or later. */
  onceEmpty(act: () => void): void {
    this.#onceEmpty = act;
    this.#look();
  }

  #look(): void {
    if (this.#sockets.size > 0) return;
    if (this.stopping) this.#empty.resolve();
    this.#onceEmpty?.();
    this.#onceEmpty = undefined;
  }
}

/** The reason alone: some of Deno's messages begin with the class of the error. */
function bareReasonOf(error: unknown): string {
  return reasonOf(error).replace(/^Error: /, "");
}
