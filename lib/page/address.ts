/** The server's own address: the page lies right in it, also where a proxy gives the server a path, as in `/realtime/`. */

/** Ends with a slash, so that the server's paths can follow. */
export function serverAddress(): string {
  return new URL(".", location.href).href;
}
