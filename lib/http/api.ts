/** The HTTP API for other systems: send a notification or take it back, and ask who is connected. */
import { Hono, type Next } from "hono";
import type { ApiKeys } from "../auth/keys/api_keys.ts";
import { Audit } from "../auth/audit.ts";
import type { Operator } from "../auth/operator.ts";
import type { Config } from "../config/config.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { CodedError } from "../base/errors.ts";
import { type Fields, identifier, parseObject, userIdField, userIdOnWire } from "../base/fields.ts";
import type { InboxService } from "../inbox/inbox.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import { PublishLimit } from "../limits/publish_limit.ts";
import type { Node } from "../core/node.ts";
import type { TokenCheck } from "../auth/handshake.ts";
import type { Notifier } from "../inbox/notify.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { parseNotification, timeOfText } from "../inbox/notification.ts";
import {
  type ApiApp,
  type ApiContext,
  type ApiEnv,
  identifyCaller,
  requireScope,
} from "./caller.ts";
import { accessRoutes } from "../auth/revocations/routes.ts";
import { apiKeyRoutes } from "../auth/keys/routes.ts";
import { API_SCOPES } from "./api_scopes.ts";
import { readBody } from "./body.ts";

export interface ApiParts {
  readonly node: Node;
  readonly check: TokenCheck;
  readonly rooms: Rooms;
  readonly notifier: Notifier;
  readonly inbox: InboxService;
  readonly apiKeys: ApiKeys;
  readonly operator: Operator;
  readonly gate: ConnectionGate;
}

export function apiRoutes(
  { node, check, rooms, notifier, inbox, apiKeys, operator, gate }: ApiParts,
  config: Config,
): ApiApp {
  const api: ApiApp = new Hono<ApiEnv>();
  const { limits, bot, requestSeconds } = config;
  const publishing = new PublishLimit(config.rates.publishes);
  const audit = new Audit();
  const parts = { keys: apiKeys, operator, audit, counters: node.counters, gate };

  api.use(identifyCaller(parts, config));
  for (const [method, path, scope] of API_SCOPES) api.on(method, path, requireScope(scope, parts));
  api.use(requireReadablePath);
  api.route("/keys", apiKeyRoutes(apiKeys, audit, config));
  api.route("/", accessRoutes(check.revocations, audit, config));

  api.post("/notifications", async (context) => {
    const fields = parseObject(
      await readBody(context.req.raw, limits.frame, requestSeconds),
      "body",
    );
    return await send(
      context,
      parseNotification({ ...fields, ...callersId(context) }, { limits, defaultRoom: bot.room }),
    );
  });

  api.get("/notifications/:id", async (context) => {
    const { id } = context.req.param();
    const receipt = await inbox.receipt(siteOf(context), id);
    if (receipt !== undefined) return context.json(receipt);
    throw unknownNotification(id);
  });

  api.delete("/notifications/:id", async (context) => {
    const { id } = context.req.param();
    if (await inbox.withdraw(siteOf(context), id)) return context.body(null, 204);
    throw unknownNotification(id);
  });

  api.post("/users/:user/notifications", async (context) => {
    const user = context.req.param("user");
    const fields = await readNotification(context, limits.frame, requestSeconds);
    return await send(
      context,
      parseNotification({ ...fields, ...callersId(context), user_id: user }, {
        limits,
        defaultRoom: `/user/${user}`,
      }),
    );
  });

  api.get("/rooms/:room/connections", async (context) => {
    const room = identifier(context.req.param(), "room", limits.room);
    return context.json({ room, connections: await rooms.connections(siteOf(context), room) });
  });

  api.get("/rooms/:room/connections/:user", async (context) => {
    const { user } = context.req.param();
    const room = identifier(context.req.param(), "room", limits.room);
    const id = userIdField({ user_id: user }, limits);
    const connection = await rooms.connection(siteOf(context), room, id);
    if (connection !== undefined) return context.json(connection);
    throw new CodedError(
      "not_found",
      `User ${JSON.stringify(user)} is not in room ${JSON.stringify(room)}`,
    );
  });

  api.get("/stats", (context) => {
    if (siteOf(context) === DEFAULT_SITE) {
      return context.json({ clients_limit: gate.limit, ...node.stats() });
    }
    throw new CodedError("forbidden", `Cannot show the counters of all sites to one of them`);
  });

  async function send(
    context: ApiContext,
    notification: ReturnType<typeof parseNotification>,
  ): Promise<Response> {
    const { who } = context.get("caller");
    publishing.limitPublish(who === "local" ? context.env.peer.address : who);
    const { id, online, isDuplicate, deliverAt } = await notifier.notify({
      site: siteOf(context),
      ...notification,
      asksOnline: true,
    });
    const { user, room } = notification;
    const answer = { id, user_id: userIdOnWire(user), room };
    return context.json(
      // Who is online now says nothing of later.
      deliverAt === undefined ? { ...answer, online } : { ...answer, deliver_at: deliverAt },
      isDuplicate ? 200 : 201, // the same answer as the first time, but nothing was created
    );
  }

  return api;
}

/** What a caller reaches is of its own site. */
function siteOf(context: ApiContext): string {
  return context.get("caller").site;
}

/** Else a path that is no UTF-8 would name a room by its raw text. */
function requireReadablePath(context: ApiContext, next: Next): Promise<void> {
  if (!context.req.url.includes("%")) return next();
  const { pathname } = new URL(context.req.url);
  try {
    decodeURIComponent(pathname);
  } catch {
    throw new CodedError(
      "not_found",
      `There is nothing at ${pathname}: it is not percent-encoded UTF-8`,
    );
  }
  return next();
}

/** JSON where the body says it is; else the whole body is the message, as `curl -d` sends it. */
async function readNotification(
  context: ApiContext,
  limit: number,
  seconds: number,
): Promise<Fields> {
  const body = await readBody(context.req.raw, limit, seconds);
  const isJson = context.req.header("content-type")?.includes("application/json");
  const fields = isJson ? parseObject(body, "body") : { message: body };
  return {
    ...fields,
    ...given("room", context.req.query("room") ?? header(context, "x-room")),
    ...given("from", context.req.query("from") ?? header(context, "x-from")),
    ...givenTime("deliver_at", context.req.query("deliver_at") ?? header(context, "x-deliver-at")),
  };
}

/** A header as UTF-8, as curl sends it; the runtime reads headers as Latin-1. */
function header(context: ApiContext, name: string): string | undefined {
  const value = context.req.header(name);
  if (value === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value; // it was Latin-1
  }
}

/** `Idempotency-Key`: an id of the caller's own; as `id` in JSON. */
function callersId(context: ApiContext): Fields {
  return given("id", context.req.header("idempotency-key"));
}

function given(name: string, value: string | undefined): Fields {
  return value === undefined ? {} : { [name]: value };
}

function givenTime(name: string, value: string | undefined): Fields {
  return value === undefined ? {} : { [name]: timeOfText(value) };
}

function unknownNotification(id: string): CodedError {
  return new CodedError("not_found", `There is no notification ${JSON.stringify(id)}`);
}
