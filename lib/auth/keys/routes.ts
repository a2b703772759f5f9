/**
 * The routes that make, list and revoke API keys. A key with the scope `manage` reaches the keys of its own site, the
 * operator those of every site. Nobody else does, the first one too: being on this machine is no proof.
 */
import { Hono } from "hono";
import { apiKeyOnWire, parseNewApiKey } from "./fields.ts";
import type { ApiKeys } from "./api_keys.ts";
import type { Audit } from "../audit.ts";
import type { Config } from "../../config/config.ts";
import { parseObject } from "../../base/fields.ts";
import {
  actorOf,
  type ApiApp,
  type ApiContext,
  type ApiEnv,
  isOperator,
} from "../../http/caller.ts";
import { readBody } from "../../http/body.ts";
import { managedSite } from "../../http/managed_site.ts";

export function apiKeyRoutes(
  keys: ApiKeys,
  audit: Audit,
  { limits, requestSeconds }: Config,
): ApiApp {
  const routes: ApiApp = new Hono<ApiEnv>();

  routes.post("/", async (context) => {
    const body = await readBody(context.req.raw, limits.frame, requestSeconds);
    const fields = parseObject(body, "body");
    const site = managedSite(context, fields, audit);
    const wanted = parseNewApiKey({ ...fields, site }, limits);
    const { key, text } = await keys.create(wanted);
    audit.keyCreated(actorOf(context), key);
    context.header("Cache-Control", "no-store");
    return context.json({ ...apiKeyOnWire(key), key: text }, 201);
  });

  routes.get("/", async (context) => {
    const site = listedSite(context);
    return context.json({ keys: (await keys.list(site)).map(apiKeyOnWire) });
  });

  routes.delete("/:id", async (context) => {
    const site = listedSite(context);
    const key = await keys.revoke(context.req.param("id"), site);
    audit.keyRevoked(actorOf(context), key);
    return context.body(null, 204);
  });

  /** The site whose keys the call is about; `undefined` for all, where the operator names none. */
  function listedSite(context: ApiContext): string | undefined {
    const query = context.req.query();
    const isAll = query["site"] === undefined && isOperator(context.get("caller"));
    return isAll ? undefined : managedSite(context, query, audit);
  }

  return routes;
}
