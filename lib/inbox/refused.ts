/**
 * The scheduled notifications that their inboxes did not take when they were due, and that no sender was told of: operators look at
 * them, send them again or remove them.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { NotificationRequest, Notifier } from "./notify.ts";
import { ALERT_AT, contentIn } from "./store/kept.ts";
import type { KeptAside, KeptForLater, RefusedStore } from "./store/store.ts";
import { contentOnWire } from "./user_data.ts";

export interface RefusedNotification {
  /** What names it among all that were refused. */
  readonly id: string;
  /** When it was refused, a Unix time in milliseconds. */
  readonly at: number;
  readonly reason: string;
  /** What it says, as far as that can be read. */
  readonly payload: Fields;
}

export class RefusedNotifications {
  readonly #store: RefusedStore;
  readonly #notifier: Pick<Notifier, "notify">;

  constructor(store: RefusedStore, notifier: Pick<Notifier, "notify">) {
    this.#store = store;
    this.#notifier = notifier;
  }

  /** The last ones, the newest first. @param before the id of the last one of the page before */
  async list(limit: number, before?: string): Promise<RefusedNotification[]> {
    return (await this.#store.list(limit, before)).map(shown);
  }

  /**
   * Sends one now, under its own id: where its sender has sent it again meanwhile, that is the same notification. Rejects where it is
   * refused again, and it stays then. @param place its id here
   */
  async resend(place: string): Promise<void> {
    const found = await this.#store.find(place);
    if (found === undefined) {
      throw new CodedError("not_found", `There is no dead letter ${JSON.stringify(place)}`);
    }
    const { kept } = found;
    if (kept === undefined) throw notAgain("what is kept of it cannot be read");
    if (kept.expiresAt !== undefined && kept.expiresAt <= Date.now()) {
      throw notAgain(`it expired at ${new Date(kept.expiresAt).toISOString()}`);
    }
    await this.#notifier.notify(requestOf(found, kept));
    await this.#store.remove(place);
  }

  remove(place: string): Promise<void> {
    return this.#store.remove(place);
  }
}

function shown({ place, at, reason, site, user, id, kept }: KeptAside): RefusedNotification {
  const said = kept && {
    ...{ room: kept.room, deliver_at: inSeconds(kept.deliverAt) },
    ...(kept.expiresAt !== undefined && { expires_at: inSeconds(kept.expiresAt) }),
    ...contentOnWire(contentIn(kept)),
  };
  return { id: place, at, reason, payload: { site, user_id: userIdOnWire(user), id, ...said } };
}

function notAgain(why: string): CodedError {
  return new CodedError("invalid_field", `Cannot send this again: ${why}`, { field: "id" });
}

function requestOf({ site, user, id }: KeptAside, kept: KeptForLater): NotificationRequest {
  const { room, at, from, message, data, tags, attachments, image, expiresAt } = kept;
  // Whether it asks for attention is for now to say.
  const { silent: _silent, [ALERT_AT]: _alertAt, ...details } = kept.details ?? {};
  return {
    ...{ site, user, id, room, from: from?.name ?? "", details },
    ...(message !== undefined && { message }),
    ...(data !== undefined && { data }),
    ...(at !== undefined && { timestamp: at }),
    ...(tags && { tags }),
    ...(attachments && { attachments: attachments.map((file) => file.id) }),
    ...(image && { image: image.id }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt / 1000 }),
  };
}
