/** Puts notifications into their inboxes in Redis: those of one turn of the event loop in one step. */
import type { Claim } from "../../core/claim.ts";
import type { Notification } from "./store.ts";
import { encodeHeardContent } from "../../core/publication.ts";
import { idsIn, newArrival } from "./redis_arrival.ts";
import type { InboxParts } from "./redis_parts.ts";
import { othersTurn, unavailable } from "../../engines/redis/errors.ts";
import { Together } from "../../engines/redis/together.ts";

/** Most UTF-16 units of one call. */
const MOST_LENGTH = 262_144;
/** Each notification counts for so many units at least, so that one call has 100 notifications at the most. */
const LEAST_LENGTH = 2600;

/** What `inbox_append.lua` answers for each inbox. */
type Appended = [
  ...[refusal: string, taken: number, queued: number, withFiles: string, isNew: string],
];

/** How many values that are. */
const APPENDED = 5;

/** A notification, and its place among those of one call. */
interface Placed {
  readonly notification: Encoded;
  readonly place: number;
}

/** A notification with its content as it is stored. */
interface Encoded extends Notification {
  readonly content: string;
}

export class RedisAppends {
  readonly #parts: InboxParts;
  readonly #together: Together<Encoded, boolean>;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#together = new Together<Encoded, boolean>(parts.library, {
      most: MOST_LENGTH,
      weigh: ({ content }) => Math.max(content.length, LEAST_LENGTH),
      // A call stores how far one way was read, so all of its notifications have to come by that way.
      fits: (one, other) => isOneTurn(one.claim, other.claim),
      send: (notifications) => this.#send(notifications),
    });
  }

  /** As {@linkcode Inbox.append}. */
  append(notification: Notification): Promise<boolean> {
    return this.#together.ask({ ...notification, content: encodeHeardContent(notification) });
  }

  async #send(notifications: readonly Encoded[]): Promise<(boolean | Error)[]> {
    const placed = notifications.map((notification, place) => ({ notification, place }));
    const inboxes = [...Map.groupBy(placed, inboxOf).values()];
    const answer = await this.#call(notifications, inboxes);
    if (answer.length === 0) throw othersTurn();
    const outcomes: (boolean | Error)[] = [];
    for (const [index, inbox] of inboxes.entries()) {
      const appended = answer.slice(index * APPENDED, (index + 1) * APPENDED) as Appended;
      const error = appended[0] === "" ? undefined : await this.#errorOf(inbox, appended[0]);
      this.#note(inbox, appended, error, outcomes);
    }
    return outcomes;
  }

  #call(
    notifications: readonly Encoded[],
    inboxes: readonly (readonly Placed[])[],
  ): Promise<(string | number)[]> {
    const { keys: names, functions } = this.#parts;
    const { keys, args } = newArrival(this.#parts, notifications[0]!.claim);
    args.push(notifications.at(-1)!.claim?.progress ?? "");
    for (const inbox of inboxes) {
      const { site, user } = inbox[0]!.notification;
      keys.push(...names.inbox(site, user));
      args.push(site, names.channel(site, user), inbox.length);
      for (const { notification } of inbox) {
        const { id, room, at = "-", content, expiresAt = "", isCallersId } = notification;
        args.push(id, room, at, content, expiresAt, isCallersId ? 1 : 0);
      }
    }
    return functions.append(keys, args) as Promise<(string | number)[]>;
  }

  async #errorOf(inbox: readonly Placed[], refusal: string): Promise<Error> {
    const { keys: names, library } = this.#parts;
    const { site, user } = inbox[0]!.notification;
    const ids = inbox.map(({ notification: { id } }) => names.callersId(site, user, id));
    const keys = [...names.inbox(site, user), ...ids];
    return unavailable(await library.named(new Error(refusal), keys));
  }

  #note(
    inbox: readonly Placed[],
    [, taken, queued, withFiles, isNew]: Appended,
    error: Error | undefined,
    outcomes: (boolean | Error)[],
  ): void {
    const { site, user } = inbox[0]!.notification;
    if (taken + queued > 0) {
      const ids = idsIn(withFiles);
      this.#parts.retention.onDropped({ site, user, taken, queued, withFiles: ids });
    }
    for (const [index, { place }] of inbox.entries()) {
      outcomes[place] = error ?? isNew[index] === "1";
    }
  }
}

function isOneTurn(one: Claim | undefined, other: Claim | undefined): boolean {
  return one?.way === other?.way && one?.holder === other?.holder;
}

function inboxOf({ notification: { site, user } }: Placed): string {
  return `${site}\n${user}`;
}
