/**
 * Who may see whose presence: a user sees those of whom some capability says that they are acquainted, such as members of a
 * conversation or contacts, as far as these do not hide it.
 */
import type { UserId } from "../base/fields.ts";

/** Says whom of `users` a viewer may see. Several capabilities may say so, and one of them is enough. */
export type Acquaintances = (
  site: string,
  viewer: UserId,
  users: readonly UserId[],
) => Promise<ReadonlySet<UserId>>;

/** What a user hides. */
export interface Hidden {
  /** Whether the user is online or away. Then nobody sees when the user was there last either. */
  readonly status?: boolean;
  readonly lastSeen?: boolean;
}

/** Says what `users` hide from a viewer; those who hide nothing may be left out. */
export type Privacy = (
  site: string,
  viewer: UserId,
  users: readonly UserId[],
) => Promise<ReadonlyMap<UserId, Hidden>>;

/** How much a viewer may see of a user: all, as of oneself, or what others may. */
export type Right = "all" | Hidden;

const OPEN: Hidden = Object.freeze({});

export class Rights {
  readonly #acquaintances: Acquaintances[] = [];
  readonly #privacy: Privacy[] = [];

  addAcquaintances(rule: Acquaintances): void {
    this.#acquaintances.push(rule);
  }

  addPrivacy(rule: Privacy): void {
    this.#privacy.push(rule);
  }

  /** What the viewer may see of users; whom the viewer may not see is left out. Rejects where a rule does. */
  async of(
    site: string,
    viewer: UserId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, Right>> {
    const rights = new Map<UserId, Right>();
    const others = users.filter((user) => user !== viewer);
    if (others.length < users.length) rights.set(viewer, "all");
    if (others.length === 0) return rights;
    const seen = await Promise.all(this.#acquaintances.map((rule) => rule(site, viewer, others)));
    const known = others.filter((user) => seen.some((each) => each.has(user)));
    const hidden = known.length === 0
      ? []
      : await Promise.all(this.#privacy.map((rule) => rule(site, viewer, known)));
    for (const user of known) {
      const rules = hidden.flatMap((each) => each.get(user) ?? []);
      const right = {
        status: rules.some(({ status }) => status),
        lastSeen: rules.some(({ status, lastSeen }) => status || lastSeen),
      };
      rights.set(user, rules.length === 0 ? OPEN : right);
    }
    return rights;
  }
}
