/**
 * Ports for servers that are started, ended and started anew on the same port.
 *
 * They lie below the range from which the system gives ports to connections that go out: a port of
 * that range, once its server is down, goes to any connection of a test that runs beside.
 */
const LOWEST = 10_000;
const BELOW = 32_768; // Linux' net.ipv4.ip_local_port_range begins here

/** A port that is free now, and that stays free with all likelihood until it is taken. */
export function freePort(): number {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (BELOW - LOWEST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
