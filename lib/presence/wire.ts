/** How the presence of users looks on the wire, as far as its reader may see it. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, type UserId, userIdField, userIdOnWire } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { inSeconds } from "../base/times.ts";
import type { DeviceHere } from "./online_store.ts";
import type { Presence } from "./part.ts";
import type { Right } from "./rights.ts";

/** Who has never been there. */
export const NOBODY: Presence = { status: "offline", devices: [] };

/** Most users whom a connection watches. */
export const MOST_WATCHED = 500;

export interface PresenceOnWire {
  readonly status: Presence["status"];
  readonly last_seen?: number;
  readonly devices?: readonly object[];
}

/** @param right absent where nothing may be seen: then the user looks like one who has never been there */
export function presenceOnWire(
  { status, lastSeen, devices }: Presence = NOBODY,
  right: Right | undefined,
): PresenceOnWire {
  if (right === undefined || right !== "all" && right.status) return { status: "offline" };
  const isShown = lastSeen !== undefined && (right === "all" || !right.lastSeen);
  return {
    status,
    ...(isShown && { last_seen: inSeconds(lastSeen) }),
    ...(devices.length > 0 && {
      devices: right === "all" ? devices.map(deviceOnWire) : platformsOf(devices),
    }),
  };
}

/** A user's presence in a list, or as it is pushed. */
export function userOnWire(user: UserId, presence: PresenceOnWire) {
  return { user_id: userIdOnWire(user), ...presence };
}

function deviceOnWire({ id, platform, appVersion, away }: DeviceHere): object {
  return { id, platform, app_version: appVersion, away };
}

/** Others see no more of a device than what it is. */
function platformsOf(devices: readonly DeviceHere[]): object[] {
  return devices.flatMap(({ platform }) => platform === undefined ? [] : [{ platform }]);
}

/** `user_ids`: a list of at most {@linkcode MOST_WATCHED} users; each counts once. */
export function userIdsField({ user_ids: value }: Fields, limits: Limits): UserId[] {
  if (!Array.isArray(value)) throw invalid("user_ids", value, "a list of users' ids");
  if (value.length > MOST_WATCHED) {
    throw new CodedError(
      "too_many_subscriptions",
      `Cannot watch ${value.length} users by one connection: the limit is ${MOST_WATCHED}`,
      { field: "user_ids" },
    );
  }
  const users = value.map((user_id: unknown) => {
    try {
      return userIdField({ user_id }, limits);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      throw invalid("user_ids", user_id, "users' ids: whole numbers or texts");
    }
  });
  return [...new Set(users)];
}
