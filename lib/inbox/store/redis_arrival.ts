/** The keys and arguments that all scripts have in common by which notifications come in; see `inbox_arrival.lua`. */
import type { Claim } from "../../core/claim.ts";
import type { UserId } from "../../base/fields.ts";
import { retentionMs } from "../retention.ts";
import type { InboxParts } from "./redis_parts.ts";

/** What names a notification: its user, and its id. */
export interface NotificationName {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

export interface KeysAndArgs {
  readonly keys: string[];
  readonly args: (string | number)[];
}

type ArrivalParts = Pick<InboxParts, "keys" | "retention" | "incarnation">;

/** The keys and arguments for notifications that come from the schedule. */
export function arrival({ keys, retention, incarnation }: ArrivalParts): KeysAndArgs {
  return {
    keys: [keys.scheduled, keys.scheduledContents],
    args: [
      `${finite(retention.size)} ${finite(retention.bytes)}`,
      finite(retentionMs(retention)),
      incarnation.origin,
    ],
  };
}

/** The keys and arguments for notifications that somebody sends, all by one way. */
export function newArrival(parts: ArrivalParts, claim: Claim | undefined): KeysAndArgs {
  const common = arrival(parts);
  return {
    keys: [...common.keys, ...parts.keys.turn(claim?.way ?? "bridge")],
    args: [...common.args, claim?.holder ?? "", claim?.progress ?? ""],
  };
}

/** The name of a notification among all that are scheduled. None of the three parts holds a line break. */
export function scheduledId({ site, user, id }: NotificationName): string {
  return [site, user, id].join("\n");
}

/** The ids in an answer, one a line. */
export function idsIn(lines: string): string[] {
  return lines === "" ? [] : lines.split("\n");
}

/** A limit as the scripts take it, for which 0 is no limit. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
