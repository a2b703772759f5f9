/** Puts a rule for rooms in words, as `notifyli check` prints it. */
import { type UserId, userIdOnWire } from "../../base/fields.ts";
import { MAX_PRESENCE, type RoomRule, type Speakers } from "./rule.ts";
import type { TopicRule } from "./topic_rule.ts";

/** The parts of a rule in words, by what they are about, in the order in which they are printed. */
export function wordsOf(
  rule: RoomRule,
  hasTokens: boolean,
): Record<"enter" | "speak" | "events" | "clients" | "presence" | "history", string> {
  return {
    enter: entry(rule, hasTokens),
    speak: speech(rule.speakers),
    events: speech(rule.tellers),
    clients: rule.maxClients === undefined ? "any number" : `at most ${rule.maxClients}`,
    presence: presence(rule),
    history: history(rule),
  };
}

/** A rule for topics in one line. @param rule of topics that no rule names where it is absent */
export function topicLineOf(rule: TopicRule | undefined, hasTokens: boolean): string {
  const who = { needsToken: true, isPrivate: hasTokens, members: new Set<UserId>(), ...rule };
  const kept = rule?.history === undefined ? [] : [`history: ${history(rule, "events")}`];
  return [`subscribe: ${entry({ isClosed: false, ...who }, hasTokens)}`, ...kept].join("; ");
}

/** A rule in one line, without what holds for rooms by default. */
export function lineOf(rule: RoomRule, hasTokens: boolean): string {
  const { enter, speak, events, history } = wordsOf(rule, hasTokens);
  const speaking = rule.isClosed || rule.speakers === "anyone" ? [] : [`speak: ${speak}`];
  const telling = rule.isClosed || rule.tellers === "members" ? [] : [`events: ${events}`];
  const { maxClients } = rule;
  const clients = maxClients === undefined
    ? []
    : [`at most ${maxClients} ${maxClients === 1 ? "client" : "clients"}`];
  const isUsual = rule.showsPresence && rule.maxPresence === MAX_PRESENCE;
  const seen = isUsual ? [] : [`presence ${presence(rule)}`];
  const kept = rule.history === undefined ? [] : [`history: ${history}`];
  return [`enter: ${enter}`, ...speaking, ...telling, ...clients, ...seen, ...kept].join("; ");
}

function entry(
  { isClosed, isPrivate, needsToken, members }: Pick<
    RoomRule,
    "isClosed" | "isPrivate" | "needsToken" | "members"
  >,
  hasTokens: boolean,
): string {
  if (isClosed) return "nobody";
  if (!hasTokens) return "everyone";
  if (!isPrivate) return needsToken ? "who has a connection token" : "everyone, guests too";
  return ["by a grant or a subscription token", ...(members.size > 0 ? [userList(members)] : [])]
    .join(", or as ");
}

function presence({ showsPresence, maxPresence }: RoomRule): string {
  if (!showsPresence) return "hidden";
  return maxPresence === MAX_PRESENCE ? "shown" : `shown up to ${maxPresence} users`;
}

function speech(speakers: Speakers): string {
  switch (speakers) {
    case "anyone":
      return "who may enter";
    case "members":
      return "who is in it";
    case "server":
      return "no client";
    default:
      return speakers.size === 0 ? "no client" : userList(speakers);
  }
}

function history({ history }: Pick<RoomRule, "history">, what = "messages"): string {
  if (history === undefined) return "as APP_HISTORY says";
  if (history.size === 0) return "none";
  const kept = `${history.size} ${what} for ${history.seconds} s after the last`;
  return history.persistent ? `${kept}, persistent` : kept;
}

/** Most users that are named. */
const SHOWN = 10;

function userList(users: ReadonlySet<string>): string {
  const names = [...users].map((user) => JSON.stringify(userIdOnWire(user)));
  const rest = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `${names.length === 1 ? "user" : "users"} ${names.slice(0, SHOWN).join(", ")}${rest}`;
}
