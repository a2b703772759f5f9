/** Patterns of room names, in which `*` stands for any text. */

/**
 * @example
 * ```ts
 * import { roomPattern } from "./room_patterns.ts";
 * console.log(roomPattern("news:*").test("news:sport"));
 * ```
 */
export function roomPattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.split("*").map(RegExp.escape).join("[^]*")}$`);
}
