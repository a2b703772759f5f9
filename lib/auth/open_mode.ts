/** Open mode, in which clients are believed, is for trying out: on this machine alone, unless it is asked for. */
import { type Config, ConfigError } from "../config.ts";
import { isLoopback } from "../http/local_caller.ts";

/** Throws where a server would let anyone in from elsewhere, and nobody said that it should. */
export function requireClosedOrLocal(
  { host, tokens, isOpen }: Pick<Config, "host" | "tokens" | "isOpen">,
): void {
  if (tokens !== undefined || isOpen || host === "localhost" || isLoopback(host)) return;
  throw new ConfigError(
    `Cannot listen on ${host} in open mode, where anyone is who they say: set APP_KEY so that ` +
      "clients need a token (docs/auth.md), or APP_OPEN=true if anyone may be anyone",
  );
}
