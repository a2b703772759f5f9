/** Says how much of a room's messages is kept, by patterns of room names. `room_rules.ts` remembers what it finds. */
import type { HistoryOptions } from "../../core/publication.ts";
import { type RoomPattern, roomPattern } from "./patterns.ts";

export interface HistoryRule extends HistoryOptions {
  /** A room's name, in which `*` stands for any text. */
  readonly pattern: string;
}

export const NO_HISTORY: HistoryOptions = { size: 0, seconds: 1 };

/**
 * Reads rules as `APP_HISTORY` has them.
 *
 * @example
 * ```ts
 * import { parseHistoryRules } from "./history_rules.ts";
 * console.log(parseHistoryRules("news:*=1000/86400, *=100/300"));
 * ```
 */
export function parseHistoryRules(text: string): HistoryRule[] {
  return text.split(",").map((rule) => {
    const [pattern = "", kept = ""] = rule.trim().split("=");
    const [size, seconds] = kept.split("/").map(Number);
    return { pattern: pattern.trim(), size: size ?? 0, seconds: seconds ?? 1 };
  });
}

/** Finds a room's rule. */
export class HistoryRules {
  readonly #rules: readonly { options: HistoryOptions; matches: RoomPattern }[];

  constructor(rules: readonly HistoryRule[]) {
    this.#rules = rules.map(({ pattern, size, seconds }) => ({
      options: { size, seconds },
      matches: roomPattern(pattern),
    }));
  }

  of(room: string): HistoryOptions {
    return this.#rules.find(({ matches }) => matches.test(room))?.options ?? NO_HISTORY;
  }
}
