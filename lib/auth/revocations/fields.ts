/** Reads what shall be revoked or blocked, and writes it as answers show it. On the wire, times are in seconds. */
import type { Limits } from "../../base/sizes.ts";
import type { Revocation, RevocationKey } from "./store.ts";
import { CodedError } from "../../base/errors.ts";
import {
  type Fields,
  futureField,
  invalid,
  requiredText,
  userIdField,
  userIdOnWire,
} from "../../base/fields.ts";
import { onlyFields } from "../../base/only_fields.ts";
import { inSeconds } from "../../base/times.ts";

/** The most characters of an id, as for the claims `jti` and `sid`. */
export const MAX_ID = 256;

const NAMES = ["token_id", "session_id", "user_id", "everyone"] as const;

/** Reads a revocation. Throws a `CodedError` that names the field. @param site the caller's */
export function parseRevocation(fields: Fields, site: string, limits: Limits): Revocation {
  onlyFields(fields, [...NAMES, "expires_at", "site"]);
  const given = NAMES.filter((name) => fields[name] !== undefined && fields[name] !== null);
  if (given.length !== 1) {
    throw new CodedError(
      given.length === 0 ? "missing_field" : "invalid_field",
      `Cannot revoke this: give exactly one of ${NAMES.join(", ")}; given are ${given.length}`,
    );
  }
  const expiresAt = futureField(fields, "expires_at");
  return {
    site,
    ...what(fields, given[0] ?? "everyone", limits),
    at: Date.now(),
    ...(expiresAt !== undefined && { expiresAt: expiresAt * 1000 }),
  };
}

/** Reads a block: for good, for some `seconds`, or `until` a Unix time. Throws a `CodedError` that names the field. */
export function parseBlock(
  fields: Fields,
  { site, user }: { site: string; user: string },
): Revocation {
  onlyFields(fields, ["seconds", "until", "site"]);
  const at = Date.now();
  const block = { site, kind: "block", name: user, at } as const;
  const { seconds } = fields;
  const until = futureField(fields, "until");
  if (seconds === undefined || seconds === null) {
    return until === undefined ? block : { ...block, expiresAt: until * 1000 };
  }
  if (until !== undefined) {
    throw invalid("seconds", seconds, "either 'seconds' or 'until', not both");
  }
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 1 && seconds <= 1e9) {
    return { ...block, expiresAt: at + seconds * 1000 };
  }
  throw invalid("seconds", seconds, "a whole number from 1 to 1000000000");
}

export function blockOnWire({ name, at, expiresAt }: Revocation) {
  return {
    user_id: userIdOnWire(name),
    blocked_at: inSeconds(at),
    ...(expiresAt !== undefined && { until: Math.ceil(expiresAt / 1000) }),
  };
}

export function revocationOnWire({ kind, name, at, expiresAt }: Revocation) {
  return {
    ...nameOnWire(kind, name),
    revoked_at: inSeconds(at),
    ...(expiresAt !== undefined && { expires_at: inSeconds(expiresAt) }),
  };
}

function what(
  fields: Fields,
  field: typeof NAMES[number],
  limits: Limits,
): Pick<RevocationKey, "kind" | "name"> {
  switch (field) {
    case "token_id":
      return { kind: "token", name: idField(fields, field) };
    case "session_id":
      return { kind: "session", name: idField(fields, field) };
    case "user_id":
      return { kind: "user", name: userIdField(fields, limits) };
    case "everyone":
      if (fields[field] === true) return { kind: "site", name: "" };
      throw invalid(field, fields[field], "true");
  }
}

/** A whole token is refused as an id: it would stand in the store, in lists and in the audit log. */
function idField(fields: Fields, field: "token_id" | "session_id"): string {
  const id = requiredText(fields, field, MAX_ID);
  if (!/^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(id)) return id;
  throw invalid(field, id, "a token's 'jti' or 'sid', not the token");
}

function nameOnWire(kind: Revocation["kind"], name: string) {
  switch (kind) {
    case "token":
      return { token_id: name };
    case "session":
      return { session_id: name };
    case "site":
      return { everyone: true };
    case "user":
    case "block":
      return { user_id: userIdOnWire(name) };
  }
}
