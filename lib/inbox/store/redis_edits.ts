/**
 * Changes notifications in place in Redis: each is read, made anew here, and written in one step, unless it is another one by
 * then; then it is read again.
 */
import { createHash } from "node:crypto";
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { encodeContent } from "../../core/publication.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { changedPublication, keptOf } from "./kept.ts";
import { arrival, finite, idsIn, type NotificationName, scheduledId } from "./redis_arrival.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn, toNotification } from "./redis_reading.ts";
import type {
  Change,
  EditOptions,
  InboxChange,
  Kept,
  KeptForLater,
  StoredNotification,
} from "./store.ts";
import { tooManyScheduled } from "./too_many_scheduled.ts";

/** How often a notification is read that others change all the time. */
const MOST_ATTEMPTS = 100;

/** What the functions answer where there is none, or another one by now, or where it would be too much. */
const [GONE, CHANGED, FULL] = [0, -1, -2];

/** One attempt; `undefined` where it is another one by now. */
type Attempt<Made> = () => Promise<{ readonly made: Made | undefined } | undefined>;

export class RedisEdits {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** As `Inbox.edit`. */
  edit(
    { site, user, id }: NotificationName,
    change: Change<StoredNotification>,
    { isQuiet = false }: EditOptions = {},
  ): Promise<Kept | undefined> {
    return repeated(id, async () => {
      const { keys: names, functions, retention } = this.#parts;
      const inbox = names.inbox(site, user);
      const found = await this.#find(inbox, id);
      if (found === undefined) return { made: undefined };
      const made = change(keptOf(found.notification, found.expiresAt), found.notification);
      const live = changedPublication(made, found.notification);
      const { keys, args } = arrival(this.#parts);
      const [offset, taken, queued, withFiles] = await functions.edit([...keys, ...inbox], [
        ...[...args, id, found.sum, names.channel(site, user), live.at, live.room],
        ...[encodeContent(made), isQuiet ? "" : encodeContent(live), made.expiresAt ?? ""],
      ]) as [number, number, number, string];
      if (offset === CHANGED) return undefined;
      if (taken + queued > 0) {
        retention.onDropped({ site, user, taken, queued, withFiles: idsIn(withFiles) });
      }
      return { made: offset === GONE ? undefined : made };
    });
  }

  /** As `Schedule.edit`. */
  editScheduled(
    site: string,
    user: UserId,
    id: string,
    change: (kept: KeptForLater) => KeptForLater,
  ): Promise<KeptForLater | undefined> {
    const name = scheduledId({ site, user, id });
    return repeated(id, async () => {
      const { redis, keys, functions, retention } = this.#parts;
      const stored = await redis.hget(keys.scheduledContents, name).catch(throwUnavailable);
      const kept = stored === null ? undefined : scheduledIn(stored);
      if (stored === null || kept === undefined) return { made: undefined };
      const made = change(kept);
      const answer = await functions.scheduleEdit(
        [
          ...[keys.scheduled, keys.scheduledContents, keys.callersId(site, user, id)],
          ...[keys.snoozed(site, user), keys.unread(site, user)],
        ],
        [
          ...[name, sha1(stored), made.deliverAt, made.expiresAt ?? "-", made.at ?? "-", made.room],
          ...[encodeContent(made), finite(retention.bytes), keys.channel(site, user)],
        ],
      );
      if (answer === FULL) throw tooManyScheduled(retention.bytes);
      if (answer === CHANGED) return undefined;
      return { made: answer === GONE ? undefined : made };
    });
  }

  /** As `Snoozes.snooze`. */
  snooze(
    { site, user, id }: NotificationName,
    until: number,
    change: Change<StoredNotification>,
  ): Promise<InboxChange | undefined> {
    return repeated(id, async () => {
      const { keys: names, functions, retention } = this.#parts;
      const inbox = names.inbox(site, user);
      const found = await this.#find(inbox, id);
      if (found === undefined) return { made: undefined };
      const made = change(keptOf(found.notification, found.expiresAt), found.notification);
      const { keys, args } = arrival(this.#parts);
      const [outcome, unread] = await functions.snooze(
        [...keys, ...inbox, names.snoozed(site, user)],
        [
          ...[...args, id, found.sum, site, names.channel(site, user), until],
          ...[made.expiresAt ?? "", made.at ?? "-", made.room, encodeContent(made)],
        ],
      ) as [number, number];
      if (outcome === FULL) throw tooManyScheduled(retention.bytes);
      if (outcome === CHANGED) return undefined;
      return { made: outcome === GONE ? undefined : { ids: [id], unread } };
    });
  }

  /** A notification of an inbox as it is right now, with the sum by which it is known. */
  async #find(inbox: readonly string[], id: string) {
    const { functions } = this.#parts;
    const [offset, stored, times, end] = await functions.find(inbox, [id]) as [
      number?,
      string?,
      string?,
      string?,
    ];
    if (stored === undefined || times === undefined) return undefined;
    return {
      notification: toNotification([id, offset ?? 0, stored, times]),
      expiresAt: end ? Number(end) : undefined,
      sum: sha1(`${stored}\n${times}\n${end ?? ""}`),
    };
  }
}

async function repeated<Made>(id: string, attempt: Attempt<Made>): Promise<Made | undefined> {
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
    const done = await attempt();
    if (done !== undefined) return done.made;
  }
  throw new CodedError(
    "unavailable",
    `Cannot change the notification ${JSON.stringify(id)}: others change it all the time`,
  );
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
