/**
 * What became of one notification for one user: every step with its time, and where it did not go on, why not. Most of it is
 * stored with the notification; at which connection it was, nodes remember for a while (`inbox/steps.ts`).
 */
import type { UserId } from "../../base/fields.ts";
import type { InboxService, Whereabouts } from "../../inbox/inbox.ts";
import type { Step, StepRecord } from "../../inbox/steps.ts";
import type { Timing } from "../../inbox/timing/timing.ts";
import type { Outcome } from "../../inbox/timing/types.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";
import type { Snapshot } from "../live/snapshot.ts";

/** One step. Times are Unix times in seconds, with a fraction where it is known. */
export interface TimelineStep {
  readonly step:
    | "accepted"
    | "edited"
    | "stored"
    | "scheduled"
    | "held_back"
    | "published"
    | "sent"
    | "acknowledged"
    | "pushed"
    | "push_failed"
    | "read"
    | "acted"
    | "snoozed"
    | "deleted"
    | "withdrawn"
    | "expired";
  readonly at: number;
  readonly node?: string;
  readonly connection?: string;
  readonly device?: string;
  /** By what it went, such as `web_push`, or what was done, such as the id of an action. */
  readonly way?: string;
  /** Why it did not go on, in a sentence. */
  readonly why_not?: string;
}

export interface Timeline {
  readonly user: UserId;
  readonly steps: readonly TimelineStep[];
  /** Since when nodes know at which connections it was, Unix time in seconds. */
  readonly knownSince: number;
  /** The ids of nodes that have not answered. */
  readonly missing: readonly string[];
}

interface TimelineParts {
  readonly nodes: Nodes;
  readonly peers: Peers;
  readonly snapshot: Snapshot;
  readonly inbox: InboxService;
  readonly timing: Timing;
  readonly steps: StepRecord;
}

/** What one node remembers. */
interface Part {
  readonly steps: readonly Step[];
  readonly since: number;
  readonly owner?: UserId | undefined;
  /** Whether the user has a connection there. */
  readonly isThere: boolean;
}

export class Timelines {
  readonly #parts: TimelineParts;

  constructor(parts: TimelineParts) {
    this.#parts = parts;
    parts.peers.answer(
      "steps",
      ({ site, id, user }) => this.#part(String(site), String(id), user as UserId | undefined),
    );
  }

  /** Resolves with `undefined` where nobody knows of such a notification. */
  async find(site: string, id: string, of?: UserId): Promise<Timeline | undefined> {
    const { inbox, timing, nodes } = this.#parts;
    const place = await inbox.whereabouts(site, id, of);
    const outcome = await timing.outcome(site, id, place?.user ?? of);
    const known = place?.user ?? outcome?.user ?? of;
    const asked = await nodes.ask<Part>("steps", { site, id, user: known });
    const parts = [...asked.answers];
    const user = known ?? parts.find(([, { owner }]) => owner !== undefined)?.[1].owner;
    if (user === undefined) return undefined;
    const remembered = parts.flatMap(([node, { steps }]) =>
      steps.map((step) => ({ ...step, node }))
    );
    const { pushes = [] } = await timing.pushing.receipts(site, id, user);
    const isKnown = place?.found !== undefined || place?.dueAt !== undefined ||
      outcome !== undefined || remembered.length > 0 || pushes.length > 0;
    if (!isKnown) return undefined;
    const steps = [
      ...stepsInStores(place, outcome),
      ...remembered.map(stepOf),
      ...pushes.map(pushStep),
      ...expiry(place, remembered, Date.now()),
    ].sort((one, other) =>
      one.at - other.at || ORDER.indexOf(one.step) - ORDER.indexOf(other.step)
    );
    const isOnline = parts.some(([, { isThere }]) => isThere);
    return {
      user,
      steps: withReason(withoutDoubles(steps), { place, isOnline }),
      knownSince: Math.max(...parts.map(([, { since }]) => since)) / 1000,
      missing: asked.missing,
    };
  }

  #part(site: string, id: string, named: UserId | undefined): Part {
    const { steps, snapshot } = this.#parts;
    const owner = named ?? steps.ownerOf(site, id);
    if (owner === undefined) return { steps: [], since: steps.since, isThere: false };
    return {
      ...{ steps: steps.of(site, owner, id), since: steps.since, owner },
      isThere: snapshot.of(site, owner).length > 0,
    };
  }
}

/** The order of steps of one moment. */
const ORDER: readonly TimelineStep["step"][] = [
  ...["accepted", "scheduled", "held_back", "stored", "published", "sent", "acknowledged"] as const,
  ...["pushed", "push_failed", "read", "acted", "edited", "snoozed"] as const,
  ...["deleted", "withdrawn", "expired"] as const,
];

function stepsInStores(
  place: Whereabouts | undefined,
  outcome: Outcome | undefined,
): TimelineStep[] {
  const steps: TimelineStep[] = [];
  const { found, dueAt, isSnoozed, actions = [] } = place ?? {};
  if (dueAt !== undefined) {
    const why_not = `It waits for its time, ${at(dueAt)}.`;
    steps.push({ step: isSnoozed ? "snoozed" : "scheduled", at: Date.now() / 1000, why_not });
  }
  if (found !== undefined) {
    const { queuedAt, sentAt, deliveredAt, readAt, publication: { details = {} } } = found;
    for (const step of ["accepted", "stored", "published"] as const) {
      steps.push({ step, at: queuedAt / 1000 });
    }
    const { alert_at: alertAt, snoozed_at: snoozedAt } = details;
    if (typeof alertAt === "number") {
      const why_not = `It asks for no attention before ${
        at(alertAt * 1000)
      }: the user has quiet hours.`;
      steps.push({ step: "held_back", at: queuedAt / 1000, why_not });
    }
    if (typeof snoozedAt === "number") steps.push({ step: "snoozed", at: snoozedAt });
    if (sentAt) steps.push({ step: "sent", at: sentAt / 1000 });
    if (deliveredAt) steps.push({ step: "acknowledged", at: deliveredAt / 1000 });
    if (readAt) steps.push({ step: "read", at: readAt / 1000 });
  }
  for (const { id, done_at } of actions) {
    if (done_at !== undefined) steps.push({ step: "acted", at: done_at, way: id });
  }
  if (outcome !== undefined) {
    const step = outcome.state === "withdrawn" ? "withdrawn" : "held_back";
    steps.push({ step, at: outcome.at / 1000, why_not: whyHeld(outcome) });
  }
  return steps;
}

function whyHeld({ state, why, digest }: Outcome): string {
  const whose = WHOSE[why] ?? why;
  switch (state) {
    case "withheld":
      return `It did not come into the inbox: ${whose} said so.`;
    case "digested":
      return digest === undefined
        ? `It waits for a digest, since ${whose} said so.`
        : `It came in the digest ${digest}, since ${whose} said so.`;
    case "withdrawn":
      return "Its sender took it back before its digest came.";
  }
}

const WHOSE: Readonly<Record<string, string>> = {
  preferences: "the user's preferences",
  kind: "what is set for its kind",
  throttle: "the throttle of its kind",
};

function stepOf({ step, at, connection, node }: Step & { readonly node: string }): TimelineStep {
  return { step, at: at / 1000, node, ...(connection !== undefined && { connection }) };
}

/** That a notification ran out: it is gone from the stores then, or is there for a moment more, and nodes remember its end. */
function expiry(
  place: Whereabouts | undefined,
  remembered: readonly Step[],
  now: number,
): TimelineStep[] {
  const has = (...names: Step["step"][]) => remembered.some(({ step }) => names.includes(step));
  if (place?.dueAt !== undefined || has("deleted", "withdrawn")) return [];
  const last = remembered.filter(({ step }) => step === "accepted" || step === "edited")
    .toSorted((one, other) => one.at - other.at).at(-1);
  if (last?.expiresAt === undefined || last.expiresAt > now) return [];
  const isTaken = has("acknowledged");
  const why_not = has("sent")
    ? "No client had acknowledged it by then."
    : "No client was given it by then.";
  return [{ step: "expired", at: last.expiresAt / 1000, ...(!isTaken && { why_not }) }];
}

/** @param push as receipts show it */
function pushStep(push: Readonly<Record<string, unknown>>): TimelineStep {
  const { device, provider, state, why, at } = push;
  const isPushed = state === "taken" || state === "closed";
  const isHeld = state === "waiting" || state === "spared";
  return {
    step: isPushed ? "pushed" : isHeld ? "held_back" : "push_failed",
    at: Number(at),
    ...(typeof device === "string" && { device }),
    ...(typeof provider === "string" && { way: provider }),
    ...(!isPushed && { why_not: whyNotPushed(String(state), why) }),
  };
}

function whyNotPushed(state: string, why: unknown): string {
  const reason = typeof why === "string" && why !== "" ? `: ${why}` : "";
  switch (state) {
    case "waiting":
      return `It still waits to be pushed${reason}.`;
    case "spared":
      return `It was not pushed${reason}.`;
    case "gone":
      return `The device is gone${reason}.`;
    default:
      return `The push service did not take it${reason}.`;
  }
}

/** What a store says is also what a node remembers, with the connection: one of both is enough. */
function withoutDoubles(steps: readonly TimelineStep[]): TimelineStep[] {
  const hasPlace = new Set(
    steps.filter(({ node }) => node !== undefined).map(({ step }) => step),
  );
  return steps.filter(({ step, node }) => node !== undefined || !hasPlace.has(step));
}

/** Says of the last step why it is the last, where nothing else says so. */
function withReason(
  steps: readonly TimelineStep[],
  { place, isOnline }: { readonly place: Whereabouts | undefined; readonly isOnline: boolean },
): TimelineStep[] {
  const last = steps.at(-1);
  const has = (...names: TimelineStep["step"][]) => steps.some(({ step }) => names.includes(step));
  const hasEnded = has("acknowledged", "read", "acted", "deleted", "withdrawn", "expired");
  if (last === undefined || hasEnded) return [...steps];
  const index = steps.findLastIndex(({ step }) => step === "sent" || step === "published");
  const step = steps[index];
  if (step === undefined || step.why_not !== undefined) return [...steps];
  const why_not = place?.found === undefined && place?.dueAt === undefined
    ? "It is not in the inbox any more: it expired, or the user deleted it."
    : step.step === "sent"
    ? "No client has acknowledged it yet."
    : isOnline
    ? "The user is connected, but no connection was given it: none is in its room, or has read the inbox."
    : "The user has no connection.";
  return steps.with(index, { ...step, why_not });
}

function at(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
