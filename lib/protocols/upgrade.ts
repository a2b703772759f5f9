/** Decides on an upgrade to a WebSocket: its path, origin, token and protocol. Next: `core/node.ts`, `accept`. */
import { identifyRequest, type TokenCheck } from "../auth/handshake.ts";
import { CodedError, type ErrorCode, ERRORS } from "../base/errors.ts";
import { requestId } from "../base/request_id.ts";
import type { Protocol } from "../core/connection.ts";
import type { Identity } from "../core/identity.ts";
import type { Node } from "../core/node.ts";
import type { Accepted } from "../core/socket.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import { CHAT_IN_QUERY, type ChatProtocol, SUBPROTOCOL_CHAT } from "./chat/chat.ts";
import { type ProtocolV1, SUBPROTOCOL_V1 } from "./v1/v1.ts";
import { SUBPROTOCOL_V2 } from "./v2/v2.ts";

/** Where WebSockets are; `/` is for clients of servers that look at no path. */
const PATHS: ReadonlySet<string> = new Set(["/ws", "/"]);

/** Most characters of a path in the log. */
const MAX_PATH = 200;

export interface UpgradeParts {
  readonly node: Node;
  readonly check: TokenCheck;
  /** Sites besides the server's own whose pages may connect. */
  readonly origins: AllowedOrigins;
  readonly v1: ProtocolV1;
  readonly v2: Protocol;
  readonly chat: ChatProtocol;
  /** The path of a request, without what proxies leave around it. */
  pathOf(request: Request): string;
}

/**
 * Resolves with a `Response` where the upgrade is refused.
 *
 * @param addressOf says what the client's address is
 */
export async function upgrade(
  request: Request,
  parts: UpgradeParts,
  addressOf: () => string,
): Promise<Response | Accepted> {
  const beganAt = performance.now();
  const accepted = await decide(request, parts, addressOf);
  if (accepted instanceof Response) return accepted;
  const { handshakes } = parts.node.figures;
  return {
    ...accepted,
    open(socket) {
      handshakes.observe((performance.now() - beganAt) / 1000);
      return accepted.open(socket);
    },
  };
}

async function decide(
  request: Request,
  parts: UpgradeParts,
  addressOf: () => string,
): Promise<Response | Accepted> {
  const { node, check, origins } = parts;
  const path = parts.pathOf(request);
  if (!PATHS.has(path)) return refusePath(path, node);
  if (!isAllowedOrigin(request, origins)) return refusePage(request, node);
  let identity: Identity | undefined;
  try {
    identity = await identifyRequest(request, check, addressOf);
  } catch (error) {
    check.noteRefused(error);
    return refuseToken(error, node);
  }
  const offered = request.headers.get("sec-websocket-protocol")?.split(",")
    .map((name) => name.trim()) ?? [];
  const comer = { identity, address: addressOf(), request: requestId() };
  if (offered.includes(SUBPROTOCOL_V2)) return acceptV2(parts, comer);
  const wish = { query: new URL(request.url).searchParams, offered };
  return wantsChat(wish) ? acceptChat(parts, comer, wish) : acceptV1(parts, comer, wish);
}

/** How a client says which protocol it speaks. */
interface Wish {
  readonly query: URLSearchParams;
  readonly offered: readonly string[];
}

function wantsChat({ query, offered }: Wish): boolean {
  return offered.includes(SUBPROTOCOL_CHAT) ||
    !offered.includes(SUBPROTOCOL_V1) && query.get("protocol") === CHAT_IN_QUERY;
}

/** Who asks for an upgrade. */
interface Comer {
  readonly identity: Identity | undefined;
  /** Absent where nobody asks for it. */
  readonly address: string | undefined;
  /** The id of the request. */
  readonly request: string | undefined;
}

function acceptV2({ node, v2 }: UpgradeParts, { identity, address, request }: Comer): Accepted {
  return {
    subprotocol: SUBPROTOCOL_V2,
    open: (socket) => node.accept(socket, v2, identity, address, request),
  };
}

function acceptChat(
  { node, chat }: UpgradeParts,
  { identity, address, request }: Comer,
  { offered }: Wish,
): Accepted {
  return {
    ...(offered.includes(SUBPROTOCOL_CHAT) ? { subprotocol: SUBPROTOCOL_CHAT } : {}),
    open(socket) {
      const connection = node.accept(socket, chat, identity, address, request);
      chat.beginAtOnce(connection);
      return connection;
    },
  };
}

function acceptV1(
  { node, v1 }: UpgradeParts,
  { identity, address, request }: Comer,
  { query, offered }: Wish,
): Accepted {
  return {
    // A browser that offers its token offers the name of the protocol beside it, and needs that to be chosen.
    ...(offered.includes(SUBPROTOCOL_V1) ? { subprotocol: SUBPROTOCOL_V1 } : {}),
    open(socket) {
      const connection = node.accept(socket, v1, identity, address, request);
      v1.joinAtOnce(connection, query);
      return connection;
    },
  };
}

function refusePath(path: string, { refusals }: Node): Response {
  const shown = path.slice(0, MAX_PATH);
  refusals.log.note(`path ${shown}`, "a WebSocket at {path} was refused: it is at /ws", {
    path: shown,
  });
  return refuse("not_found", `There is no WebSocket at ${path}: it is at /ws`);
}

function refusePage(request: Request, { refusals }: Node): Response {
  const refusal = refusedOrigin(request);
  refusals.log.notePage(refusal);
  return refuse("forbidden", refusal);
}

function refuse(code: ErrorCode, message: string): Response {
  return Response.json({ code, message }, { status: ERRORS[code].status });
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
