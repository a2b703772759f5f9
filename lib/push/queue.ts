/**
 * Decides, when a push is due, whether and to which devices it goes, and writes what is to be sent. A push has these states:
 *
 * - a timer of the kind `push`, which is set before its notification is stored (`inbox/timing/`), so that no crash loses it;
 * - rows of `push_sends` that are `waiting`, written in the transaction that ends the timer: one a device, or one that says why
 *   nothing was pushed (`spared`);
 * - `taken`, `gone`, `refused` or `failed`, as the provider says. `sender.ts` brings rows there;
 * - `closed`, where what was taken is seen elsewhere: a timer of the kind `seen` is set before a user does anything, and looks
 *   at what the user's devices show a moment later.
 */
import { logFor } from "../base/log.ts";
import type { UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { Database, Work } from "../engines/database/database.ts";
import type { FoundNotification, InboxService, InboxWitness } from "../inbox/inbox.ts";
import type { PushBody, Pushes, PushReceipt, PushStep } from "../inbox/timing/pushes.ts";
import type { Meant, Timer } from "../inbox/timing/types.ts";
import type { Pushing } from "../inbox/timing/pushing.ts";
import type { Decisions } from "../preferences/decisions.ts";
import { NOWHERE } from "../preferences/reach.ts";
import type { Device } from "./types.ts";
import type { Providers } from "./kept_device.ts";
import type { PushCounters } from "./metrics.ts";
import type { Online } from "./online.ts";
import type { PushConfig } from "./settings.ts";
import { URGENT, wasSeen } from "./seen.ts";
import { addSends, closeShown, hasShown, noteSpared, sendsOf, shownOf } from "./store.ts";
import { sendOnWire } from "./wire.ts";

const log = logFor("push");

/** How long a push that comes at once waits for its notification, which is just being stored. */
const SOON_MS = 50;

/** When it is looked again where it cannot be read what a user has chosen. */
const AGAIN_MS = 1000;

/**
 * How long after a user has begun to do something it is looked at what devices show; and once more, since the store may have been
 * slow, or a push just on its way.
 */
const LOOK_MS = 500;
const SECOND_LOOK_MS = 5000;
const SECOND_LOOK = "1";

/** How many notifications of a user are looked at together, the newest. */
const MOST_SHOWN = 100;

interface QueueParts {
  readonly database: Database;
  readonly decisions: Decisions;
  readonly inbox: Pick<InboxService, "find">;
  readonly pushing: Pick<Pushing, "lookSoon" | "lookLater">;
  readonly providers: Providers;
  readonly online: Online;
  readonly counters: PushCounters;
  readonly config: PushConfig;
  now(): number;
  /** There is something to send. */
  wake(): void;
}

export class PushQueue implements Pushes, InboxWitness {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  get isOn(): boolean {
    return this.#parts.config.afterMs !== Infinity;
  }

  dueAt(
    { site, user, priority }: {
      readonly site: string;
      readonly user: UserId;
      readonly priority: number;
    },
    now: number,
  ): number {
    const { online, config: { afterMs } } = this.#parts;
    const waits = priority < URGENT && online.isHere(site, user);
    return now + Math.max(SOON_MS, waits ? afterMs : 0);
  }

  async receipts(site: string, id: string, user?: UserId): Promise<readonly PushReceipt[]> {
    const sends = await this.#parts.database.transaction(() => sendsOf(site, id, user));
    return sends.map(sendOnWire);
  }

  spare(meant: Meant, why: string, now: number): Work<void> {
    return noteSpared(meant, why, now);
  }

  async due(
    timer: Timer,
    body: PushBody,
    found: FoundNotification | undefined,
  ): Promise<PushStep> {
    const now = this.#parts.now();
    const expiresAt = this.#endOf(timer, body);
    if (expiresAt <= now) return this.#spared(timer, "expired");
    if (body.content === undefined) {
      if (found === undefined) return this.#spared(timer, "withdrawn");
      const seen = await this.#seen(timer, body, found);
      if (seen !== undefined) return this.#spared(timer, seen);
    }
    const said = body.content ?? found!.publication;
    const { site, user } = timer;
    const decision = await this.#parts.decisions.decide({
      ...{ site, user },
      ...subjectOf(said.details ?? {}),
    }, now);
    // Who can be reached is not known either: it would be lost.
    if (decision.isUnknown) return { then: "wait", until: now + AGAIN_MS };
    const ways = body.isForced ? body.ways : body.ways.filter((way) => decision[way]);
    if (ways.length === 0) return this.#spared(timer, decision.unpushed ?? "preferences");
    if (decision.quiet !== undefined) {
      const { alertAt, quiet } = decision;
      if (alertAt === undefined) return this.#spared(timer, quiet);
      if (alertAt > now) return { then: "wait", until: alertAt };
    }
    const until = await this.#waitsUntil(timer, body);
    if (until > now) return { then: "wait", until };
    const group = String(said.details?.["group"] ?? "");
    return this.#sends(timer, body, { ways, expiresAt, group });
  }

  /** A user is about to do something with notifications: a moment later it is looked at what the user's devices show. */
  changing(site: string, user: UserId): Promise<void> | undefined {
    const reach = this.#parts.decisions.reachOf(site, user);
    if (reach === NOWHERE) return undefined;
    return this.#lookSoon(site, user);
  }

  async look(timer: Timer): Promise<PushStep> {
    const { database, inbox, now, providers } = this.#parts;
    const { site, user } = timer;
    const shown = await database.transaction(() => shownOf({ site, user }, now(), MOST_SHOWN));
    const seen: string[] = [];
    for (const { id, isInInbox } of shown) {
      if (!isInInbox) continue;
      const found = await inbox.find(site, user, id);
      if (found === undefined || wasSeen(found) !== undefined) seen.push(id);
    }
    const closing = [...providers.values()].filter(({ closes }) => closes).map(({ name }) => name);
    const close = function* () {
      yield* closeShown({ site, user }, seen, closing, now());
    };
    const isUnderWay = shown.some(({ id, isUnderWay }) => isUnderWay && seen.includes(id));
    if (timer.body === SECOND_LOOK && !isUnderWay) return this.#end(close);
    await database.transaction(close);
    this.#parts.wake();
    return { then: "wait", until: now() + SECOND_LOOK_MS, body: SECOND_LOOK };
  }

  async #lookSoon(site: string, user: UserId): Promise<void> {
    const { database, decisions, pushing, now } = this.#parts;
    try {
      const reach = await decisions.reachOf(site, user);
      if (reach === undefined) return pushing.lookLater(site, user);
      if (!reach.push && !reach.mail) return;
      const isShown = await database.transaction(() => hasShown({ site, user }, now()));
      if (isShown) await pushing.lookSoon(site, user, now() + LOOK_MS);
    } catch (error) {
      // What the user does is done all the same.
      pushing.lookLater(site, user);
      log.debug("devices of user {user} may show what was seen: {reason}", {
        ...{ user, reason: reasonOf(error) },
      });
    }
  }

  /** Why a notification is not pushed by now; `undefined` where it is. */
  async #seen(
    { site, user, priority }: Timer,
    { isAgain, wasQuiet }: PushBody,
    found: FoundNotification,
  ): Promise<string | undefined> {
    const seen = wasSeen(found);
    if (seen !== undefined) return seen;
    if (found.deliveredAt === undefined || isAgain || priority >= URGENT) return undefined;
    // What a page took while it was quiet, it showed to nobody: where no page is open any more, the devices are to.
    const isShown = !wasQuiet || await this.#parts.online.isAnywhere(site, user);
    return isShown ? "delivered" : undefined;
  }

  /** Who is connected has a while to acknowledge it, unless it is urgent. */
  async #waitsUntil(
    { site, user, priority, setAt }: Timer,
    { isAgain, wasQuiet, content }: PushBody,
  ): Promise<number> {
    const until = setAt + this.#parts.config.afterMs;
    const isLate = until <= this.#parts.now() || setAt > this.#parts.now();
    if (isLate || priority >= URGENT || isAgain || wasQuiet || content !== undefined) return 0;
    return await this.#parts.online.isAnywhere(site, user) ? until : 0;
  }

  #endOf({ setAt }: Timer, { expiresAt = Infinity }: PushBody): number {
    return Math.min(expiresAt, setAt + this.#parts.config.ttlMs);
  }

  #spared(timer: Timer, why: string): PushStep {
    const { site, user, ref: id } = timer;
    return this.#end(() => noteSpared({ site, user, id }, why, this.#parts.now()));
  }

  #sends(
    { site, user, ref: id, priority }: Timer,
    { round, content }: PushBody,
    { ways, expiresAt, group }: {
      readonly ways: PushBody["ways"];
      readonly expiresAt: number;
      readonly group: string;
    },
  ): PushStep {
    const { providers, now } = this.#parts;
    const body = content === undefined ? "" : JSON.stringify(content);
    return this.#end(function* () {
      yield* addSends({ site, user, id, round, priority, expiresAt, body, group }, {
        isMeant: ({ provider }) => ways.includes(provider === "mail" ? "mail" : "push"),
        originOf: (device) => originOf(providers, device),
        now: now(),
      });
    });
  }

  #end(work: () => Work<void>): PushStep {
    return { then: "end", work, done: () => this.#parts.wake() };
  }
}

/** Where a device's provider sends; `undefined` where the server is not set up for the provider any more. */
function originOf(providers: Providers, device: Device): string | undefined {
  try {
    return providers.get(device.provider)?.originOf(device);
  } catch (error) {
    log.warn("device {id} cannot be reached: {reason}", {
      ...{ id: device.id, reason: reasonOf(error) },
    });
    return undefined;
  }
}

function subjectOf({ kind, topic, critical, priority }: Readonly<Record<string, unknown>>) {
  return {
    critical: critical === true,
    ...(typeof kind === "string" && { kind }),
    ...(typeof topic === "string" && { topic }),
    ...(typeof priority === "number" && { priority }),
  };
}
