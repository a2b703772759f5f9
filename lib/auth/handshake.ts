/** Finds the token that a request brings, and who it is for, or has an application asked who comes. Next: `connection_auth.ts`. */
import { CodedError } from "../base/errors.ts";
import { isOwnPage } from "../net/origin.ts";
import type { Identity } from "../core/identity.ts";
import type { Revocations } from "./revocations/revocations.ts";
import type { TokenVerifier } from "./tokens.ts";

/** Stands before the token among the subprotocols that a browser offers, since a browser can set no header. */
const SUBPROTOCOL_PREFIX = "notifyli.token.";

const COOKIE = "notifyli_token";

const IN_QUERY = ["token", "access_token"];

/** What tokens are checked with. */
export interface TokenCheck {
  /** Verifies tokens; absent where there are none, so that none is looked for. */
  readonly tokens: TokenVerifier | undefined;
  readonly revocations: Revocations;
  /** Whether clients are believed about who they are. */
  readonly isOpen: boolean;
  /** Whether an application is asked who clients are. */
  readonly asksWho: boolean;
  /** Asks who sends a request that has no token; `undefined` where it has nothing that can be asked about. */
  identifyHandshake(request: Request, address: string): Promise<Identity | undefined>;
  /** Counts a refused token, and logs why it was refused. */
  noteRefused(error: unknown): void;
}

/**
 * Finds out who sends a request, by its token, or else by what an application is asked about; `undefined` where the request
 * brings nothing of that. Rejects with a `CodedError` where that is refused.
 *
 * @param address the client's
 */
export async function identifyRequest(
  request: Request,
  check: TokenCheck,
  address: () => string,
): Promise<Identity | undefined> {
  const { tokens, revocations, asksWho } = check;
  if (tokens === undefined && !asksWho) return undefined;
  const identity = (tokens && await identifyToken(request, tokens)) ??
    (asksWho ? await check.identifyHandshake(request, address()) : undefined);
  // This gives a clear answer; it is checked again when the connection is accepted.
  if (identity !== undefined) revocations.require(identity);
  return identity;
}

async function identifyToken(
  request: Request,
  tokens: TokenVerifier,
): Promise<Identity | undefined> {
  const { searchParams } = new URL(request.url);
  const inQuery = IN_QUERY.find((name) => searchParams.has(name));
  if (inQuery !== undefined) {
    throw new CodedError(
      "invalid_token",
      `Cannot take a token from the URL ('${inQuery}'), which is kept in logs: send it as ` +
        "'Authorization: Bearer', as a subprotocol, as a cookie or in the first frame",
    );
  }
  const token = bearer(request) ?? subprotocol(request) ?? cookie(request);
  return token === undefined ? undefined : await tokens.connection(token);
}

function bearer({ headers }: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function subprotocol({ headers }: Request): string | undefined {
  const offered = headers.get("sec-websocket-protocol")?.split(",") ?? [];
  return offered.map((each) => each.trim()).find((each) => each.startsWith(SUBPROTOCOL_PREFIX))
    ?.slice(SUBPROTOCOL_PREFIX.length);
}

/** The token in the cookie, only if the server's own page asks: browsers send cookies for pages of other sites, too. */
function cookie(request: Request): string | undefined {
  if (!isOwnPage(request)) return undefined;
  for (const each of request.headers.get("cookie")?.split(";") ?? []) {
    const [name, ...value] = each.split("=");
    if (name?.trim() === COOKIE) return value.join("=").trim();
  }
  return undefined;
}
