/**
 * What is at `/admin`: the dashboard's page, its session, and the API for the holder of the session's key. `checks.ts` keeps
 * pages of other sites out; the API itself never takes a cookie.
 */
import { Hono } from "hono";
import type { ApiKeys } from "../../auth/keys/api_keys.ts";
import { CodedError } from "../../base/errors.ts";
import { parseObject } from "../../base/fields.ts";
import type { Doors } from "../../feature.ts";
import type { ApiContext, ApiEnv } from "../../http/api_context.ts";
import type { App } from "../../http/bindings.ts";
import { readBody } from "../../http/body.ts";
import { callerWith } from "../../http/caller.ts";
import { pageRoutes, STATIC } from "../../http/static.ts";
import { whyNotOwn } from "./checks.ts";
import { cookieFor, secretsOf } from "./cookie.ts";
import { type Holder, type HolderConfig, Holders } from "./holders.ts";
import type { Sessions } from "./sessions.ts";

const DASHBOARD = new URL("dashboard/", STATIC);

/** The page loads what is its own, and no page may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** A body with a key has no more. */
const MAX_BODY_BYTES = 4096;

const SIGNED_IN = { action: "session.begin", did: "signed in to", target: "the dashboard" };
const SIGNED_OUT = { action: "session.end", did: "signed out of", target: "the dashboard" };

export interface AdminParts extends Pick<Doors, "calls" | "apiBelow" | "whyNotOwnProgram"> {
  readonly keys: ApiKeys;
  readonly sessions: Sessions;
  /** Whether the server believes its clients. */
  readonly isOpen: boolean;
}

export interface AdminConfig extends HolderConfig {
  /** How long a body may take. */
  readonly bodySeconds: number;
}

export function adminMount(parts: AdminParts, config: AdminConfig): App {
  const { calls, keys, sessions } = parts;
  const holders = new Holders(parts, config);
  let api: App | undefined;
  const admin = new Hono<ApiEnv>();

  admin.get("/session", async (context) => {
    const holder = await holders.find(context.req.raw, context.env.peer);
    const isRefused = typeof holder === "string";
    context.header("Cache-Control", "no-store");
    return context.json(isRefused ? { session: null, reason: holder } : onWire(holder));
  });

  admin.post("/session", async (context) => {
    requireOwn(context);
    const key = await readKey(context, config.bodySeconds);
    const caller = await calls.holderOf(context, key);
    context.set("caller", caller);
    const { audit, actor } = calls.open(context, { scope: "manage" });
    const current = await keys.current(caller.who);
    if (typeof current === "string") {
      throw new CodedError("unauthorized", `Cannot sign in: ${current}`);
    }
    const { secret, endsAt } = await sessions.begin(current);
    audit.did(actor, { ...SIGNED_IN, site: current.site });
    context.header("Set-Cookie", cookieFor(context.req.raw, secret));
    context.header("Cache-Control", "no-store");
    return context.json(onWire({ caller: callerWith(current), name: current.name, endsAt }), 201);
  });

  admin.delete("/session", async (context) => {
    requireOwn(context);
    const holder = await holders.find(context.req.raw, context.env.peer);
    for (const secret of secretsOf(context.req.raw)) await sessions.end(secret);
    if (typeof holder !== "string" && holder.endsAt !== undefined) {
      const actor = { ...holder.caller, address: calls.addressOf(context) };
      calls.audit.did(actor, { ...SIGNED_OUT, site: actor.site });
    }
    context.header("Set-Cookie", cookieFor(context.req.raw, ""));
    return context.body(null, 204);
  });

  admin.all("/api/*", async (context) => {
    requireOwn(context);
    const { raw } = context.req;
    const { peer } = context.env;
    const holder = await holders.find(raw, peer);
    if (typeof holder === "string") {
      throw new CodedError("unauthorized", `Cannot use the dashboard: ${holder}`);
    }
    const whyNotAnyMore = () => holders.whyNotAnyMore(raw, peer);
    api ??= parts.apiBelow("/admin"); // most servers never need it
    return await api.fetch(raw, { peer, known: { caller: holder.caller, whyNotAnyMore } });
  });

  admin.route("/", pageRoutes(DASHBOARD, POLICY) as unknown as Hono<ApiEnv>);
  return admin as unknown as App;
}

function requireOwn({ req: { raw } }: ApiContext): void {
  const refusal = whyNotOwn(raw);
  if (refusal !== undefined) throw new CodedError("forbidden", refusal);
}

async function readKey({ req: { raw }, env }: ApiContext, seconds: number): Promise<string> {
  const { key } = parseObject(await readBody(raw, MAX_BODY_BYTES, seconds, env.peer), "body");
  if (typeof key === "string" && key.startsWith("nk_")) return key.trim();
  throw new CodedError(
    "invalid_field",
    "Cannot take the field 'key': it has to be an API key, as 'notifyli key create --name NAME --scope manage,read,publish' makes one",
    { field: "key" },
  );
}

/** As the page is shown who it is for. */
function onWire({ caller: { who, site, scopes }, name, endsAt }: Holder): object {
  const end = endsAt === undefined ? {} : { expires_at: endsAt / 1000 };
  return { session: { who, name, site, scopes, ...end } };
}
