/** Says in words of the settings why a server cannot start. */
import { reasonOf } from "./reason.ts";

/** Where the server was to listen. */
interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export function startFailure(error: unknown, { host, port }: ListenAddress): string {
  const reason = reasonOf(error);
  if (error instanceof Deno.errors.AddrInUse || /EADDRINUSE/.test(reason)) {
    return `address ${host}:${port} is in use (APP_HOST, APP_PORT)`;
  }
  // `node:http` on Deno calls such an address an invalid argument.
  if (error instanceof Deno.errors.AddrNotAvailable || /EADDRNOTAVAIL|listen EINVAL/.test(reason)) {
    return `address ${host} is not one of this machine (APP_HOST)`;
  }
  if (/lookup|ENOTFOUND|EAI_AGAIN/.test(reason)) {
    return `Cannot use APP_HOST: current value is ${
      JSON.stringify(host)
    }, which is no address (${reason})`;
  }
  return reason;
}

/** The error itself, or one that says the same in words of the settings. */
export function startError(error: unknown, address: ListenAddress): unknown {
  const reason = startFailure(error, address);
  return reason === reasonOf(error)
    ? error
    : new Error(`Cannot start: ${reason}`, { cause: error });
}
