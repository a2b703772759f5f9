/**
 * Takes notifications in, whichever way they come, and stores them for now or for later before they are accepted. Next on a
 * message's way: the store's `Inbox.append`, which fans out.
 */
import { logFor } from "../base/log.ts";
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { NodeFigures } from "../core/figures.ts";
import { nextId } from "../base/ids.ts";
import { unixSeconds } from "../base/times.ts";
import type { Decisions } from "../preferences/decisions.ts";
import { type Attachments, wordsOf } from "./attachments.ts";
import type { InboxCounters } from "./metrics.ts";
import { deliveryOf, type ParsedNotification } from "./notification.ts";
import type { StepRecord } from "./steps.ts";
import type { Inbox, Notification, Schedule } from "./store/store.ts";
import { silenced, type Taking, type Timing } from "./timing/timing.ts";
import type { Held } from "./timing/types.ts";

const log = logFor("inbox");

/** A notification that another system asks for. */
export interface NotificationRequest extends ParsedNotification {
  readonly site: string;
  /** The claim of the bridge or the stream; absent for the other ways in. */
  readonly claim?: Notification["claim"];
  /** The id that the bridge made where the caller made none. At a retry, the notification may be there already. */
  readonly made?: { readonly id: string; readonly isRetry: boolean };
  /** Whether the answer shall say if the user is online, which costs a look at who is in the room. */
  readonly asksOnline?: boolean;
  /** Whether it is a digest, which comes at once. */
  readonly isDigest?: boolean;
  /** The topic to whose followers it was sent. */
  readonly topic?: string;
}

export interface NotifyResult {
  readonly id: string;
  /** Whether the user had a client in the room; `false` where the request does not ask. */
  readonly online: boolean;
  /** Whether the caller's id was there before; then nothing was sent again. */
  readonly isDuplicate: boolean;
  /** Unix time in seconds at which the notification will be delivered; absent where it is in the inbox. */
  readonly deliverAt?: number;
  /** Where it did not come into the inbox, or not by itself: what became of it, and why. */
  readonly held?: Pick<Held, "state" | "why">;
}

/** A notification of which all is done that comes before it is stored. */
export type Ready =
  /** It is not stored, or was taken into a digest. */
  | { readonly held: NotifyResult }
  | {
    readonly notification: Notification;
    /** Unix milliseconds; absent where it comes into the inbox. */
    readonly deliverAt?: number;
    readonly asksOnline: boolean;
  };

export interface NotifierParts {
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  readonly counters: InboxCounters;
  /** Remembers what was accepted here. @default nobody does */
  readonly steps?: StepRecord;
  readonly timing: Pick<Timing, "take">;
  readonly attachments: Pick<Attachments, "use" | "giveBackOthers" | "giveBackUnused">;
  readonly decisions: Pick<Decisions, "zoneOf">;
  readonly figures: Pick<NodeFigures, "begins" | "taken">;
  /** Whether the user is in a room, on any node. */
  isOnline(site: string, room: string, user: UserId): Promise<boolean>;
}

export class Notifier {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Sends a notification, or schedules it. Resolves once the store has it; rejects where the store does not take it. */
  async notify(request: NotificationRequest): Promise<NotifyResult> {
    const ready = this.prepare(request);
    return await this.store(ready instanceof Promise ? await ready : ready);
  }

  /**
   * Does what comes before a notification is stored. It is no promise where nothing is to be looked up or kept for that, as for
   * most; who keeps the order in which things came waits for it before anything else is stored.
   */
  prepare(request: NotificationRequest): Ready | Promise<Ready> {
    const time = this.#deliveryOf(request);
    return time instanceof Promise
      ? time.then((known) => this.#prepareAt(request, known))
      : this.#prepareAt(request, time);
  }

  /** Stores, in this turn, what is prepared, so that what a sender sends one after the other keeps its order. */
  async store(ready: Ready): Promise<NotifyResult> {
    if ("held" in ready) return ready.held;
    const { inbox, schedule, counters, steps } = this.#parts;
    const { notification, deliverAt, asksOnline } = ready;
    const { site, user, room, id, expiresAt } = notification;
    // Asked at the same time as the notification is stored, which counts whether this is answered or not.
    const asking = asksOnline ? this.#parts.isOnline(site, room, user).catch(() => false) : false;
    const isLater = deliverAt !== undefined;
    const acceptedAt = Date.now();
    const beganAt = isLater ? undefined : this.#parts.figures.begins(id);
    let isNew: boolean;
    try {
      isNew =
        await (isLater ? schedule.add({ ...notification, deliverAt }) : inbox.append(notification));
    } catch (error) {
      await this.#giveBackRefused(notification, error);
      throw withId(error, id);
    }
    if (beganAt !== undefined) this.#parts.figures.taken(beganAt);
    const online = await asking;
    if (isNew) steps?.note("accepted", { site, user, id }, { at: acceptedAt, expiresAt });
    if (isNew) counters[isLater ? "scheduled" : "accepted"].value++;
    log.debug("notification {id} for user {user} in room {room} is stored", { id, user, room });
    // A notification that was there before may have been sent with another time.
    const dueAt = isNew ? deliverAt : await schedule.dueAt(site, user, id);
    if (!isNew) await this.#giveBackOthers(notification);
    return { id, online, isDuplicate: !isNew, deliverAt: dueAt && dueAt / 1000 };
  }

  #prepareAt(request: NotificationRequest, time: number | undefined): Ready | Promise<Ready> {
    const deliverAt = (time ?? 0) * 1000;
    const isLater = deliverAt > Date.now();
    const asked = notificationOf(request, isLater);
    // What comes later is looked at then (`scheduler.ts`).
    const taking = isLater ? undefined : this.#parts.timing.take(asked, {
      isDigest: request.isDigest ?? false,
      isThere: () => this.#isThere(asked),
    });
    const times = { deliverAt, isLater };
    return taking instanceof Promise
      ? taking.then((taken) => this.#ready(request, asked, taken, times))
      : this.#ready(request, asked, taking, times);
  }

  #ready(
    request: NotificationRequest,
    asked: Notification,
    taken: Taking | undefined,
    { deliverAt, isLater }: { readonly deliverAt: number; readonly isLater: boolean },
  ): Ready | Promise<Ready> {
    if (taken?.held !== undefined) {
      const { state, why, isDuplicate } = taken.held;
      return { held: { id: asked.id, online: false, isDuplicate, held: { state, why } } };
    }
    const plain = taken?.isSilent ? silenced(asked, taken) : asked;
    const rest = {
      ...(isLater && { deliverAt }),
      asksOnline: request.asksOnline ?? false,
    };
    if (!hasFiles(request)) return { notification: plain, ...rest };
    return this.#attached(request, plain, deliverAt).then((files) => ({
      notification: { ...plain, ...files },
      ...rest,
    }));
  }

  async #isThere({ site, user, id }: Notification): Promise<boolean> {
    const { inbox, schedule } = this.#parts;
    return await schedule.dueAt(site, user, id) !== undefined ||
      await inbox.get(site, user, id) !== undefined;
  }

  /** When a notification is to be delivered, in Unix seconds. It is a promise only where the receiver's clock has to be looked up. */
  #deliveryOf(request: NotificationRequest): number | undefined | Promise<number | undefined> {
    if (typeof request.deliverAt !== "object") return request.deliverAt;
    return this.#deliveryOnClock(request);
  }

  async #deliveryOnClock(request: NotificationRequest): Promise<number | undefined> {
    return deliveryOf(request, await this.#parts.decisions.zoneOf(request.site, request.user));
  }

  /** The files of a notification, which are in use from now on, and the words for one that has files alone. */
  async #attached(
    { attachments, image }: NotificationRequest,
    { site, user, id, expiresAt, message, data }: Notification,
    deliverAt: number,
  ): Promise<Pick<Notification, "attachments" | "image" | "message">> {
    const at = Math.max(Date.now(), deliverAt);
    const attached = await this.#parts.attachments.use({
      ...{ site, user, id, at, expiresAt, attachments, image },
    });
    const isSaid = message !== undefined || data !== undefined;
    return isSaid ? attached : { ...attached, message: wordsOf(attached) };
  }

  /**
   * What is sent again under a caller's id is what was sent first, whatever else it says: other files are not in use by it,
   * and none where the user has deleted it meanwhile.
   */
  async #giveBackOthers(notification: Notification): Promise<void> {
    if (!hasFiles(notification)) return;
    const { inbox, schedule, attachments } = this.#parts;
    const { site, user, id } = notification;
    // A notification goes from the schedule to the inbox, and back where its user puts it off: so the schedule is asked twice.
    const first = await schedule.content(site, user, id) ??
      (await inbox.get(site, user, id))?.publication ?? await schedule.content(site, user, id);
    await attachments.giveBackOthers({ site, user, id }, first ?? {});
  }

  /** What a caller has given an id may be on its way once more, and what nobody knows of may be there. */
  async #giveBackRefused(notification: Notification, error: unknown): Promise<void> {
    if (!hasFiles(notification) || !(error instanceof CodedError)) return;
    const { site, user, id, isCallersId } = notification;
    const isLeft = isCallersId
      ? error.code === "too_many_scheduled" // which nothing is that was there before
      : error.code !== "unconfirmed";
    if (isLeft) await this.#parts.attachments.giveBackUnused({ site, user, id });
  }
}

function hasFiles(
  { attachments, image }: { readonly attachments?: unknown; readonly image?: unknown },
): boolean {
  return attachments !== undefined || image !== undefined;
}

/** Says in an error of which nobody knows what it left undone the id by which the sender can repeat the notification. */
function withId(error: unknown, id: string): unknown {
  if (!(error instanceof CodedError) || error.code !== "unconfirmed") return error;
  const { code, message, options } = error;
  return new CodedError(code, `${message}, ${JSON.stringify(id)}`, { ...options, id });
}

function notificationOf(request: NotificationRequest, isLater: boolean): Notification {
  const { site, user, id, made, room, timestamp, from, message, data, expiresAt, claim } = request;
  const { details, tags, topic } = request;
  return {
    site,
    user,
    id: id ?? made?.id ?? nextId(),
    isCallersId: id !== undefined || made?.isRetry,
    room,
    at: timestamp ?? (isLater ? undefined : unixSeconds()),
    from: { name: from },
    message,
    data,
    tags,
    ...((details ?? topic) && { details: { ...details, ...(topic !== undefined && { topic }) } }),
    expiresAt: expiresAt === undefined ? undefined : expiresAt * 1000,
    claim,
  };
}
