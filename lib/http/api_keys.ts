/**
 * The routes that make, list and revoke API keys. A key with the scope `manage` reaches the keys of its own site. Where
 * a site never had one, a program on this machine may do it without: somebody has to make the first one.
 */
import { Hono } from "hono";
import { apiKeyOnWire, parseNewApiKey, siteField } from "../auth/api_key_fields.ts";
import type { ApiKeys } from "../auth/api_keys.ts";
import type { Audit } from "../auth/audit.ts";
import type { Config } from "../config.ts";
import { NotifyliError } from "../errors.ts";
import { type Fields, parseObject } from "../fields.ts";
import { actionOf, actorOf, type ApiApp, type ApiContext, type ApiEnv } from "./api_caller.ts";
import { readBody } from "./body.ts";

export function apiKeyRoutes(
  keys: ApiKeys,
  audit: Audit,
  { limits, requestSeconds }: Config,
): ApiApp {
  const routes: ApiApp = new Hono<ApiEnv>();

  routes.post("/", async (context) => {
    const body = await readBody(context.req.raw, limits.frame, requestSeconds);
    const fields = parseObject(body, "body");
    const site = await managedSite(context, fields);
    const wanted = parseNewApiKey({ ...fields, site }, limits);
    const { key, text } = await keys.create(wanted);
    audit.keyCreated(actorOf(context), key);
    context.header("Cache-Control", "no-store");
    return context.json({ ...apiKeyOnWire(key), key: text }, 201);
  });

  routes.get("/", async (context) => {
    const site = await managedSite(context, context.req.query());
    return context.json({ keys: (await keys.list(site)).map(apiKeyOnWire) });
  });

  routes.delete("/:id", async (context) => {
    const site = await managedSite(context, context.req.query());
    const key = await keys.revoke(context.req.param("id"), site);
    audit.keyRevoked(actorOf(context), key);
    return context.body(null, 204);
  });

  /** The site whose keys the call is about. */
  async function managedSite(context: ApiContext, fields: Fields): Promise<string> {
    const { site: own, keyId } = context.get("caller");
    const site = siteField({ site: fields["site"] ?? own });
    const reason = keyId === undefined
      ? await keys.haveManager(site) &&
        `the keys of site ${site} need a key with the scope 'manage'`
      : site !== own && `the API key ${keyId} is of site ${own}, not of ${site}`;
    if (reason === false) return site;
    const { who, address = "" } = actorOf(context);
    audit.refused({ who, address, action: actionOf(context), reason });
    throw new NotifyliError(
      keyId === undefined ? "unauthorized" : "forbidden",
      `Cannot do this: ${reason}`,
    );
  }

  return routes;
}
