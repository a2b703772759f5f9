/** Names what means nothing in preferences and kinds that somebody sets. */
import type { Fields } from "../base/fields.ts";
import { ignoredOf, type KnownNames, type WithIgnored } from "../base/ignored.ts";
import { PREFERENCE_FIELDS } from "./fields.ts";
import { DAYS, WAYS } from "./types.ts";

const BY_WAY = known(WAYS);
const CHOICES: KnownNames = { "*": BY_WAY };

const PREFERENCES: KnownNames = {
  ...known([...PREFERENCE_FIELDS, "version", "user_id", "type", "ref"]),
  kinds: CHOICES,
  topics: CHOICES,
  quiet_hours: known(["on", "days", "time_zone", "urgent"]),
};

const KIND: KnownNames = {
  ...known(["kind", "name", "description", "locked", "template", "version", "site"]),
  ...BY_WAY,
  digest: known(["window", "at"]),
  throttle: known(["count", "per"]),
  repeat: { ...known(["every", "times"]), escalate: known(["user_id", "way"]) },
};

/** Days that stand where `days` does. */
const DAYS_OUTSIDE: ReadonlyMap<string, string> = new Map(
  DAYS.map((day) => [`quiet_hours.${day}`, `quiet_hours.days.${day}`]),
);

/** Of preferences, in a frame or a body. */
export function ignoredInPreferences(fields: Fields): WithIgnored {
  return ignoredOf(fields, PREFERENCES, DAYS_OUTSIDE);
}

export function ignoredInKind(fields: Fields): WithIgnored {
  return ignoredOf(fields, KIND);
}

function known(names: readonly string[]): KnownNames {
  return Object.fromEntries(names.map((name) => [name, true]));
}
