/**
 * Finds what holds for a room: the first rule of the file whose pattern matches its name, else a rule that was made for it
 * while the server runs. `rooms/access.ts` says who may do what by it.
 */
import { DEFAULT_SITE } from "../../base/site.ts";
import { type HistoryRule, HistoryRules } from "./history_rules.ts";
import {
  type NamedRule,
  PUBLIC,
  type RoomRule,
  type RoomRuleSet,
  type RoomWithRule,
  USER_ROOMS,
} from "./rule.ts";
import { type PatternRule, patternRule } from "./pattern_rules.ts";
import { SiteRules } from "./site_rules.ts";

/** The rules where there is no file of them. @param privateRooms patterns */
export function roomsWithoutFile(privateRooms: readonly string[]): RoomRuleSet {
  const rules = privateRooms.map((pattern) => ({ ...PUBLIC, pattern, isPrivate: true }));
  return { rules, unknown: PUBLIC };
}

export class RoomRules {
  #rules: readonly PatternRule[] = [];
  #unknown: RoomRule = PUBLIC;
  #history: HistoryRules;
  /** What was found for rooms of sites that have no rules of their own. */
  readonly #found = new Map<string, RoomWithRule>();
  /** The sites that have rules of their own, which were made while the server runs. */
  readonly #sites = new Map<string, SiteRules>();
  /** Whether the rules that were made are known. Until then nobody knows what holds for a room that the file does not name. */
  isComplete = true;
  /** How many rooms were found something for. Past `MAX_REMEMBERED` all of it is forgotten. */
  #remembered = 0;

  constructor(ofFile: RoomRuleSet, history: readonly HistoryRule[]) {
    this.#history = new HistoryRules(history);
    this.replace(ofFile, history);
  }

  /** Puts others in the place of the file's rules. Those that were made while the server runs stay. */
  replace({ rules, unknown }: RoomRuleSet, history: readonly HistoryRule[]): void {
    this.#rules = rules.map(patternRule);
    this.#unknown = unknown;
    this.#history = new HistoryRules(history);
    this.#forget();
  }

  /** Whether some rooms are open to guests, who have no token. Guests are of the default site. */
  get haveGuests(): boolean {
    return this.#rules.some(({ rule }) => !rule.needsToken) ||
      (this.#sites.get(DEFAULT_SITE)?.hasGuests ?? false);
  }

  /** What holds for a room. It runs for every message, so what was found is remembered. */
  of(site: string, room: string): RoomWithRule {
    const own = this.#sites.size === 0 ? undefined : this.#sites.get(site);
    const known = (own?.found ?? this.#found).get(room);
    return known ?? this.#find(room, own);
  }

  /** The patterns of the file's rules, in their order. */
  get patterns(): readonly string[] {
    return this.#rules.map(({ rule }) => rule.pattern);
  }

  /** Puts a rule of a site beside the file's, in the place of the one that has its pattern. */
  make(site: string, rule: NamedRule): void {
    const own = this.#sites.get(site) ?? new SiteRules();
    this.#sites.set(site, own);
    own.set(rule);
  }

  /** Ends what {@linkcode RoomRules.make} began. */
  unmake(site: string, pattern: string): void {
    const own = this.#sites.get(site);
    own?.delete(pattern);
    if (own?.isEmpty) this.#sites.delete(site);
  }

  #find(room: string, own: SiteRules | undefined): RoomWithRule {
    const ofFile = this.#rules.find(({ matches }) => matches.test(room))?.rule;
    // A user's own room is never closed: without it, a client of version 1 would get no notification.
    const unnamed = room.startsWith(USER_ROOMS) ? PUBLIC : this.#unknown;
    if (ofFile === undefined && !this.isComplete) {
      return { ...unnamed, isUnknown: true, history: this.#history.of(room) };
    }
    const rule: RoomRule & Pick<RoomWithRule, "pattern"> = ofFile ?? own?.of(room) ?? unnamed;
    const found = { ...rule, history: rule.history ?? this.#history.of(room) };
    if (++this.#remembered > MAX_REMEMBERED) this.#forget();
    (own?.found ?? this.#found).set(room, found);
    return found;
  }

  #forget(): void {
    this.#remembered = 1;
    this.#found.clear();
    for (const { found } of this.#sites.values()) found.clear();
  }
}

const MAX_REMEMBERED = 10_000;
