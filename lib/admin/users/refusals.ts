/** Remembers what users were refused lately, with the code of the error, since this node started. */
import type { ErrorCode } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { unixSeconds } from "../../base/times.ts";
import type { Connection } from "../../core/connection.ts";

/** Most users of whom anything is remembered. Past so many, who was refused longest ago is forgotten. */
const MOST_USERS = 10_000;

export interface Refusal {
  readonly code: ErrorCode;
  count: number;
  /** Unix time in seconds. */
  last_at: number;
}

export class UserRefusals {
  readonly #users = new Map<string, Map<ErrorCode, Refusal>>();

  note({ site, user, identity }: Connection, code: ErrorCode): void {
    const who = user ?? identity?.user;
    if (who === undefined) return;
    const key = keyOf(site, who);
    const codes = this.#users.get(key) ?? new Map<ErrorCode, Refusal>();
    this.#users.delete(key);
    this.#users.set(key, codes);
    const known = codes.get(code) ?? { code, count: 0, last_at: 0 };
    codes.set(code, known);
    known.count++;
    known.last_at = unixSeconds();
    if (this.#users.size <= MOST_USERS) return;
    for (const oldest of this.#users.keys()) return void this.#users.delete(oldest);
  }

  of(site: string, user: UserId): readonly Refusal[] {
    return [...this.#users.get(keyOf(site, user))?.values() ?? []];
  }
}

/** A site has no line break. */
function keyOf(site: string, user: UserId): string {
  return `${site}\n${user}`;
}
