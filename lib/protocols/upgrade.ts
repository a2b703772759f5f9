/** Decides on an upgrade to a WebSocket: its path, origin, token and dialect. Next: `core/node.ts`, `accept`. */
import { identifyRequest, type TokenCheck } from "../auth/handshake.ts";
import { CodedError, ERRORS } from "../base/errors.ts";
import type { Protocol } from "../core/connection.ts";
import type { Identity } from "../core/identity.ts";
import type { Node } from "../core/node.ts";
import type { Accepted } from "../core/socket.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import { type ProtocolV1, SUBPROTOCOL_V1 } from "./v1/v1.ts";
import { SUBPROTOCOL_V2 } from "./v2/v2.ts";

export interface UpgradeParts {
  readonly node: Node;
  readonly check: TokenCheck;
  /** Sites besides the server's own whose pages may connect. */
  readonly origins: AllowedOrigins;
  readonly v1: ProtocolV1;
  readonly v2: Protocol;
}

/** Resolves with a `Response` where the upgrade is refused. */
export async function upgrade(
  request: Request,
  { node, check, origins, v1, v2 }: UpgradeParts,
): Promise<Response | Accepted> {
  const url = new URL(request.url);
  if (url.pathname !== "/ws") {
    return Response.json({
      code: "not_found",
      message: `There is no WebSocket at ${url.pathname}: it is at /ws`,
    }, { status: 404 });
  }
  if (!isAllowedOrigin(request, origins)) {
    return Response.json({ code: "forbidden", message: refusedOrigin(request) }, { status: 403 });
  }
  let identity: Identity | undefined;
  try {
    identity = await identifyRequest(request, check);
  } catch (error) {
    check.noteRefused(error);
    return refuseToken(error, node);
  }
  const offered = request.headers.get("sec-websocket-protocol")?.split(",")
    .map((name) => name.trim()) ?? [];
  if (offered.includes(SUBPROTOCOL_V2)) {
    return { subprotocol: SUBPROTOCOL_V2, open: (socket) => node.accept(socket, v2, identity) };
  }
  return {
    // A browser that offers its token offers the name of the protocol beside it, and needs that to be chosen.
    ...(offered.includes(SUBPROTOCOL_V1) ? { subprotocol: SUBPROTOCOL_V1 } : {}),
    open(socket) {
      const connection = node.accept(socket, v1, identity);
      v1.joinAtOnce(connection, url.searchParams);
      return connection;
    },
  };
}

/** Answers in place of the upgrade, so that a program can see why. A browser sees only that the upgrade failed. */
function refuseToken(error: unknown, { refusals }: Node): Response {
  const { code, message } = error instanceof CodedError
    ? error
    : new CodedError("internal", "The server failed on this request");
  refusals.note(code);
  const headers = { "www-authenticate": "Bearer" };
  return Response.json({ code, message }, { status: ERRORS[code].status, headers });
}
