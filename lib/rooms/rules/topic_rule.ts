/** What holds for topics, by the rules of the file; `lib/topics/rules.ts` finds the one for a topic. */
import type { UserId } from "../../base/fields.ts";
import type { Note } from "../../base/shape.ts";
import type { HistoryOptions } from "../../core/publication.ts";
import { checkHistory, historyOf, userSet } from "./read_rule.ts";
import type { TopicFields } from "./topic_fields.ts";

export interface TopicRule {
  /** A topic's name, in which `*` stands for any text. */
  readonly pattern: string;
  /** Whether guests, who have no token, stay outside. */
  readonly needsToken: boolean;
  /** Whether one subscribes only by a subscribe token, by a grant, or as one of the members. */
  readonly isPrivate: boolean;
  readonly members: ReadonlySet<UserId>;
  /** How much is kept; absent: as `APP_TOPIC_HISTORY` says. */
  readonly history?: HistoryOptions;
}

/** Checks whether the fields of a rule, each good by itself, go together. */
export function checkTopicRule(
  rule: TopicFields,
  { at, hasTokens, note }: { at: string; hasTokens: boolean; note: Note },
): void {
  if (!hasTokens) {
    const open = "cannot be used in open mode, where anyone is who they say: set APP_KEY";
    if (rule.auth) note(`${at}.auth`, open);
    if (rule.private) note(`${at}.private`, open);
  } else if (rule.private && rule.auth === false) {
    note(`${at}.auth`, "cannot be false in a private topic: nobody knows who a guest is");
  }
  if (rule.members !== undefined && !isPrivate(rule, hasTokens)) {
    note(`${at}.members`, "is of no use: the topic is not private");
  }
  checkHistory(rule, at, note);
}

/** The rule that fields describe which {@linkcode checkTopicRule} has nothing against. */
export function topicRuleOf(rule: TopicFields, hasTokens: boolean): TopicRule {
  return {
    pattern: rule.pattern,
    needsToken: rule.auth ?? hasTokens,
    isPrivate: isPrivate(rule, hasTokens),
    members: userSet(rule.members ?? []),
    history: historyOf(rule),
  };
}

/** A topic is private unless its rule says otherwise, or lets guests in. */
function isPrivate(rule: TopicFields, hasTokens: boolean): boolean {
  return rule.private ?? (hasTokens && rule.auth !== false);
}
