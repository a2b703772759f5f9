/** Decides for other capabilities what becomes of a notification, and whose clock its times are meant on. */
import type { UserId } from "../base/fields.ts";
import { decisionOf, zoneIn } from "./decision.ts";
import type { KnownPreferences, UserView } from "./known_preferences.ts";
import type { PreferenceCounters } from "./metrics.ts";
import type { Reach } from "./reach.ts";
import type { Decision, Subject } from "./types.ts";

/** A notification of one user. */
export interface Addressed extends Subject {
  readonly site: string;
  readonly user: UserId;
}

export class Decisions {
  readonly #known: KnownPreferences;
  readonly #counters: PreferenceCounters;

  constructor(known: KnownPreferences, counters: PreferenceCounters) {
    this.#known = known;
    this.#counters = counters;
  }

  /**
   * What becomes of a notification now. It is no promise where this node knows the user's preferences, and never rejects: where
   * the database cannot be read, it is decided as if there were none, so that nothing is lost. Those of many users who are
   * asked for in one turn of the event loop are read together.
   *
   * @param now milliseconds of Unix time
   */
  decide(subject: Addressed, now: number = Date.now()): Decision | Promise<Decision> {
    const view = this.#known.of(subject.site, subject.user);
    if (!(view instanceof Promise)) return this.#decided(view, subject, now);
    return view.then((read) => this.#decided(read, subject, now));
  }

  /**
   * By which ways a user can be reached beside the inbox; `undefined` where the database cannot be read. It is no promise where it
   * is known, and never rejects.
   */
  reachOf(site: string, user: UserId): Reach | undefined | Promise<Reach | undefined> {
    const view = this.#known.of(site, user);
    return view instanceof Promise ? view.then(reachIn) : reachIn(view);
  }

  /** The time zone of the user's clock: an IANA name, or an offset. It is no promise where it is known, and never rejects. */
  zoneOf(site: string, user: UserId): string | Promise<string> {
    const view = this.#known.of(site, user);
    if (!(view instanceof Promise)) return zoneIn(view.preferences);
    return view.then(({ preferences }) => zoneIn(preferences));
  }

  #decided(
    { preferences, kinds, reach, isUnknown }: UserView,
    subject: Subject,
    now: number,
  ): Decision {
    const decision = decisionOf(preferences, kinds, subject, now, reach);
    if (!isUnknown) return decision;
    this.#counters.unknown.value++;
    return { ...decision, isUnknown };
  }
}

function reachIn({ reach, isUnknown }: UserView): Reach | undefined {
  return isUnknown ? undefined : reach;
}
