/** Decides on an upgrade to a WebSocket: which path, origin, token and subprotocol. Next: `core/node.ts`, `accept`. */
import { identifyRequest } from "../auth/handshake.ts";
import type { Identity } from "../auth/identity.ts";
import type { Config } from "../config/config.ts";
import type { Protocol } from "../core/connection.ts";
import { CodedError, ERRORS } from "../base/errors.ts";
import type { Node } from "../core/node.ts";
import { isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import { joinAtOnce, PROTOCOL_V1, SUBPROTOCOL_V1 } from "./v1/v1.ts";
import { SUBPROTOCOL_V2 } from "./v2/v2.ts";
import type { Accepted } from "../core/socket.ts";

export async function upgrade(
  request: Request,
  node: Node,
  { config, v2 }: { config: Config; v2: Protocol },
): Promise<Response | Accepted> {
  const url = new URL(request.url);
  if (url.pathname !== "/ws") {
    return Response.json({
      code: "not_found",
      message: `There is no WebSocket at ${url.pathname}: it is at /ws`,
    }, { status: 404 });
  }
  if (!isAllowedOrigin(request, config.origins)) {
    return Response.json({ code: "forbidden", message: refusedOrigin(request) }, { status: 403 });
  }
  let identity: Identity | undefined;
  try {
    identity = await identifyRequest(request, node);
  } catch (error) {
    return refuseToken(error, node);
  }
  const offered = request.headers.get("sec-websocket-protocol")?.split(",")
    .map((name) => name.trim()) ?? [];
  if (offered.includes(SUBPROTOCOL_V2)) {
    return { subprotocol: SUBPROTOCOL_V2, open: (socket) => node.accept(socket, v2, identity) };
  }
  return {
    // A browser that offers its token needs a name to be chosen beside it.
    ...(offered.includes(SUBPROTOCOL_V1) ? { subprotocol: SUBPROTOCOL_V1 } : {}),
    open(socket) {
      const client = node.accept(socket, PROTOCOL_V1, identity);
      joinAtOnce(client, url.searchParams);
      return client;
    },
  };
}

/** Answers in place of the upgrade, so that a program can tell why; a browser only sees that it failed. */
function refuseToken(error: unknown, node: Node): Response {
  node.noteRefusedToken(error);
  const { code, message } = error instanceof CodedError
    ? error
    : new CodedError("internal", "The server failed on this request");
  node.noteRefused(code);
  const headers = { "www-authenticate": "Bearer" };
  return Response.json({ code, message }, { status: ERRORS[code].status, headers });
}
