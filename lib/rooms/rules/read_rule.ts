/** Reads one rule, of the file or of those that are made while the server runs. `rule_fields.ts` says what it may hold. */
import type { UserId } from "../../base/fields.ts";
import type { Note } from "../../base/shape.ts";
import { NO_HISTORY } from "./history_rules.ts";
import { MAX_PRESENCE, type NamedRule, type RoomRule, type Speakers } from "./rule.ts";
import type { RuleFields, User } from "./rule_fields.ts";

/** Checks whether the fields of a rule, each good by itself, go together. */
export function checkRule(
  rule: RuleFields,
  { at, hasTokens, note }: { at: string; hasTokens: boolean; note: Note },
): void {
  if (!hasTokens) {
    const open = "cannot be used in open mode, where anyone is who they say: set APP_KEY";
    if (rule.auth) note(`${at}.auth`, open);
    if (rule.private) note(`${at}.private`, open);
    for (const field of ["publish", "events"] as const) {
      if (typeof rule[field] === "object") {
        note(`${at}.${field}`, `${open}, or use no list of users`);
      }
    }
  } else if (rule.private && rule.auth === false) {
    note(`${at}.auth`, "cannot be false in a private room: nobody knows who a guest is");
  }
  if (rule.members !== undefined && !rule.private) {
    note(`${at}.members`, 'is of no use: the rule does not say "private": true');
  }
  checkHistory(rule, at, note);
}

/** Checks whether a rule says how much is kept, where that is to outlive a restart. */
export function checkHistory(
  { persistent, history }: Pick<RuleFields, "persistent" | "history">,
  at: string,
  note: Note,
): void {
  if (!persistent || history) return;
  note(
    `${at}.persistent`,
    'needs to know how much: say it by "history", such as {"size": 1000, "seconds": 86400}',
  );
}

/** The rule that fields describe which {@linkcode checkRule} has nothing against. */
export function ruleOf(rule: RuleFields, hasTokens: boolean): NamedRule {
  const { pattern, maxClients, publish = "anyone", events = "members", presence = true } = rule;
  const { maxPresence = MAX_PRESENCE } = rule;
  return {
    pattern,
    isClosed: false,
    needsToken: rule.auth ?? hasTokens,
    isPrivate: rule.private ?? false,
    members: userSet(rule.members ?? []),
    maxClients,
    speakers: speakersOf(publish),
    tellers: speakersOf(events),
    showsPresence: presence,
    maxPresence,
    history: historyOf(rule),
  };
}

function speakersOf(field: NonNullable<RuleFields["publish"]>): Speakers {
  return typeof field === "string" ? field : userSet(field);
}

/** How much a rule says is kept; `undefined` where it says nothing of it. */
export function historyOf(
  { history, persistent }: Pick<RuleFields, "persistent" | "history">,
): RoomRule["history"] {
  if (history === undefined) return undefined;
  return history === false ? NO_HISTORY : { ...history, persistent };
}

/** The empty set that all rules without members share. */
const NOBODY: ReadonlySet<UserId> = new Set();

export function userSet(users: readonly User[]): ReadonlySet<UserId> {
  if (users.length === 0) return NOBODY;
  return new Set(users.map(String));
}
