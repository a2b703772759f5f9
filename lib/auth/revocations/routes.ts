/**
 * The routes that close a user's connections, block users, and revoke tokens, on all nodes at once. Each answer means
 * that it is stored and that every node was told. A key reaches its own site alone.
 */
import { Hono } from "hono";
import type { Audit } from "../audit.ts";
import { blockOnWire, parseBlock, parseRevocation, revocationOnWire } from "./fields.ts";
import type { Revocations } from "./revocations.ts";
import type { Config } from "../../config/config.ts";
import { type Fields, parseObject, type UserId, userIdField } from "../../base/fields.ts";
import { actorOf, type ApiApp, type ApiContext, type ApiEnv } from "../../http/caller.ts";
import { readBody } from "../../http/body.ts";
import { managedSite } from "../../http/managed_site.ts";

export function accessRoutes(
  revocations: Revocations,
  audit: Audit,
  { limits, requestSeconds }: Config,
): ApiApp {
  const routes: ApiApp = new Hono<ApiEnv>();

  routes.post("/users/:user/disconnect", async (context) => {
    const site = managedSite(context, await readFields(context), audit);
    const user = userOf(context);
    await revocations.disconnect(site, user);
    audit.disconnected(actorOf(context), { site, id: user });
    return context.body(null, 204);
  });

  routes.post("/users/:user/block", async (context) => {
    const fields = await readFields(context);
    const block = parseBlock(fields, {
      site: managedSite(context, fields, audit),
      user: userOf(context),
    });
    await revocations.add(block);
    audit.revoked(actorOf(context), block);
    return context.json(blockOnWire(block));
  });

  routes.post("/users/:user/unblock", async (context) => {
    const site = managedSite(context, await readFields(context), audit);
    const user = userOf(context);
    await revocations.unblock(site, user);
    audit.unblocked(actorOf(context), { site, id: user });
    return context.body(null, 204);
  });

  routes.get("/blocks", async (context) => {
    const all = await revocations.list(managedSite(context, context.req.query(), audit));
    const blocks = all.filter(({ kind }) => kind === "block");
    return context.json({ blocks: blocks.map(blockOnWire) });
  });

  routes.post("/revocations", async (context) => {
    const fields = await readFields(context);
    const revocation = parseRevocation(fields, managedSite(context, fields, audit), limits);
    await revocations.add(revocation);
    audit.revoked(actorOf(context), revocation);
    return context.json(revocationOnWire(revocation), 201);
  });

  routes.get("/revocations", async (context) => {
    const all = await revocations.list(managedSite(context, context.req.query(), audit));
    const revoked = all.filter(({ kind }) => kind !== "block");
    return context.json({ revocations: revoked.map(revocationOnWire) });
  });

  /** The body's JSON object; none is as good as an empty one. */
  async function readFields(context: ApiContext): Promise<Fields> {
    const body = await readBody(context.req.raw, limits.frame, requestSeconds);
    return body.trim() === "" ? {} : parseObject(body, "body");
  }

  function userOf(context: ApiContext): UserId {
    return userIdField({ user_id: context.req.param("user") }, limits);
  }

  return routes;
}
