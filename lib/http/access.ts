/**
 * The routes that close a user's connections, block users, and revoke tokens, on all nodes at once. Each answer means
 * that it is stored and that every node was told. A caller reaches its own site alone.
 */
import { Hono } from "hono";
import { siteField } from "../auth/api_key_fields.ts";
import type { Audit } from "../auth/audit.ts";
import {
  blockOnWire,
  parseBlock,
  parseRevocation,
  revocationOnWire,
} from "../auth/revocation_fields.ts";
import type { Revocations } from "../auth/revocations.ts";
import type { Config } from "../config.ts";
import { NotifyliError } from "../errors.ts";
import { type Fields, parseObject, type UserId, userIdField } from "../fields.ts";
import { actionOf, actorOf, type ApiApp, type ApiContext, type ApiEnv } from "./api_caller.ts";
import { readBody } from "./body.ts";

export function accessRoutes(
  revocations: Revocations,
  audit: Audit,
  { limits, requestSeconds }: Config,
): ApiApp {
  const routes: ApiApp = new Hono<ApiEnv>();

  routes.post("/users/:user/disconnect", async (context) => {
    const site = ownSite(context, await readFields(context));
    const user = userOf(context);
    await revocations.disconnect(site, user);
    audit.disconnected(actorOf(context), { site, id: user });
    return context.body(null, 204);
  });

  routes.post("/users/:user/block", async (context) => {
    const fields = await readFields(context);
    const block = parseBlock(fields, { site: ownSite(context, fields), user: userOf(context) });
    await revocations.add(block);
    audit.revoked(actorOf(context), block);
    return context.json(blockOnWire(block));
  });

  routes.post("/users/:user/unblock", async (context) => {
    const site = ownSite(context, await readFields(context));
    const user = userOf(context);
    await revocations.unblock(site, user);
    audit.unblocked(actorOf(context), { site, id: user });
    return context.body(null, 204);
  });

  routes.get("/blocks", async (context) => {
    const all = await revocations.list(ownSite(context, context.req.query()));
    const blocks = all.filter(({ kind }) => kind === "block");
    return context.json({ blocks: blocks.map(blockOnWire) });
  });

  routes.post("/revocations", async (context) => {
    const fields = await readFields(context);
    const revocation = parseRevocation(fields, ownSite(context, fields), limits);
    await revocations.add(revocation);
    audit.revoked(actorOf(context), revocation);
    return context.json(revocationOnWire(revocation), 201);
  });

  routes.get("/revocations", async (context) => {
    const all = await revocations.list(ownSite(context, context.req.query()));
    const revoked = all.filter(({ kind }) => kind !== "block");
    return context.json({ revocations: revoked.map(revocationOnWire) });
  });

  /** The caller's site; who names another is told so, and nothing is done to the wrong one. */
  function ownSite(context: ApiContext, fields: Fields): string {
    const { site: own } = context.get("caller");
    const site = siteField({ site: fields["site"] ?? own });
    if (site === own) return site;
    const { who, address = "" } = actorOf(context);
    const reason = `${who} is of site ${own}, not of ${site}`;
    audit.refused({ who, address, action: actionOf(context), reason });
    throw new NotifyliError("forbidden", `Cannot do this: ${reason}`);
  }

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
