/** What the scripts by which notifications come in have in common; see `lua/inbox_arrival.lua`. */
import { NotifyliError } from "../errors.ts";
import type { Notification } from "../engine.ts";
import type { UserId } from "../fields.ts";
import { type Retention, retentionMs } from "../retention.ts";
import type { RedisKeys } from "./redis_keys.ts";

/** Whose a notification is, and which. */
export interface NotificationName {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

export interface Call {
  readonly keys: string[];
  readonly args: (string | number)[];
}

/** Of a notification that is in the schedule or comes from it. */
export function arrival(
  keys: RedisKeys,
  retention: Retention,
  { site, user, id }: NotificationName,
): Call {
  return {
    keys: [
      ...keys.inbox(site, user),
      keys.callersId(site, user, id),
      keys.owner(site, id),
      keys.scheduled,
      keys.scheduledFrames,
    ],
    args: [
      id,
      user,
      scheduledId({ site, user, id }),
      finite(retention.size),
      finite(retentionMs(retention)),
      crypto.randomUUID().slice(0, 8),
      keys.channel({ site, kind: "user", name: user }),
    ],
  };
}

/** Of a notification that somebody sends. */
export function newArrival(
  keys: RedisKeys,
  retention: Retention,
  notification: Notification,
): Call {
  const { room, text, isCallersId, expiresAt, claim } = notification;
  const call = arrival(keys, retention, notification);
  return {
    keys: [...call.keys, ...keys.turn(claim?.way ?? "bridge")],
    args: [
      ...call.args,
      room,
      text,
      expiresAt ?? "",
      isCallersId ? 1 : 0,
      claim?.holder ?? "",
      claim?.progress ?? "",
    ],
  };
}

/** What a script of a new arrival answers with a negative number. */
export function othersClaim(): NotifyliError {
  return new NotifyliError("unavailable", "Another node has the turn by now", {
    isOthers: true,
  });
}

/** Its name among all that are scheduled. None of the three holds a line break. */
export function scheduledId({ site, user, id }: NotificationName): string {
  return [site, user, id].join("\n");
}

/** What Redis takes for no limit is 0. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
