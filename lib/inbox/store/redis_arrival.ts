/** What the scripts by which notifications come in have in common; see `inbox_arrival.lua`. */
import { CodedError } from "../../base/errors.ts";
import type { Claim } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { retentionMs } from "../retention.ts";
import type { InboxParts } from "./redis_parts.ts";

/** Whose a notification is, and which. */
interface NotificationName {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

export interface Call {
  readonly keys: string[];
  readonly args: (string | number)[];
}

type ArrivalParts = Pick<InboxParts, "keys" | "retention">;

/** Of notifications that come from the schedule. */
export function arrival({ keys, retention }: ArrivalParts): Call {
  return {
    keys: [keys.scheduled, keys.scheduledFrames],
    args: [
      finite(retention.size),
      finite(retentionMs(retention)),
      crypto.randomUUID().slice(0, 8),
    ],
  };
}

/** Of notifications that somebody sends, all by one way. */
export function newArrival(parts: ArrivalParts, claim: Claim | undefined): Call {
  const call = arrival(parts);
  return {
    keys: [...call.keys, ...parts.keys.turn(claim?.way ?? "bridge")],
    args: [...call.args, claim?.holder ?? "", claim?.progress ?? ""],
  };
}

/** What a script of a new arrival says where the turn is not the claim's. */
export function othersClaim(): CodedError {
  return new CodedError("unavailable", "Another node has the turn by now", {
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
