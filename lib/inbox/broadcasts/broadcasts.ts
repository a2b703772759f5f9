/**
 * Notifications for many. One is accepted once it is stored as a whole; `sender.ts` puts it into the inboxes, a page of recipients
 * at a time, and goes on where it stopped after a crash. Each recipient's notification has the id of the whole, so none comes
 * twice.
 */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { nextId } from "../../base/ids.ts";
import { SharedReads } from "../../base/shared_reads.ts";
import { inSlices } from "../../base/slices.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Attachments } from "../attachments.ts";
import type { Inbox, Schedule } from "../store/store.ts";
import { inSeconds } from "../../base/times.ts";
import type { Patch } from "../patch.ts";
import type { ParsedBroadcast } from "./audience.ts";
import { broadcastPatch, changedRequest, latestOf } from "./change.ts";
import {
  addBroadcast,
  type Broadcast,
  comingAt,
  editBroadcast,
  findBroadcast,
  pageOf,
  withdrawBroadcast,
} from "./store.ts";

/** How many recipients are looked at together. */
const AT_ONCE = 100;

/** How long what was counted holds, in milliseconds for each recipient. */
const COUNT_KEPT_MS = 0.5;

/** What counts are kept of, at the most. */
const MOST_COUNTED = 1000;

/** A notification for many, as another system asks for it. */
export interface BroadcastRequest extends ParsedBroadcast {
  readonly site: string;
  /** The id that the way in has made where the caller made none: the same at each attempt. */
  readonly made?: { readonly id: string };
}

export interface BroadcastResult {
  readonly id: string;
  /** How many they are; absent where that is not known yet. */
  readonly recipients?: number;
  /** Whether the id was there before; then nothing was sent again. */
  readonly isDuplicate: boolean;
}

/** How far one is. */
export interface BroadcastProgress {
  readonly id: string;
  readonly state: "sending" | "editing" | "done" | "withdrawing" | "withdrawn";
  /** Those to whom it goes, as far as they are known. */
  readonly accepted: number;
  /** Those for whom it was stored. */
  readonly stored: number;
  /** Those for whom it could not be stored. */
  readonly failed: number;
  /** Those who did not want it, or get it in a digest. */
  readonly withheld: number;
  readonly scheduled: number;
  readonly delivered: number;
  readonly read: number;
  /** Those whose inbox has it no more. */
  readonly gone: number;
  /** When the last change was accepted, in Unix seconds; absent where none was, as are the next two. */
  readonly edited_at?: number;
  /** Whether a change is still on its way to some who had it before. */
  readonly editing?: boolean;
  /** Those who had it before, and have that change now. */
  readonly edited?: number;
}

type Counts = Pick<BroadcastProgress, "scheduled" | "delivered" | "read" | "gone">;

interface BroadcastsParts {
  readonly database: Database;
  readonly inbox: Pick<Inbox, "get">;
  readonly schedule: Pick<Schedule, "dueAt">;
  readonly attachments: Pick<Attachments, "check">;
}

export class Broadcasts {
  readonly #parts: BroadcastsParts;
  readonly #counting = new SharedReads<Counts>();
  readonly #counted = new Map<string, { readonly counts: Counts; readonly until: number }>();
  #wake: () => void = () => {};

  constructor(parts: BroadcastsParts) {
    this.#parts = parts;
  }

  /** Has something called whenever there is something to send. */
  onWork(wake: () => void): void {
    this.#wake = wake;
  }

  /**
   * Accepts one; it goes on in the background. Rejects with `id_taken` where the id is that of another one, and with `invalid_field`
   * where a file is none of the site: nobody could be sent it.
   */
  async accept({ site, made, audience, id, ...rest }: BroadcastRequest): Promise<BroadcastResult> {
    const key = { site, id: id ?? made?.id ?? nextId() };
    const request = JSON.stringify(rest);
    // Times are no part of what makes it another one: "30m" is another time at each attempt.
    const { deliverAt, expiresAt: _expires, ...said } = rest;
    const asked = await hashOf(JSON.stringify([audience, said]));
    const latest = latestOf(deliverAt);
    const { database, attachments } = this.#parts;
    const isNew = await database.transaction(function* () {
      const adding = { audience, request, asked, deliverAt: latest };
      if (!(yield* addBroadcast(key, adding, Date.now()))) return false;
      yield* attachments.check(site, said);
      return true;
    });
    if (isNew) this.#wake();
    const recipients = audience.kind === "users" ? { recipients: audience.users.length } : {};
    return { id: key.id, ...recipients, isDuplicate: !isNew };
  }

  /** How far one is; `undefined` where there is none, as far as the database can say. */
  async progress(site: string, id: string): Promise<BroadcastProgress | undefined> {
    const found = await this.#find(site, id);
    if (found === undefined) return undefined;
    const { isWithdrawn, work, stored, failed, withheld } = found;
    const { recipients = stored + failed + withheld } = found;
    const [under, over] = isWithdrawn
      ? ["withdrawing", "withdrawn"] as const
      : [work === "edit" ? "editing" : "sending", "done"] as const;
    const counts = await this.#counts(found);
    const state = work === "done" ? over : under;
    return {
      ...{ id, state, accepted: recipients, stored, failed, withheld },
      ...counts,
      ...changeOf(found),
    };
  }

  /** The receipt of one that a user is about to get, as far as it is written down to whom it goes. */
  async coming(
    site: string,
    id: string,
    user: UserId,
  ): Promise<{ id: string; state: "queued"; queued_at: number } | undefined> {
    const found = await this.#find(site, id);
    if (found?.work !== "send") return undefined;
    const acceptedAt = await this.#parts.database.transaction(() => comingAt(found, user));
    return acceptedAt === undefined
      ? undefined
      : { id, state: "queued", queued_at: inSeconds(acceptedAt) };
  }

  /**
   * Changes one for all who have it and all who get it from now on. Resolves with when that was accepted, in Unix seconds, once
   * it is stored; with `undefined` where there is no such one. Rejects with `not_found` where it is withdrawn.
   */
  async edit(site: string, id: string, patch: Patch): Promise<number | undefined> {
    const found = await this.#findSurely(site, id);
    if (found === undefined) return undefined;
    const asked = broadcastPatch(patch);
    const now = Date.now();
    const { database, attachments } = this.#parts;
    const isThere = await database.transaction(function* () {
      yield* attachments.check(site, asked.values);
      return yield* editBroadcast({ site, id }, asked, {
        now,
        change(request, changes, deliverAt) {
          const changed = changedRequest(request, asked, { changes, deliverAt });
          const isMoved = patch.given.has("deliver_at");
          const latest = isMoved ? latestOf(changed.deliverAt) : deliverAt;
          return { request: JSON.stringify(changed), deliverAt: latest };
        },
      });
    });
    if (!isThere) {
      throw new CodedError("not_found", `The notification ${JSON.stringify(id)} is withdrawn`);
    }
    this.#wake();
    return inSeconds(now);
  }

  /** Takes one back from all. Resolves with whether there is such a one. */
  async withdraw(site: string, id: string): Promise<boolean> {
    if (await this.#findSurely(site, id) === undefined) return false;
    const isThere = await this.#parts.database.transaction(() => withdrawBroadcast({ site, id }));
    if (isThere) this.#wake();
    return isThere;
  }

  /**
   * While the database is away, nobody knows whether a notification is for many: to change it for one of them, or to take it back
   * from one, would be wrong.
   */
  #findSurely(site: string, id: string): Promise<Broadcast | undefined> {
    return this.#find(site, id, ({ isAbsent = false }) => isAbsent);
  }

  /**
   * Where the database is away, only notifications for one user can be asked about.
   *
   * @param isNone whether an error of the database means that there is none for many
   */
  async #find(
    site: string,
    id: string,
    isNone: (options: CodedError["options"]) => boolean = ({ isAway = false }) => isAway,
  ): Promise<Broadcast | undefined> {
    try {
      return await this.#parts.database.transaction(() => findBroadcast({ site, id }));
    } catch (error) {
      if (error instanceof CodedError && isNone(error.options)) return undefined;
      throw error;
    }
  }

  #counts(found: Broadcast): Promise<Counts> {
    // What is counted while it is under way says nothing of how it ends.
    const { site, id, work, isWithdrawn, changes } = found;
    const key = JSON.stringify([site, id, work, isWithdrawn, changes]);
    const known = this.#counted.get(key);
    const isOld = known === undefined || known.until < performance.now() ||
      found.work !== "done";
    if (!isOld) return Promise.resolve(known.counts);
    return this.#counting.read(key, async () => {
      const counts = await this.#count(found);
      const until = performance.now() + (found.stored + found.failed) * COUNT_KEPT_MS;
      if (this.#counted.size >= MOST_COUNTED) this.#counted.clear();
      this.#counted.set(key, { counts, until });
      return counts;
    });
  }

  /** Looks into the inboxes of all to whom it was sent. */
  async #count(broadcast: Broadcast): Promise<Counts> {
    const { site, id, stored, failed, withheld } = broadcast;
    const counts = { scheduled: 0, delivered: 0, read: 0 };
    let there = 0;
    let left = stored + failed + withheld;
    for (let page = 0; left > 0; page++) {
      const users = await this.#parts.database.transaction(() => pageOf(broadcast, page));
      if (users === undefined) break;
      await inSlices(users.slice(0, left), async (user) => {
        const found = await this.#parts.inbox.get(site, user, id);
        if (found === undefined) {
          const isDue = await this.#parts.schedule.dueAt(site, user, id) !== undefined;
          if (isDue) counts.scheduled++;
          return;
        }
        there++;
        const isRead = found.readAt !== undefined;
        if (isRead || found.deliveredAt !== undefined) counts.delivered++;
        if (isRead) counts.read++;
      }, { atOnce: AT_ONCE });
      left -= users.length;
    }
    // Who was erased stands in no page any more, and is one whose inbox has it no more.
    return { ...counts, gone: Math.max(0, stored - there - counts.scheduled) };
  }
}

function changeOf(
  { changedAt, edit, edited }: Broadcast,
): Pick<BroadcastProgress, "edited_at" | "editing" | "edited"> {
  if (changedAt === 0) return {};
  return { edited_at: inSeconds(changedAt), editing: edit !== undefined, edited };
}

async function hashOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toBase64();
}
