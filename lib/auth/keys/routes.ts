/**
 * The routes that make, list and revoke API keys. A key with the scope `manage` reaches the keys of its own site, the
 * operator those of every site. Nobody else makes a key, not even the first one: being on this machine is no proof.
 */
import { onlyFields } from "../../base/only_fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Call } from "../../http/call.ts";
import { type Listing, pageOf } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import type { ApiKeys } from "./api_keys.ts";
import { apiKeyOnWire, parseNewApiKey } from "./fields.ts";
import type { ApiKey } from "./store.ts";

/** What a new key may have. */
const FIELDS = ["name", "site", "scopes", "expires_at"];

/** Oldest first. */
const LISTING: Listing<ApiKey> = {
  placeOf: ({ createdAt, id }) => ({ at: createdAt, name: id }),
  onWire: apiKeyOnWire,
};

export function apiKeyRoutes(keys: ApiKeys, limits: Limits): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/keys",
      scope: "manage",
      async run(call) {
        const fields = await call.fields();
        const site = call.managedSite(fields);
        const { key, text } = await keys.create(
          parseNewApiKey({ ...onlyFields(fields, FIELDS), site }, limits),
        );
        call.audit.keyCreated(call.actor, key);
        return {
          status: 201,
          json: { ...apiKeyOnWire(key), key: text },
          headers: { "Cache-Control": "no-store" },
        };
      },
    },
    {
      method: "GET",
      path: "/keys",
      scope: "manage",
      async run(call) {
        const { entries, rest } = pageOf(call, await keys.list(listedSite(call)), LISTING);
        return { status: 200, json: { keys: entries, ...rest } };
      },
    },
    {
      method: "DELETE",
      path: "/keys/:id",
      scope: "manage",
      async run(call) {
        const key = await keys.revoke(call.param("id"), listedSite(call));
        call.audit.keyRevoked(call.actor, key);
        return { status: 204 };
      },
    },
  ];
}

/** The site whose keys the call is about; `undefined` for all, where the operator names none. */
function listedSite(call: Call): string | undefined {
  const site = call.query("site");
  return site === undefined && call.isOperator ? undefined : call.managedSite({ site });
}
