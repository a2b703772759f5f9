/**
 * The rules that were made for the rooms of one site while the server runs. Those for a room by its name come before those
 * with a `*`, and of these longer ones before shorter ones. `room_rules.ts` asks the file's rules first.
 */
import { PatternRules } from "./pattern_rules.ts";
import type { NamedRule, RoomWithRule } from "./rule.ts";

export class SiteRules {
  /** What was found for the site's rooms. */
  readonly found: Map<string, RoomWithRule> = new Map();
  readonly #exact = new Map<string, NamedRule>();
  readonly #patterns = new PatternRules();
  /** How many rules are open to guests. */
  #forGuests = 0;

  get isEmpty(): boolean {
    return this.#exact.size + this.#patterns.size === 0;
  }

  get hasGuests(): boolean {
    return this.#forGuests > 0;
  }

  /** Puts a rule in the place of the one that has its pattern. */
  set(rule: NamedRule): void {
    this.delete(rule.pattern);
    if (!rule.needsToken) this.#forGuests++;
    if (isPattern(rule.pattern)) this.#patterns.set(rule);
    else this.#exact.set(rule.pattern, rule);
  }

  delete(pattern: string): void {
    const known = this.get(pattern);
    if (known?.needsToken === false) this.#forGuests--;
    this.#exact.delete(pattern);
    this.found.delete(pattern);
    if (!isPattern(pattern)) return;
    this.#patterns.delete(pattern);
    this.found.clear();
  }

  /** The rule that has this pattern. */
  get(pattern: string): NamedRule | undefined {
    return isPattern(pattern) ? this.#patterns.get(pattern) : this.#exact.get(pattern);
  }

  /** The rule that counts for a room; `undefined` where none does. */
  of(room: string): NamedRule | undefined {
    return this.#exact.get(room) ?? this.#patterns.of(room);
  }
}

/** Whether a name stands for rooms by a `*`. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}
