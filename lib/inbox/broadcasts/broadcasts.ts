/**
 * Notifications for many. One is accepted once it is stored as a whole; `sender.ts` puts it into the inboxes, a page of recipients
 * at a time, and goes on where it stopped after a crash. Each recipient's notification has the id of the whole, so none comes
 * twice.
 */
import { CodedError } from "../../base/errors.ts";
import { nextId } from "../../base/ids.ts";
import { SharedReads } from "../../base/shared_reads.ts";
import { inSlices } from "../../base/slices.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Inbox, Schedule } from "../store/store.ts";
import { MAX_DAYS_AHEAD } from "../notification.ts";
import type { ParsedBroadcast } from "./audience.ts";
import { addBroadcast, type Broadcast, findBroadcast, pageOf, withdrawBroadcast } from "./store.ts";

/** How many recipients are looked at together. */
const AT_ONCE = 100;

/** How long what was counted holds, in milliseconds for each recipient. */
const COUNT_KEPT_MS = 0.5;

const DAY_MS = 24 * 3600 * 1000;

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
  readonly state: "sending" | "done" | "withdrawing" | "withdrawn";
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
}

type Counts = Pick<BroadcastProgress, "scheduled" | "delivered" | "read" | "gone">;

interface BroadcastsParts {
  readonly database: Database;
  readonly inbox: Pick<Inbox, "get">;
  readonly schedule: Pick<Schedule, "dueAt">;
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

  /** Accepts one; it goes on in the background. Rejects with `id_taken` where the id is that of another one. */
  async accept({ site, made, audience, id, ...rest }: BroadcastRequest): Promise<BroadcastResult> {
    const key = { site, id: id ?? made?.id ?? nextId() };
    const request = JSON.stringify(rest);
    // Times are no part of what makes it another one: "30m" is another time at each attempt.
    const { deliverAt, expiresAt: _expires, ...said } = rest;
    const asked = await hashOf(JSON.stringify([audience, said]));
    const latest = latestOf(deliverAt);
    const isNew = await this.#parts.database.transaction(() =>
      addBroadcast(key, { audience, request, asked, deliverAt: latest }, Date.now())
    );
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
      : ["sending", "done"] as const;
    const counts = await this.#counts(found);
    const state = work === "done" ? over : under;
    return { id, state, accepted: recipients, stored, failed, withheld, ...counts };
  }

  /** Takes one back from all. Resolves with whether there is such a one. */
  async withdraw(site: string, id: string): Promise<boolean> {
    if (await this.#find(site, id) === undefined) return false;
    const isThere = await this.#parts.database.transaction(() => withdrawBroadcast({ site, id }));
    if (isThere) this.#wake();
    return isThere;
  }

  /** Where the database is away, only notifications for one user can be asked about. */
  async #find(site: string, id: string): Promise<Broadcast | undefined> {
    try {
      return await this.#parts.database.transaction(() => findBroadcast({ site, id }));
    } catch (error) {
      if (error instanceof CodedError && error.options.isAway) return undefined;
      throw error;
    }
  }

  #counts(found: Broadcast): Promise<Counts> {
    // What is counted while it is under way says nothing of how it ends.
    const key = JSON.stringify([found.site, found.id, found.work, found.isWithdrawn]);
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
    const counts = { scheduled: 0, delivered: 0, read: 0, gone: 0 };
    let left = stored + failed + withheld;
    for (let page = 0; left > 0; page++) {
      const users = await this.#parts.database.transaction(() => pageOf(broadcast, page));
      if (users === undefined) break;
      await inSlices(users.slice(0, left), async (user) => {
        const found = await this.#parts.inbox.get(site, user, id);
        if (found === undefined) {
          const isDue = await this.#parts.schedule.dueAt(site, user, id) !== undefined;
          counts[isDue ? "scheduled" : "gone"]++;
          return;
        }
        const isRead = found.readAt !== undefined;
        if (isRead || found.deliveredAt !== undefined) counts.delivered++;
        if (isRead) counts.read++;
      }, { atOnce: AT_ONCE });
      left -= users.length;
    }
    // What was never stored is none that has gone.
    counts.gone = Math.max(0, counts.gone - failed - withheld);
    return counts;
  }
}

/** When it is delivered at the latest, in Unix milliseconds: a time on receivers' clocks may be any. */
function latestOf(deliverAt: ParsedBroadcast["deliverAt"]): number {
  if (typeof deliverAt !== "object") return (deliverAt ?? 0) * 1000;
  return Date.now() + MAX_DAYS_AHEAD * DAY_MS;
}

async function hashOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toBase64();
}
