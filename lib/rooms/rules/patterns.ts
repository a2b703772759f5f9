/** Patterns of room names, in which `*` stands for any text. */

export interface RoomPattern {
  test(room: string): boolean;
}

/**
 * Reads a pattern. A test takes one look at each part of a name, however many `*` there are.
 *
 * @example
 * ```ts
 * import { roomPattern } from "./patterns.ts";
 * console.log(roomPattern("news:*").test("news:sport"));
 * ```
 */
export function roomPattern(pattern: string): RoomPattern {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return { test: (room) => room === pattern };
  return {
    test(room) {
      if (!room.startsWith(start) || !room.endsWith(end)) return false;
      let from = start.length;
      for (const part of rest) {
        const at = room.indexOf(part, from);
        if (at < 0) return false;
        from = at + part.length;
      }
      return from <= room.length - end.length;
    },
  };
}

/** Whether some name matches both patterns. */
export function patternsMeet(one: string, other: string): boolean {
  if (!one.includes("*")) return roomPattern(other).test(one);
  if (!other.includes("*")) return roomPattern(one).test(other);
  const [start, otherStart] = [startOf(one), startOf(other)];
  const [end, otherEnd] = [endOf(one), endOf(other)];
  // A name with both starts and both ends has room between them for all that stands between the `*`.
  return (start.startsWith(otherStart) || otherStart.startsWith(start)) &&
    (end.endsWith(otherEnd) || otherEnd.endsWith(end));
}

function startOf(pattern: string): string {
  return pattern.slice(0, pattern.indexOf("*"));
}

function endOf(pattern: string): string {
  return pattern.slice(pattern.lastIndexOf("*") + 1);
}
