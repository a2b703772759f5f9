/** Whether the two of a private conversation reach each other: neither has blocked the other. */
import type { UserId } from "../../base/fields.ts";
import type { Work } from "../../engines/database/database.ts";
import { type Entered, requireUnblocked } from "../access.ts";
import type { WorkParts } from "./parts.ts";

/** Throws `forbidden` where one of the two in a private conversation has blocked the other. */
export function* requireReachable(parts: WorkParts, entered: Entered): Work<void> {
  requireUnblocked(yield* blockedIn(parts, entered));
}

/** Whom the member of a private conversation has blocked, or is blocked by. */
export function* blockedIn(
  { people }: WorkParts,
  { conversation: { site, pair }, member }: Entered,
): Work<ReadonlySet<UserId>> {
  if (pair === undefined || member === undefined) return new Set();
  const others = pair.filter((user) => user !== member.user);
  return yield* people.blocked(site, member.user, others);
}
