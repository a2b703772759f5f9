/** What becomes of a notification for one user: of what the user has chosen, and what the application has set for its kind. */
import { quietUntil } from "./quiet_hours.ts";
import { EVERYWHERE, NOWHERE, type Reach } from "./reach.ts";
import {
  BUILT_IN,
  type Choice,
  type Decision,
  EVERY_KIND,
  type Kind,
  type Kinds,
  type Preferences,
  type Subject,
  type Way,
} from "./types.ts";

/** What becomes of a notification of which nobody has said anything. */
const AS_EVER: Decision = { inApp: "deliver", push: BUILT_IN.push, mail: BUILT_IN.mail };

/** The priority of what cannot wait. */
const URGENT = 5;

/** The same of who has no device, as most have not. */
const IN_APP_ALONE: Decision = { inApp: "deliver", push: false, mail: false };

/**
 * Decides. What is `critical` passes all that the user has chosen. The user's choices for its kind and its topic come before
 * what the application has set for the kind, unless that is locked; where two of them differ, the one that says no counts.
 *
 * @param preferences absent: the user has chosen nothing
 * @param kinds what the application has set
 * @param now milliseconds of Unix time
 * @param reach by which ways the user can be reached beside the inbox
 */
export function decisionOf(
  preferences: Preferences | undefined,
  kinds: Kinds,
  subject: Subject,
  now: number,
  reach: Reach = EVERYWHERE,
): Decision {
  const kind = kinds.size === 0 ? undefined : kindOf(kinds, subject.kind);
  if (preferences === undefined && kind === undefined) return asEver(reach);
  const { critical = false } = subject;
  const own = critical ? undefined : preferences;
  const ways = waysOf(own, kind, subject);
  const push = ways.push && reach.push;
  const mail = ways.mail && reach.mail;
  const shown = presented(own, subject, ways.in_app, now);
  // What most come to: to put the objects below together costs more than all else here.
  if (kind === undefined && shown.inApp === "deliver" && push === reach.push) {
    return { inApp: "deliver", push, mail };
  }
  return {
    ...shown,
    ...(!ways.in_app && { why: (kind?.ways ?? BUILT_IN).in_app ? "preferences" : "kind" }),
    push,
    mail,
    ...(reach.push && !ways.push && {
      unpushed: (kind?.ways ?? BUILT_IN).push ? "preferences" as const : "kind" as const,
    }),
    ...timingOf(kind, critical),
  };
}

function asEver(reach: Reach): Decision {
  if (reach === NOWHERE) return IN_APP_ALONE;
  const { inApp, push, mail } = AS_EVER;
  return { inApp, push: push && reach.push, mail: mail && reach.mail };
}

/** The settings that count for a kind: its own, else those of its part up to a dot. */
export function kindOf(kinds: Kinds, kind: string | undefined): Kind | undefined {
  for (const each of chainOf(kind)) {
    const found = kinds.get(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** By which ways something comes to the user. @param preferences absent: the user's choices do not count */
export function waysOf(
  preferences: Preferences | undefined,
  kind: Kind | undefined,
  subject: Subject,
): Readonly<Record<Way, boolean>> {
  const ways = kind?.ways ?? BUILT_IN;
  if (preferences === undefined || kind?.locked !== undefined) return ways;
  const { kinds, topics } = preferences;
  if (kinds.size === 0 && topics.size === 0) return ways;
  const chain = kinds.size === 0 ? [] : chainOf(subject.kind);
  const chosen = (way: Way) =>
    choiceOf(preferences, { chain, topic: subject.topic }, way) ?? ways[way];
  return { in_app: chosen("in_app"), push: chosen("push"), mail: chosen("mail") };
}

/** The zone of the user's clock; the server's where the user has named none. */
export function zoneIn(preferences: Preferences | undefined): string {
  return preferences?.timeZone ?? preferences?.quietHours?.timeZone ?? Temporal.Now.timeZoneId();
}

/** Whether the user wants it by this way; `undefined` where the user has not said. */
function choiceOf(
  { kinds, topics }: Preferences,
  { chain, topic }: { readonly chain: readonly string[]; readonly topic: string | undefined },
  way: Way,
): boolean | undefined {
  const byKind = firstOf(kinds, chain, way);
  const byTopic = topic === undefined ? undefined : topics.get(topic)?.[way];
  if (byKind === false || byTopic === false) return false;
  return byKind ?? byTopic ?? kinds.get(EVERY_KIND)?.[way];
}

function firstOf(
  kinds: ReadonlyMap<string, Choice>,
  chain: readonly string[],
  way: Way,
): boolean | undefined {
  for (const each of chain) {
    const chosen = kinds.get(each)?.[way];
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/** `order.shipped`, then `order`. */
function chainOf(kind: string | undefined): readonly string[] {
  const chain: string[] = [];
  for (let part = kind ?? ""; part !== "";) {
    chain.push(part);
    part = part.slice(0, Math.max(0, part.lastIndexOf(".")));
  }
  return chain;
}

/** Whether it asks for attention now, or later. */
function presented(
  preferences: Preferences | undefined,
  { priority = 0 }: Subject,
  isInApp: boolean,
  now: number,
): Pick<Decision, "inApp" | "alertAt" | "by" | "quiet" | "why"> {
  const inApp = isInApp ? "deliver" : "withhold";
  if (preferences === undefined) return { inApp };
  const { muteUntil = 0, quietHours } = preferences;
  const unmuted = Math.max(now, muteUntil * 1000);
  const isLet = quietHours?.letsUrgent === true && priority >= URGENT;
  const end = quietHours && !isLet && quietUntil(quietHours, zoneIn(preferences), unmuted);
  const alertAt = end || unmuted;
  if (alertAt <= now) return { inApp };
  const why = unmuted > now ? "muted" : "quiet_hours";
  return {
    inApp: isInApp ? "silent" : "withhold",
    ...(alertAt !== Infinity && { alertAt, by: preferences }),
    ...{ why, quiet: why },
  };
}

/** What is critical waits for nothing. */
function timingOf(
  kind: Kind | undefined,
  isCritical: boolean,
): Pick<Decision, "digest" | "throttle" | "repeat"> {
  if (kind === undefined) return {};
  const { kind: name, digest, template, throttle, repeat } = kind;
  return {
    ...(digest && !isCritical && {
      digest: { ...digest, kind: name, ...(template !== undefined && { template }) },
    }),
    ...(throttle && !isCritical && { throttle: { ...throttle, kind: name } }),
    ...(repeat && { repeat }),
  };
}
