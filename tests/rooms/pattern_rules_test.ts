/** Which of many made rules with a `*` counts for a room. */
import assert from "node:assert/strict";
import { PatternRules } from "../../lib/rooms/rules/pattern_rules.ts";
import { roomPattern } from "../../lib/rooms/rules/patterns.ts";
import { PUBLIC } from "../../lib/rooms/rules/rule.ts";

Deno.test("of patterns that match, the longest counts, and of two that are as long the first by its letters", () => {
  const rules = new PatternRules();
  const known = new Set<string>();
  let seed = 7;
  const any = (most: number) => (seed = seed * 48271 % 2147483647) % most;
  const text = (letters: string, length: number) =>
    Array.from({ length }, () => letters[any(letters.length)]).join("");
  for (let times = 0; times < 3000; times++) {
    const pattern = `${text("ab*", any(4))}*${text("ab*", any(3))}`;
    if (any(3) === 0) {
      rules.delete(pattern);
      known.delete(pattern);
    } else {
      rules.set({ ...PUBLIC, pattern });
      known.add(pattern);
    }
    const room = text("ab", 1 + any(5));
    const [expected] = [...known].filter((each) => roomPattern(each).test(room))
      .sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
    assert.equal(rules.of(room)?.pattern, expected, room);
    assert.equal(rules.get(pattern)?.pattern, known.has(pattern) ? pattern : undefined);
    assert.equal(rules.size, known.size);
  }
});
