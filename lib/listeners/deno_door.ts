/**
 * `Deno.serve` as a door. A server of the runtime stops accepting with the first connection that the system refuses it,
 * and its connections live on. Another server then listens at the same address, so there may be several, of which the
 * last accepts.
 *
 * A server shows one certificate for good, so another one takes its place for the next one, on the same socket. The runtime
 * cannot have the one before stop accepting without closing its WebSockets, so it stays while there are some. Of connections
 * that come, the last server takes the first 128 that wait; those before it get one only where more come at once, or in the same
 * moment.
 */
import { X509Certificate } from "node:crypto";
import { DISCONNECTS } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { Door } from "./accepting.ts";
import { listenShared, requireFree } from "./deno_sharing.ts";
import type { Address } from "./knock.ts";
import type { Pair } from "./listener.ts";

/** Begins to listen. The server adds its sockets and requests to `open`. */
type Serve = (port: number, open: OpenSockets, tls?: Pair) => Deno.HttpServer<Deno.NetAddr>;

interface DenoDoorOptions {
  readonly host: string;
  readonly tls?: Pair | undefined;
}

/** How often a server that another one has taken the place of is looked at. */
const LOOK_MS = 5000;
/** It ends when it had no socket and no request for so long: clients that keep a connection for the next request have ended it by then. */
const QUIET_MS = 60_000;
/** It ends so long before its certificate does, whoever is there. */
const BEFORE_END_MS = 3_600_000;
/** How often another port is tried where any will do. */
const TRIES = 5;

export class DenoDoor implements Door {
  readonly #serve: Serve;
  readonly #host: string;
  readonly #servers = new Set<DenoServer>();
  /** What clients are shown; absent without TLS. */
  #pair: Pair | undefined;
  /** The last one that began to listen. */
  #last: DenoServer | undefined;
  #lost: (reason: string) => void = () => {};

  constructor(serve: Serve, { host, tls }: DenoDoorOptions) {
    this.#serve = serve;
    this.#host = host;
    this.#pair = tls;
  }

  open(port: number, lost: (reason: string) => void): Promise<Address> {
    this.#lost = lost;
    const { hostname, port: taken } = this.#begin(port).addr;
    return Promise.resolve({ host: hostname, port: taken });
  }

  renewCertificate(pair: Pair): boolean {
    const before = this.#last;
    if (this.#pair === undefined || before === undefined) return false;
    if (before.isAccepting) {
      try {
        this.#listen(before.http.addr.port, pair);
      } catch (error) {
        if (error instanceof Deno.errors.AddrInUse) return false;
        throw error;
      }
      this.#replace(before, this.#pair);
    }
    this.#pair = pair;
    return true;
  }

  async shutdown(answered: Promise<unknown>): Promise<void> {
    await Promise.all([...this.#servers].map(async ({ http, open, looking }) => {
      clearInterval(looking);
      // The runtime's shutdown would close the sockets with a code of its own and cut off bodies that are still coming, so
      // it waits until there are none.
      await Promise.all([open.stop(), answered]);
      await http.shutdown();
    }));
  }

  /** Begins to listen, where nobody else does. */
  #begin(port: number): Deno.HttpServer<Deno.NetAddr> {
    if (this.#pair === undefined) return this.#listen(port);
    for (let left = TRIES;; left--) {
      const isOurs = [...this.#servers].some(({ isAccepting }) => isAccepting);
      const free = isOurs ? port : requireFree(this.#host, port);
      try {
        return this.#listen(free, this.#pair);
      } catch (error) {
        const isTaken = error instanceof Deno.errors.AddrInUse; // by another program, since it was looked at
        if (!isTaken || port !== 0 || left === 1) throw error;
      }
    }
  }

  #listen(port: number, tls?: Pair): Deno.HttpServer<Deno.NetAddr> {
    const open = new OpenSockets();
    const serve = () => this.#serve(port, open, tls);
    const http = tls === undefined ? serve() : listenShared(serve);
    const server: DenoServer = { http, open, isAccepting: true };
    this.#servers.add(server);
    this.#last = server;
    const ended = (reason: string) => {
      server.isAccepting = false;
      if (open.stopping) return;
      // Only a shutdown ends its idle connections, but it closes every socket, too: so it waits for the last of these.
      open.onceEmpty(() => void this.#retire(server));
      if (server === this.#last) this.#lost(reason);
    };
    http.finished.then(() => ended("Deno.serve has ended"), (error) => ended(bareReasonOf(error)));
    return http;
  }

  /** Another server accepts in its place: it ends once nobody needs it, and before its certificate ends. */
  #replace(server: DenoServer, pair: Pair): void {
    const lastsUntil = endOf(pair) - BEFORE_END_MS;
    server.looking = setInterval(() => {
      if (server.open.quietMs >= QUIET_MS) return void this.#retire(server);
      if (Date.now() < lastsUntil) return;
      server.open.tellToGo();
      void this.#retire(server);
    }, LOOK_MS);
  }

  async #retire(server: DenoServer): Promise<void> {
    clearInterval(server.looking);
    await server.http.shutdown().catch(() => {}); // it may have ended already
    this.#servers.delete(server);
  }
}

/** When a certificate ends; never, where it cannot be read here. */
function endOf({ cert }: Pair): number {
  try {
    return new X509Certificate(cert).validToDate.getTime();
  } catch {
    return Infinity;
  }
}

interface DenoServer {
  readonly http: Deno.HttpServer<Deno.NetAddr>;
  readonly open: OpenSockets;
  isAccepting: boolean;
  /** Looks whether it may end, once another server has taken its place. */
  looking?: ReturnType<typeof setInterval>;
}

/** The sockets that are open, so that a stop can wait for the last of them. */
export class OpenSockets {
  readonly #sockets = new Set<WebSocket>();
  readonly #empty = Promise.withResolvers<void>();
  #onceEmpty: (() => void) | undefined;
  /** Requests that are not answered; they are counted where another server may take this one's place. */
  #requests = 0;
  /** When the last of all this was over. */
  #quietAt = performance.now();
  stopping = false;

  add(socket: WebSocket): void {
    this.#sockets.add(socket);
  }

  delete(socket: WebSocket): void {
    this.#sockets.delete(socket);
    this.#quietAt = performance.now();
    this.#look();
  }

  /** Counts a request. @param answered settles when its answer is out */
  begin(answered: Promise<unknown>): void {
    this.#requests++;
    const over = () => {
      this.#requests--;
      this.#quietAt = performance.now();
    };
    answered.then(over, over);
  }

  /** For how long there has been neither a socket nor a request. */
  get quietMs(): number {
    const isQuiet = this.#sockets.size + this.#requests === 0;
    return isQuiet ? performance.now() - this.#quietAt : 0;
  }

  /** Tells all clients to come back. */
  tellToGo(): void {
    const { code, reason } = DISCONNECTS.shutdown;
    for (const socket of this.#sockets) socket.close(code, reason);
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
