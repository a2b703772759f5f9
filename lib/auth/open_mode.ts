/** Open mode, in which clients are believed, is for trying out: on this machine alone, unless it is asked for. */
import { getLogger } from "@logtape/logtape";
import { type Config, ConfigError } from "../config.ts";
import { isLoopback, whyFromOutside } from "../http/local_caller.ts";

const log = getLogger(["notifyli", "auth"]);

type OpenConfig = Pick<Config, "host" | "tokens" | "isOpen">;

/** Throws where a server would let anyone in from elsewhere, and nobody said that it should. */
export function requireClosedOrLocal(
  { host, tokens, isOpen }: OpenConfig,
): void {
  if (tokens !== undefined || isOpen || host === "localhost" || isLoopback(host)) return;
  throw new ConfigError(
    `Cannot listen on ${host} in open mode, where anyone is who they say: set APP_KEY so that ` +
      "clients need a token (docs/auth.md), or APP_OPEN=true if anyone may be anyone",
  );
}

/** Keeps clients from elsewhere out of an open server that nobody meant for them, such as behind a proxy. */
export class OpenModeGuard {
  readonly #host: string;
  readonly #isGuarded: boolean;
  #isLogged = false;

  constructor({ host, tokens, isOpen }: OpenConfig) {
    this.#host = host;
    this.#isGuarded = tokens === undefined && !isOpen;
  }

  /** Why the client that asks to connect is not let in; `undefined` where it is. */
  refusal(request: Request): string | undefined {
    if (!this.#isGuarded) return undefined;
    const why = whyFromOutside(request, { doing: "connect", host: this.#host });
    if (why === undefined) return undefined;
    const refusal = `${why}. This server is open: set APP_KEY so that clients need a token, ` +
      "or APP_OPEN=true if anyone may be anyone";
    // The page only sees that it cannot connect; whoever runs the server is told, once.
    if (!this.#isLogged) log.warn("{refusal} (docs/auth.md)", { refusal });
    this.#isLogged = true;
    return refusal;
  }
}
