/**
 * What a node knows of the timers that have all ask for attention that came to a user while it was quiet. There is one for each user
 * and end of the quiet, so a notification for which it is known to be there is stored without a second write.
 */
import type { UserId } from "../../base/fields.ts";
import { Recent } from "../../preferences/recent.ts";
import type { Decision, Preferences } from "../../preferences/types.ts";

/**
 * Before the end of the quiet, each notification has a timer of its own: what is on its way into the inbox when the quiet is over is
 * found by that.
 */
export const LAST_MS = 5000;

/** Most users of whom it is known, in one of two generations. */
const MOST_USERS = 50_000;

interface KnownEnd {
  readonly until: number;
  readonly priority: number;
  /** What the user had chosen then. It is another object after a change, and after an erasure, which takes the timer. */
  readonly by: Preferences | undefined;
}

/** A user to whom something comes while it is quiet. */
interface Owner {
  readonly site: string;
  readonly user: UserId;
}

export class QuietEnds {
  readonly #known = new Recent<KnownEnd>(MOST_USERS);

  /** Whether the timer of that moment is stored, with a priority that is as high. */
  has(owner: Owner, { alertAt, by }: Decision, priority: number): boolean {
    const known = this.#known.get(keyOf(owner));
    return known !== undefined && known.until === alertAt && known.by === by &&
      known.priority >= priority;
  }

  /** Such a timer is stored. */
  note(owner: Owner, decision: Decision, priority: number): void {
    const { alertAt: until, by } = decision;
    if (until === undefined || this.has(owner, decision, priority)) return;
    this.#known.set(keyOf(owner), { until, priority, by }, 1);
  }

  /** A timer of the user's has ended. */
  forget(owner: Owner): void {
    this.#known.delete(keyOf(owner));
  }
}

/** Whether what comes now has a timer of its own. */
export function isLast(alertAt: number, now: number): boolean {
  return alertAt - now <= LAST_MS;
}

function keyOf({ site, user }: Owner): string {
  return `${site}\n${user}`;
}
