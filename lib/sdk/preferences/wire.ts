/** How preferences are called on the wire, and in the library. Names of kinds and topics are anybody's, and stay. */
import { NotifyliError } from "../core/errors.ts";
import { asObject, type JsonObject } from "../core/frames.ts";
import type { UserPreferences } from "./types.ts";

const ON_WIRE: Readonly<Record<string, string>> = {
  inApp: "in_app",
  muteUntil: "mute_until",
  quietHours: "quiet_hours",
  timeZone: "time_zone",
  quietUntil: "quiet_until",
};

const IN_LIBRARY = Object.fromEntries(
  Object.entries(ON_WIRE).map(([library, wire]) => [wire, library]),
);

/** Fields whose own fields are names that people gave. */
const NAMED = ["kinds", "topics"];

export function preferencesOnWire(choices: object): JsonObject {
  return renamed(choices, ON_WIRE);
}

/** Throws a `NotifyliError` where it cannot be read. */
export function readPreferences(data: JsonObject): UserPreferences {
  const { kinds, topics, version, effective } = data;
  if ([kinds, topics, effective].every(isObject) && typeof version === "number") {
    // The server writes what it has read itself: the rest is as it says.
    return renamed(data, IN_LIBRARY) as unknown as UserPreferences;
  }
  throw new NotifyliError("internal", "Cannot read the preferences that the server sent");
}

function renamed(fields: object, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      Object.hasOwn(names, name) ? names[name] : name,
      NAMED.includes(name) && isObject(value)
        ? Object.fromEntries(
          Object.entries(asObject(value)).map(([own, choice]) => [own, inner(choice, names)]),
        )
        : inner(value, names),
    ]),
  );
}

function inner(value: unknown, names: Readonly<Record<string, string>>): unknown {
  return isObject(value) ? renamed(asObject(value), names) : value;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
