/**
 * Changes notifications that are on their way, in an inbox or in a digest to come, for their senders. Each change is one step in
 * the store, so that of two that come together none is lost. Next on a change's way: the store's `Inbox.edit`, which fans out.
 */
import type { UserId } from "../base/fields.ts";
import type { Decisions } from "../preferences/decisions.ts";
import type { Attachments } from "./attachments.ts";
import type { InboxCounters } from "./metrics.ts";
import {
  type Attached,
  hasFiles,
  type Patch,
  patched,
  patchedForDigest,
  patchedForLater,
} from "./patch.ts";
import type { StepRecord } from "./steps.ts";
import type { Inbox, Kept, KeptForLater, Schedule } from "./store/store.ts";
import type { Timing } from "./timing/timing.ts";

export interface EditorParts {
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  readonly attachments: Pick<Attachments, "use" | "giveBackChanged">;
  readonly counters: Pick<InboxCounters, "edited">;
  readonly decisions: Pick<Decisions, "zoneOf">;
  readonly timing: Pick<Timing, "editDigested">;
  /** Remembers what was edited here. @default nobody does */
  readonly steps?: Pick<StepRecord, "note">;
}

/** A notification after a change. Times are Unix times in milliseconds. */
export interface Edited {
  readonly user: UserId;
  readonly kept: Kept;
  /** When it is due; absent where it is in the inbox. */
  readonly deliverAt?: number;
}

/** Which notification is meant. */
interface Meant {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

/** What a change depends on, or leaves behind. */
const WITH_FILES = ["attachments", "image", "deliver_at", "expires_at"];

export class Editor {
  readonly #parts: EditorParts;
  /** The changes with files that are under way, by their notifications: the files that one brings are not given back by another. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(parts: EditorParts) {
    this.#parts = parts;
  }

  /** Resolves once the change is stored; with `undefined` where there is no such notification. */
  async edit(site: string, id: string, patch: Patch): Promise<Edited | undefined> {
    const user = patch.user ?? await this.#parts.inbox.owner(site, id);
    if (user === undefined) return undefined;
    const meant = { site, user, id };
    const edited = WITH_FILES.some((field) => patch.given.has(field))
      ? await this.#inTurn(meant, () => this.#editWithFiles(meant, patch))
      : await this.#edit(meant, patch, {});
    if (edited === undefined) return undefined;
    const { counters, steps } = this.#parts;
    counters.edited.value++;
    steps?.note("edited", meant, { expiresAt: edited.kept.expiresAt });
    return edited;
  }

  /** The time zone of the clock of a notification's user. @param user absent: whoever has the notification */
  async zoneOf(site: string, id: string, user?: UserId): Promise<string> {
    const { inbox, decisions } = this.#parts;
    const owner = user ?? await inbox.owner(site, id);
    return owner === undefined ? "UTC" : await decisions.zoneOf(site, owner);
  }

  async #editWithFiles(meant: Meant, patch: Patch): Promise<Edited | undefined> {
    const { attachments } = this.#parts;
    const { values, deliverAt = 0 } = patch;
    const expiresAt = values.expiresAt && values.expiresAt * 1000;
    const at = Math.max(Date.now(), deliverAt * 1000);
    const { attachments: added, image } = values;
    const files = await attachments.use({ ...meant, at, expiresAt, attachments: added, image });
    const before: Attached[] = [files];
    const edited = await this.#edit(meant, patch, files, (kept) => before.push(kept))
      .catch(async (error) => {
        await this.#tidy(meant, before);
        throw error;
      });
    if (edited !== undefined && hasFiles(edited.kept)) await this.#prolong(meant, edited);
    await this.#tidy(meant, before);
    return edited;
  }

  /** The files that stay are in use for as long as the notification may be there now. */
  async #prolong(meant: Meant, { kept, deliverAt = Date.now() }: Edited): Promise<void> {
    await this.#parts.attachments.use({
      ...{ ...meant, at: deliverAt, expiresAt: kept.expiresAt },
      attachments: kept.attachments?.map(({ id }) => id),
      image: kept.image?.id,
    }).catch(() => {}); // the change is made; a file that is gone is gone
  }

  /** @param onBefore is told what it was before */
  async #edit(
    meant: Meant,
    patch: Patch,
    files: Attached,
    onBefore: (kept: Attached) => void = () => {},
  ): Promise<Edited | undefined> {
    const { inbox, schedule } = this.#parts;
    const { site, user, id } = meant;
    const later = () =>
      schedule.edit(site, user, id, (kept) => {
        onBefore(kept);
        return patchedForLater(kept, patch, files);
      });
    const first = await later();
    if (first !== undefined) return scheduled(user, first);
    const kept = await inbox.edit(
      ...[site, user, id] as const,
      (kept, found) => {
        onBefore(kept);
        return patched(kept, found, patch, files);
      },
    );
    if (kept !== undefined) return { user, kept };
    const back = await later(); // it may have been snoozed in between
    if (back !== undefined) return scheduled(user, back);
    const digested = await this.#parts.timing.editDigested(
      meant,
      (kept) => patchedForDigest(kept, patch),
    );
    return digested && { user, kept: digested };
  }

  async #current({ site, user, id }: Meant): Promise<Attached> {
    const { inbox, schedule } = this.#parts;
    // A notification goes from the schedule to the inbox, and back where its user puts it off: so the schedule is asked twice.
    return await schedule.content(site, user, id) ??
      (await inbox.get(site, user, id))?.publication ?? await schedule.content(site, user, id) ??
      {};
  }

  /** What a change had to do with, and the notification has not now, whoever else has changed it since. */
  async #tidy(meant: Meant, files: readonly Attached[]): Promise<void> {
    await this.#parts.attachments.giveBackChanged(meant, files, await this.#current(meant));
  }

  /** Runs it once all that came before for the same notification is done. */
  #inTurn<T>({ site, user, id }: Meant, run: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([site, user, id]);
    const done = (this.#underWay.get(key) ?? Promise.resolve()).then(run, run);
    this.#underWay.set(key, done);
    const forget = () => void (this.#underWay.get(key) === done && this.#underWay.delete(key));
    done.then(forget, forget);
    return done;
  }
}

function scheduled(user: UserId, kept: KeptForLater): Edited {
  return { user, kept, deliverAt: kept.deliverAt };
}
