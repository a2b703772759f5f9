/** Names the fields of a call that mean nothing for a notification. */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { ignoredOf, type KnownNames, type WithIgnored } from "../base/ignored.ts";
import type { Call } from "../http/call.ts";
import { TO } from "./broadcasts/audience.ts";
import { DETAIL_FIELDS } from "./details/details.ts";
import { isSaidInQuery, NTFY_NAMES } from "./said_beside.ts";

/** All that a notification says. */
const SAID = known([
  ...["message", "data", "room", "from", "timestamp", "expires_at", "deliver_at"],
  ...["attachments", "image", ...DETAIL_FIELDS],
]);

const IN_PATCH: KnownNames = { ...SAID, user_id: true, id: true };
const IN_SENDING: KnownNames = { ...IN_PATCH, site: true, ...known(TO) };

/** Of a call that sends a notification. */
export function ignoredInSending(call: Call, fields: Fields): WithIgnored {
  return ignoredOf({ ...unknownInQuery(call), ...fields }, IN_SENDING, NTFY_NAMES);
}

/** Of a call that changes one. Throws a `CodedError` where it changes nothing. */
export function ignoredInPatch(call: Call, fields: Fields): WithIgnored {
  const named = ignoredOf({ ...unknownInQuery(call), ...fields }, IN_PATCH, NTFY_NAMES);
  if (Object.keys(fields).some((name) => Object.hasOwn(SAID, name))) return named;
  const [{ field, meant } = {}] = named.ignored ?? [];
  const what = field === undefined ? "" : `: there is none called ${JSON.stringify(field)}`;
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  const message = `Missing a field that is to change${what}${guess}`;
  throw new CodedError("missing_field", message, { ...(field !== undefined && { field }) });
}

/** Parameters of the query that are no fields. */
function unknownInQuery(call: Call): Fields {
  const unknown = call.queryNames.filter((name) => !isSaidInQuery(name));
  return Object.fromEntries(unknown.map((name) => [name, true]));
}

function known(names: readonly string[]): KnownNames {
  return Object.fromEntries(names.map((name) => [name, true]));
}
