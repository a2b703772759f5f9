/**
 * Server-Sent Events, for places where WebSockets do not pass: a connection of version 2, whose frames go down as events and
 * whose commands come up as POSTs. Where there is a query, the server introduces the client (`sse_plain.ts`), for
 * `EventSource` and `curl`.
 */
import { type Context, Hono, type Next } from "hono";
import { identifyRequest, type TokenCheck } from "../../auth/handshake.ts";
import type { Identity } from "../../core/identity.ts";
import { newGuest } from "../../auth/identity.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import type { InboxDelivery } from "../../inbox/delivery.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { randomBase64Url } from "../../base/ids.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { Limits } from "../../base/sizes.ts";
import { CodedError } from "../../base/errors.ts";
import type { InboxService } from "../../inbox/inbox.ts";
import type { ConnectionGate } from "../../limits/connection_gate.ts";
import type { Node } from "../../core/node.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../../net/origin.ts";
import type { App, Bindings } from "../../http/bindings.ts";
import { readBody } from "../../http/body.ts";
import { startPlain } from "./sse_plain.ts";
import { asksForStream, parsePlain } from "./sse_query.ts";
import { openSession, sendToSession } from "./session.ts";
import { SseSocket } from "./sse_socket.ts";

type SseContext = Context<{ Bindings: Bindings }>;

/** Keepalive intervals without a command after which a session that has to `ping` is closed. */
const SILENT_INTERVALS = 4;

/** 128 random bits, since whoever knows a session may send as its client. */
const SESSION_BYTES = 16;
const SESSION = /^[\w-]{22}$/;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no", // nginx would wait for more otherwise
  "connection": "close", // the TCP connection ends with its stream, so that a stop need not wait for it
};

export interface SseParts {
  readonly node: Node;
  readonly check: TokenCheck;
  readonly rooms: Rooms;
  readonly inbox: InboxService;
  readonly delivery: InboxDelivery;
  readonly gate: ConnectionGate;
  /** The dialect that streams speak: version 2. */
  readonly protocol: Protocol;
}

/** The part of the configuration that streams need. */
export interface SseConfig {
  readonly limits: Limits;
  readonly listeners: { readonly keepaliveSeconds: number; readonly requestSeconds: number };
  readonly net: { readonly origins: AllowedOrigins };
}

export function sseRoutes(parts: SseParts, config: SseConfig): App {
  const { node, check, rooms, inbox, delivery, gate, protocol } = parts;
  const routes: App = new Hono();
  const { limits, listeners: { keepaliveSeconds, requestSeconds } } = config;

  routes.use(requireAllowedOrigin(config.net.origins));

  routes.get("/", async (context) => {
    if (context.req.method === "HEAD") return context.body(null, 200, HEADERS);
    const proved = await identify(context.req.raw);
    const isPlain = asksForStream(context.req.raw);
    const identity = proved ?? (isPlain && rooms.access.takesGuests ? newGuest() : undefined);
    const isOpen = check.tokens === undefined;
    const plain = isPlain ? parsePlain(context.req.raw, { limits, identity, isOpen }) : undefined;
    const block = plain && check.revocations.blockOf(identity?.site ?? DEFAULT_SITE, plain.user);
    if (block !== undefined) throw block;
    const leave = gate.enter(context.req.raw, context.env.peer);
    const session = randomBase64Url(SESSION_BYTES);
    const socket: SseSocket = new SseSocket(context.env.peer, {
      keepaliveSeconds,
      positions: plain?.positions,
      alive() {
        if (plain === undefined) dropIfSilent(connection);
      },
      gone() {
        leave();
        connection.close();
      },
    });
    const connection = node.accept(socket, protocol, identity);
    connection.work(async () => {
      await openSession(node, connection, session);
      if (connection.closed) return;
      if (plain === undefined) socket.sendNamed("open", { session });
      else await startPlain(connection, plain, { session, inbox, delivery, rooms });
    });
    return context.body(socket.stream, 200, HEADERS);
  });

  // A page of another site asks first whether it may send its token.
  routes.options("/", (context) => {
    context.header("Access-Control-Allow-Headers", "authorization, last-event-id");
    context.header("Access-Control-Max-Age", "86400");
    return context.body(null, 204);
  });

  routes.post("/:session", async (context) => {
    const text = await readBody(context.req.raw, limits.frame, requestSeconds);
    const { session } = context.req.param();
    if (!SESSION.test(session) || !await sendToSession(node.broker, session, text)) {
      throw new CodedError("not_found", `There is no session ${JSON.stringify(session)}`);
    }
    return context.body(null, 202);
  });

  return routes;

  async function identify(request: Request): Promise<Identity | undefined> {
    try {
      return await identifyRequest(request, check);
    } catch (error) {
      check.noteRefused(error);
      throw error;
    }
  }

  function dropIfSilent(connection: Connection): void {
    const silentMs = performance.now() - connection.heardAt;
    if (silentMs > SILENT_INTERVALS * keepaliveSeconds * 1000) node.drops.silent(connection);
  }
}

/** Refuses pages of other sites, but for those that may connect: these may read the answers, too. */
function requireAllowedOrigin(origins: AllowedOrigins) {
  return async (context: SseContext, next: Next): Promise<void> => {
    const origin = context.req.header("origin");
    if (!isAllowedOrigin(context.req.raw, origins)) {
      throw new CodedError("forbidden", refusedOrigin(context.req.raw));
    }
    if (origin !== undefined) context.header("Access-Control-Allow-Origin", origin);
    context.header("Vary", "Origin");
    await next();
  };
}
