/**
 * The routes that close a user's connections, block users and revoke tokens, on all nodes at once. An answer means that the
 * change is stored and that every node was told of it. A key reaches its own site alone.
 */
import { type UserId, userIdField } from "../../base/fields.ts";
import { onlyFields } from "../../base/only_fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Call } from "../../http/call.ts";
import { type Listing, pageOf } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import { blockOnWire, parseBlock, parseRevocation, revocationOnWire } from "./fields.ts";
import type { Revocations } from "./revocations.ts";
import type { Revocation } from "./store.ts";

/** What was said last comes first. */
const LISTING: Pick<Listing<Revocation>, "isNewestFirst" | "placeOf"> = {
  isNewestFirst: true,
  placeOf: ({ at, kind, name }) => ({ at, name: `${kind}:${name}` }),
};

export function revocationRoutes(revocations: Revocations, limits: Limits): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/users/:user/disconnect",
      scope: "manage",
      async run(call) {
        const site = await siteOf(call);
        const user = userOf(call);
        await revocations.disconnect(site, user);
        call.audit.disconnected(call.actor, { site, id: user });
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/users/:user/block",
      scope: "manage",
      async run(call) {
        const fields = await call.fieldsIfAny();
        const block = parseBlock(fields, { site: call.managedSite(fields), user: userOf(call) });
        await revocations.add(block);
        call.audit.revoked(call.actor, block);
        return { status: 200, json: blockOnWire(block) };
      },
    },
    {
      method: "POST",
      path: "/users/:user/unblock",
      scope: "manage",
      async run(call) {
        const site = await siteOf(call);
        const user = userOf(call);
        await revocations.unblock(site, user);
        call.audit.unblocked(call.actor, { site, id: user });
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/blocks",
      scope: "manage",
      async run(call) {
        const blocks = (await list(call)).filter(({ kind }) => kind === "block");
        const { entries, rest } = pageOf(call, blocks, { ...LISTING, onWire: blockOnWire });
        return { status: 200, json: { blocks: entries, ...rest } };
      },
    },
    {
      method: "POST",
      path: "/revocations",
      scope: "manage",
      async run(call) {
        const fields = await call.fieldsIfAny();
        const revocation = parseRevocation(fields, call.managedSite(fields), limits);
        await revocations.add(revocation);
        call.audit.revoked(call.actor, revocation);
        return { status: 201, json: revocationOnWire(revocation) };
      },
    },
    {
      method: "GET",
      path: "/revocations",
      scope: "manage",
      async run(call) {
        const revoked = (await list(call)).filter(({ kind }) => kind !== "block");
        const { entries, rest } = pageOf(call, revoked, { ...LISTING, onWire: revocationOnWire });
        return { status: 200, json: { revocations: entries, ...rest } };
      },
    },
  ];

  function list(call: Call): Promise<Revocation[]> {
    return revocations.list(call.managedSite({ site: call.query("site") }));
  }

  /** Of a body that may name a site and nothing else. */
  async function siteOf(call: Call): Promise<string> {
    const fields = await call.fieldsIfAny();
    const site = call.managedSite(fields);
    onlyFields(fields, ["site"]);
    return site;
  }

  function userOf(call: Call): UserId {
    return userIdField({ user_id: call.param("user") }, limits);
  }
}
