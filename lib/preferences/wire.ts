/** Writes preferences and kinds, as answers and frames show them, and as the database keeps them. */
import { type Fields, userIdOnWire } from "../base/fields.ts";
import { dayTime } from "./day_times.ts";
import { kindOf, waysOf, zoneIn } from "./decision.ts";
import { durationOnWire } from "./kind_fields.ts";
import { quietUntil } from "./quiet_hours.ts";
import {
  EVERY_KIND,
  type KeptPreferences,
  type Kind,
  type Kinds,
  type Preferences,
  type QuietHours,
  type Repeat,
} from "./types.ts";

export function preferencesOnWire(
  { kinds, topics, muteUntil, quietHours, timeZone }: Preferences,
): Fields {
  return {
    kinds: Object.fromEntries(kinds),
    topics: Object.fromEntries(topics),
    ...(muteUntil !== undefined && { mute_until: muteUntil }),
    ...(quietHours && { quiet_hours: quietHoursOnWire(quietHours) }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
  };
}

/** All that a user, or an application, is told of a user's preferences. */
export function keptOnWire(kept: KeptPreferences, kinds: Kinds, now: number): Fields {
  const { preferences, version } = kept;
  return {
    ...preferencesOnWire(preferences),
    version,
    effective: effectiveOnWire(preferences, kinds, now),
  };
}

/** What comes of the user's choices together with what the application has set. */
function effectiveOnWire(preferences: Preferences, kinds: Kinds, now: number): Fields {
  const { muteUntil = 0, quietHours } = preferences;
  const zone = zoneIn(preferences);
  const quiet = quietHours && quietUntil(quietHours, zone, now);
  const named = new Set([...kinds.keys(), ...preferences.kinds.keys()]);
  named.delete(EVERY_KIND);
  return {
    time_zone: zone,
    muted: muteUntil * 1000 > now,
    quiet: quiet !== undefined,
    ...(quiet !== undefined && quiet !== Infinity && { quiet_until: Math.floor(quiet / 1000) }),
    kinds: Object.fromEntries([EVERY_KIND, ...[...named].sort()].map((kind) => [
      kind,
      effectiveKind(preferences, kinds, kind),
    ])),
  };
}

function effectiveKind(preferences: Preferences, kinds: Kinds, name: string): Fields {
  const kind = kindOf(kinds, name);
  const own = kinds.get(name);
  return {
    ...waysOf(preferences, kind, { kind: name }),
    ...(own?.name !== undefined && { name: own.name }),
    ...(own?.description !== undefined && { description: own.description }),
    ...(kind?.locked !== undefined && { locked: kind.locked }),
  };
}

export function kindOnWire(
  { name, description, ways, locked, digest, template, throttle, repeat }: Kind,
): Fields {
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...ways,
    ...(locked !== undefined && { locked }),
    ...(digest && {
      digest: "at" in digest ? { at: digest.at } : { window: durationOnWire(digest.seconds) },
    }),
    ...(template !== undefined && { template }),
    ...(throttle && {
      throttle: { count: throttle.count, per: durationOnWire(throttle.seconds) },
    }),
    ...(repeat && { repeat: repeatOnWire(repeat) }),
  };
}

function repeatOnWire({ seconds, times, escalate }: Repeat): Fields {
  return {
    every: durationOnWire(seconds),
    times,
    ...(escalate && {
      escalate: "user" in escalate ? { user_id: userIdOnWire(escalate.user) } : escalate,
    }),
  };
}

function quietHoursOnWire({ isOn, letsUrgent, timeZone, days }: QuietHours): Fields {
  return {
    on: isOn,
    ...(letsUrgent && { urgent: true }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
    days: Object.fromEntries(
      [...days].map(([day, ranges]) => [
        day,
        ranges.map(({ start, end }) => [dayTime(start), dayTime(end)]),
      ]),
    ),
  };
}
