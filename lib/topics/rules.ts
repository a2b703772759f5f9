/** Finds what holds for a topic: the first rule whose pattern matches its name. `access.ts` says who may subscribe by it. */
import type { UserId } from "../base/fields.ts";
import type { HistoryOptions } from "../core/publication.ts";
import { type HistoryRule, HistoryRules } from "../rooms/rules/history_rules.ts";
import { roomPattern } from "../rooms/rules/patterns.ts";
import type { TopicRule } from "../rooms/rules/topic_rule.ts";

/** What holds for one topic. */
export interface TopicWithRule extends Omit<TopicRule, "pattern"> {
  /** The pattern of the rule; absent where no rule names the topic. */
  readonly pattern?: string;
  readonly history: HistoryOptions;
}

/** What holds for topics that no rule names; on an open server nobody asks. */
const UNKNOWN = { needsToken: true, isPrivate: true, members: new Set<UserId>() };

const MAX_REMEMBERED = 10_000;

export class TopicRules {
  #rules: readonly { rule: TopicRule; matches: { test(topic: string): boolean } }[];
  #history: HistoryRules;
  /** What was found for topics. Where there is more than `MAX_REMEMBERED`, all of it is forgotten. */
  readonly #found = new Map<string, TopicWithRule>();

  constructor(rules: readonly TopicRule[], history: readonly HistoryRule[]) {
    this.#rules = rules.map((rule) => ({ rule, matches: roomPattern(rule.pattern) }));
    this.#history = new HistoryRules(history);
  }

  /** Puts others in the place of the rules. */
  replace(rules: readonly TopicRule[], history: readonly HistoryRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matches: roomPattern(rule.pattern) }));
    this.#history = new HistoryRules(history);
    this.#found.clear();
  }

  /** Whether some topics are open to guests, who have no token. */
  get haveGuests(): boolean {
    return this.#rules.some(({ rule }) => !rule.needsToken);
  }

  /** What holds for a topic. It runs for every publication, so what was found is remembered. */
  of(topic: string): TopicWithRule {
    const known = this.#found.get(topic);
    if (known !== undefined) return known;
    const rule: Omit<TopicWithRule, "history"> & Pick<TopicRule, "history"> =
      this.#rules.find(({ matches }) => matches.test(topic))?.rule ?? UNKNOWN;
    const found = { ...rule, history: rule.history ?? this.#history.of(topic) };
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(topic, found);
    return found;
  }
}
