/**
 * The rules with a `*` in their names that were made for one site. There may be thousands, such as one for each tenant, so
 * they are looked up by the text before their first `*`, and not asked one after the other.
 */
import { type RoomPattern, roomPattern } from "./patterns.ts";
import type { NamedRule } from "./rule.ts";

/** A rule with what says whether it is for a room. */
export interface PatternRule {
  readonly rule: NamedRule;
  readonly matches: RoomPattern;
}

export function patternRule(rule: NamedRule): PatternRule {
  return { rule, matches: roomPattern(rule.pattern) };
}

export class PatternRules {
  readonly #rules = new Map<string, PatternRule>();
  /** By the text before the first `*`, each list in the order in which its rules count. */
  readonly #byStart = new Map<string, readonly PatternRule[]>();
  /** How many different texts before a `*` have each length. */
  readonly #lengths = new Map<number, number>();

  get size(): number {
    return this.#rules.size;
  }

  get(pattern: string): NamedRule | undefined {
    return this.#rules.get(pattern)?.rule;
  }

  /** Puts a rule in the place of the one that has its pattern. */
  set(rule: NamedRule): void {
    this.delete(rule.pattern);
    const added = patternRule(rule);
    this.#rules.set(rule.pattern, added);
    const start = startOf(rule.pattern);
    const others = this.#byStart.get(start);
    if (others === undefined) this.#count(start.length, 1);
    this.#byStart.set(start, insertedIn(others ?? [], added));
  }

  delete(pattern: string): void {
    const known = this.#rules.get(pattern);
    if (known === undefined) return;
    this.#rules.delete(pattern);
    const start = startOf(pattern);
    const left = this.#byStart.get(start)?.filter((each) => each !== known) ?? [];
    if (left.length > 0) return void this.#byStart.set(start, left);
    this.#byStart.delete(start);
    this.#count(start.length, -1);
  }

  /** The rule that counts for a room: of those that match, the one with the longest pattern. */
  of(room: string): NamedRule | undefined {
    let first: NamedRule | undefined;
    for (const length of this.#lengths.keys()) {
      if (length > room.length) continue;
      const found = this.#byStart.get(room.slice(0, length))
        ?.find(({ matches }) => matches.test(room))?.rule;
      if (found !== undefined && (first === undefined || isBefore(found, first))) first = found;
    }
    return first;
  }

  #count(length: number, change: number): void {
    const count = (this.#lengths.get(length) ?? 0) + change;
    if (count === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, count);
  }
}

function startOf(pattern: string): string {
  return pattern.slice(0, pattern.indexOf("*"));
}

function insertedIn(rules: readonly PatternRule[], added: PatternRule): PatternRule[] {
  let [low, high] = [0, rules.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(added.rule, rules[middle]!.rule)) high = middle;
    else low = middle + 1;
  }
  return rules.toSpliced(low, 0, added);
}

function isBefore(one: NamedRule, other: NamedRule): boolean {
  const [own, others] = [one.pattern, other.pattern];
  return own.length === others.length ? own < others : own.length > others.length;
}
