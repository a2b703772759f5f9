/** How much of a room's messages is kept, by patterns of room names. */
import type { HistoryOptions } from "./engine.ts";
import { roomPattern } from "./room_patterns.ts";

export interface HistoryRule extends HistoryOptions {
  /** A room's name, in which `*` stands for any text. */
  readonly pattern: string;
}

const NONE: HistoryOptions = { size: 0, seconds: 1 };

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

/** Finds a room's rule; what it found is remembered, up to a bound. */
export class HistoryRules {
  readonly #rules: readonly { options: HistoryOptions; matches: RegExp }[];
  /** Bounded by `MAX_REMEMBERED`: then all of it is forgotten. */
  readonly #found = new Map<string, HistoryOptions>();

  constructor(rules: readonly HistoryRule[]) {
    this.#rules = rules.map(({ pattern, size, seconds }) => ({
      options: { size, seconds },
      matches: roomPattern(pattern),
    }));
  }

  of(room: string): HistoryOptions {
    const known = this.#found.get(room);
    if (known !== undefined) return known;
    const options = this.#rules.find(({ matches }) => matches.test(room))?.options ?? NONE;
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(room, options);
    return options;
  }
}

const MAX_REMEMBERED = 10_000;
