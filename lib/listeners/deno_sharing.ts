/**
 * Lets several servers of this process listen on one socket, so that another one accepts before the first one stops: no connection
 * is refused in between, and to other programs the port is taken as ever.
 *
 * The runtime can do that for servers that it balances over threads: it reads the property `loadBalanced` of what it is told to
 * listen by. `Deno.serve` hands none on for TLS, so all objects have it while a server begins to listen. A runtime that
 * reads it no more listens on a socket of its own, which is refused where another server has the port.
 */

const SHARED = "loadBalanced";

/** Begins to listen on the socket of the servers of this process that have the same address, if there are any. */
export function listenShared<Server>(listen: () => Server): Server {
  Object.defineProperty(Object.prototype, SHARED, { value: true, configurable: true });
  try {
    return listen();
  } finally {
    Reflect.deleteProperty(Object.prototype, SHARED);
  }
}

/** The port, or a free one for 0. Throws where somebody listens there, another server of this process too: it would be shared. */
export function requireFree(hostname: string, port: number): number {
  using listener = Deno.listen({ hostname, port });
  return listener.addr.port;
}
