/** Reads what a new API key shall be, for HTTP and for the command line alike, and writes keys as answers show them. */
import type { Limits } from "../../base/sizes.ts";
import type { ApiKey } from "./store.ts";
import { isScope, type Scope, SCOPES } from "../../base/scope.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import { CodedError } from "../../base/errors.ts";
import { type Fields, futureField, identifier, invalid } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import type { NewApiKey } from "./api_keys.ts";

/** A key as answers show it. Times are Unix times in seconds. */
export interface ApiKeyOnWire {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at?: number;
  readonly last_used_at?: number;
  readonly revoked_at?: number;
}

/** Reads a new key. Throws a `CodedError` that names the field. */
export function parseNewApiKey(fields: Fields, limits: Limits): NewApiKey {
  const expiresAt = futureField(fields, "expires_at");
  return {
    name: identifier(fields, "name", limits.name),
    site: siteField(fields),
    scopes: scopesField(fields),
    ...(expiresAt !== undefined && { expiresAt: expiresAt * 1000 }),
  };
}

/** Reads the site, the default one where none is named. A colon is not allowed: two sites' names in Redis could be one. */
export function siteField({ site = DEFAULT_SITE }: Fields): string {
  if (typeof site === "string" && /^[\w.-]{1,64}$/.test(site)) return site;
  throw invalid("site", site, "1 to 64 of A-Z a-z 0-9 _ . -");
}

export function apiKeyOnWire(key: ApiKey): ApiKeyOnWire {
  const { id, name, site, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = key;
  return {
    id,
    name,
    site,
    scopes,
    created_at: inSeconds(createdAt),
    ...(expiresAt !== undefined && { expires_at: inSeconds(expiresAt) }),
    ...(lastUsedAt !== undefined && { last_used_at: inSeconds(lastUsedAt) }),
    ...(revokedAt !== undefined && { revoked_at: inSeconds(revokedAt) }),
  };
}

function scopesField({ scopes }: Fields): Scope[] {
  if (scopes === undefined || scopes === null) {
    throw new CodedError("missing_field", "Missing field 'scopes'", { field: "scopes" });
  }
  const known = Array.isArray(scopes) ? SCOPES.filter((scope) => scopes.includes(scope)) : [];
  const isAllKnown = Array.isArray(scopes) && scopes.every(isScope);
  if (known.length > 0 && isAllKnown) return known;
  throw invalid("scopes", scopes, `a list of ${SCOPES.join(", ")}`);
}
