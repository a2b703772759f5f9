/**
 * The rules that were made for the rooms of one site while the server runs. Those for a room by its name come before those
 * with a `*`, and of these longer ones before shorter ones. `room_rules.ts` asks the file's rules first.
 */
import { type RoomPattern, roomPattern } from "./patterns.ts";
import type { NamedRule, RoomWithRule } from "./rule.ts";

/** A rule with what says whether it is for a room. */
export interface PatternRule {
  readonly rule: NamedRule;
  readonly matches: RoomPattern;
}

export function patternRule(rule: NamedRule): PatternRule {
  return { rule, matches: roomPattern(rule.pattern) };
}

export class SiteRules {
  /** What was found for the site's rooms. */
  readonly found: Map<string, RoomWithRule> = new Map();
  readonly #exact = new Map<string, NamedRule>();
  /** In the order in which they are asked. */
  #patterns: readonly PatternRule[] = [];
  /** How many rules are open to guests. */
  #forGuests = 0;

  get isEmpty(): boolean {
    return this.#exact.size + this.#patterns.length === 0;
  }

  get hasGuests(): boolean {
    return this.#forGuests > 0;
  }

  /** Puts a rule in the place of the one that has its pattern. */
  set(rule: NamedRule): void {
    this.delete(rule.pattern);
    if (!rule.needsToken) this.#forGuests++;
    if (!isPattern(rule.pattern)) return void this.#exact.set(rule.pattern, rule);
    const at = this.#patterns.findIndex((each) => isBefore(rule, each.rule));
    this.#patterns = this.#patterns.toSpliced(at < 0 ? Infinity : at, 0, patternRule(rule));
  }

  delete(pattern: string): void {
    const known = this.get(pattern);
    if (known?.needsToken === false) this.#forGuests--;
    this.#exact.delete(pattern);
    this.found.delete(pattern);
    if (!isPattern(pattern)) return;
    this.#patterns = this.#patterns.filter(({ rule }) => rule.pattern !== pattern);
    this.found.clear();
  }

  /** The rule that has this pattern. */
  get(pattern: string): NamedRule | undefined {
    if (!isPattern(pattern)) return this.#exact.get(pattern);
    return this.#patterns.find(({ rule }) => rule.pattern === pattern)?.rule;
  }

  /** The rule that counts for a room; `undefined` where none does. */
  of(room: string): NamedRule | undefined {
    return this.#exact.get(room) ?? this.#patterns.find(({ matches }) => matches.test(room))?.rule;
  }
}

/** Whether a name stands for rooms by a `*`. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}

function isBefore(one: NamedRule, other: NamedRule): boolean {
  const [own, others] = [one.pattern, other.pattern];
  return own.length === others.length ? own < others : own.length > others.length;
}
