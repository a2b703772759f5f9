/** Notifications for many in the database: works, each a transaction or a part of one. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { ParsedContent } from "../notification.ts";
import type { Audience } from "./audience.ts";
import { type BroadcastPatch, withBoth } from "./change.ts";

/** How many recipients stand in one row. */
export const PAGE_SIZE = 200;

/** What is to be done with its recipients. While it is sent, a change may be under way beside that. */
export type BroadcastWork = "send" | "edit" | "withdraw" | "done";

/** Names one. */
export interface BroadcastKey {
  readonly site: string;
  readonly id: string;
}

export interface Broadcast extends BroadcastKey {
  readonly audience: Audience;
  /** What each recipient is sent, in JSON. */
  readonly request: string;
  readonly work: BroadcastWork;
  /** The page that is worked on next. */
  readonly page: number;
  /** The last user who stands in a page. */
  readonly afterUser: UserId;
  /** How many they are; absent while that is not known. */
  readonly recipients?: number;
  readonly stored: number;
  readonly failed: number;
  /** Those who did not want it, or get it with others. */
  readonly withheld: number;
  readonly isWithdrawn: boolean;
  /** How many changes were accepted. */
  readonly changes: number;
  /** When the last change was accepted, in Unix milliseconds; 0 where none was. */
  readonly changedAt: number;
  /** The change that is under way. */
  readonly edit?: BroadcastEdit;
  /** How many of those who had it before have the change that is, or was, under way. */
  readonly edited: number;
}

/** A change that is brought to those who have it already. */
export interface BroadcastEdit {
  readonly patch: BroadcastPatch;
  /** How many changes were accepted with it, those before it included. */
  readonly change: number;
  /** The page that is changed next. */
  readonly page: number;
  /** The page behind the last one: whom it was sent to after that has the change already. */
  readonly end: number;
}

const COLUMNS =
  `site, id, audience, request, work, page, after_user, recipients, stored, failed, withheld, asked,
   deliver_at, changes, changed_at, edit, edit_change, edit_page, edit_end, edited`;

/** What is to be worked on. */
const OPEN = "('send', 'edit', 'withdraw')";

/** Behind all pages. */
const NO_END = 2_147_483_647;

/** How many of a site wait in a node's memory for their turns, and of all sites. */
const MOST_OF_SITE = 200;
const MOST_OPEN = 5000;

/** What withdraws has this in place of what was asked for, so that the same call cannot bring it back. */
const WITHDRAWN = "withdrawn";

/** Stores it, unless it is there already. Resolves with whether it is new; throws where the id is another's. */
export function* addBroadcast(
  { site, id }: BroadcastKey,
  { audience, request, asked, deliverAt }: {
    readonly audience: Audience;
    /** When it is delivered at the latest, in Unix milliseconds; 0 for at once. */
    readonly deliverAt: number;
    readonly request: string;
    /** A hash of all that is asked for. */
    readonly asked: string;
  },
  now: number,
): Work<boolean> {
  const { users, kept } = audience.kind === "users"
    ? { users: audience.users, kept: { kind: audience.kind } }
    : { users: undefined, kept: audience };
  const added = yield* rows(
    `INSERT INTO broadcasts (site, id, audience, request, asked, accepted_at, deliver_at, recipients, work,
       page, after_user, stored, failed, withheld, holder, held_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'send', 0, '', 0, 0, 0, '', 0)
     ON CONFLICT (site, id) DO NOTHING RETURNING id`,
    ...[site, id, JSON.stringify(kept), request, asked, now, deliverAt, users?.length ?? null],
  );
  if (added.length === 0) {
    const there = yield* row(
      "SELECT asked FROM broadcasts WHERE site = $1 AND id = $2",
      ...[site, id],
    );
    if (there?.["asked"] === asked || there?.["asked"] === WITHDRAWN) return false;
    throw new CodedError("id_taken", `Another notification has the id ${JSON.stringify(id)}`, {
      field: "id",
    });
  }
  for (let page = 0; users !== undefined && page * PAGE_SIZE < users.length; page++) {
    const some = users.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    yield* rows(
      "INSERT INTO broadcast_pages (site, id, page, users) VALUES ($1, $2, $3, $4)",
      ...[site, id, page, JSON.stringify(some)],
    );
  }
  return true;
}

/** Those that have something to be done, which no other node holds, oldest first. */
export function* openBroadcasts(
  holder: string,
  { now, isFirst = false }: {
    readonly now: number;
    /** Whether all that is held was left behind. */
    readonly isFirst?: boolean;
  },
): Work<BroadcastKey[]> {
  if (isFirst) yield* rows(`UPDATE broadcasts SET held_until = 0 WHERE work IN ${OPEN}`);
  const free = yield* rows(
    `SELECT site, id FROM (
       SELECT site, id, accepted_at,
         row_number() OVER (PARTITION BY site ORDER BY accepted_at, id) AS place
       FROM broadcasts WHERE work IN ${OPEN} AND (held_until < $1 OR holder = $2)
     ) AS free WHERE place <= ${MOST_OF_SITE} ORDER BY accepted_at, site, id LIMIT ${MOST_OPEN}`,
    ...[now, holder],
  );
  return free.map(keyOf);
}

/** Holds one for a while. `undefined` where another node does, or nothing is to be done any more. */
export function* holdBroadcast(
  { site, id }: BroadcastKey,
  holder: string,
  { now, until }: { readonly now: number; readonly until: number },
): Work<Broadcast | undefined> {
  const held = yield* row(
    `UPDATE broadcasts SET holder = $3, held_until = $4
     WHERE site = $1 AND id = $2 AND work IN ${OPEN}
       AND (held_until < $5 OR holder = $3)
     RETURNING ${COLUMNS}`,
    ...[site, id, holder, until, now],
  );
  return held && broadcastOf(held);
}

export function* pageOf({ site, id }: BroadcastKey, page: number): Work<UserId[] | undefined> {
  const found = yield* row(
    "SELECT users FROM broadcast_pages WHERE site = $1 AND id = $2 AND page = $3",
    ...[site, id, page],
  );
  return found && JSON.parse(String(found["users"]));
}

/** When one was accepted that a user is still to be sent, in Unix milliseconds; `undefined` where the user is in no such page. */
export function* comingAt(
  { site, id, page }: Broadcast,
  user: UserId,
): Work<number | undefined> {
  const found = yield* row(
    `SELECT accepted_at FROM broadcasts WHERE site = $1 AND id = $2 AND EXISTS (
       SELECT 1 FROM broadcast_pages AS pages
       WHERE pages.site = $1 AND pages.id = $2 AND pages.page >= $3
         AND pages.users LIKE $4 ESCAPE '\\')`,
    ...[site, id, page, naming(user)],
  );
  return found && Number(found["accepted_at"]);
}

/** What a page is like that a user stands in. */
function naming(user: UserId): string {
  return `%${JSON.stringify(user).replaceAll(/[\\%_]/g, "\\$&")}%`;
}

/** Writes the next page of recipients down before anything is sent to them, so that all can be found again. */
export function* addPage(
  { site, id, page, afterUser }: Broadcast,
  users: readonly UserId[],
): Work<void> {
  const moved = yield* row(
    `UPDATE broadcasts SET after_user = $3
     WHERE site = $1 AND id = $2 AND page = $4 AND after_user = $5 AND work = 'send' RETURNING id`,
    ...[site, id, users.at(-1) ?? "", page, afterUser],
  );
  if (moved === undefined) return; // another node has, or it is withdrawn
  yield* rows(
    `INSERT INTO broadcast_pages (site, id, page, users) VALUES ($1, $2, $3, $4)
     ON CONFLICT (site, id, page) DO NOTHING`,
    ...[site, id, page, JSON.stringify(users)],
  );
}

/** How many of a page it was stored for, and for how many not. */
export interface PageOutcome {
  readonly stored: number;
  readonly failed: number;
  readonly withheld: number;
}

/**
 * Goes on to the next page, and leaves it to whichever node comes first; what came of this one is counted once, however often it
 * was sent. Resolves with who is in the page now: who was erased meanwhile is not.
 */
export function* passPage(
  broadcast: Broadcast,
  { stored, failed, withheld }: PageOutcome,
): Work<readonly UserId[]> {
  const { site, id, page, work } = broadcast;
  yield* rows(
    `UPDATE broadcasts SET page = page + 1, stored = stored + $5, failed = failed + $6,
       withheld = withheld + $7, held_until = 0
     WHERE site = $1 AND id = $2 AND page = $3 AND work = $4`,
    ...[site, id, page, work, stored, failed, withheld],
  );
  return (yield* pageOf(broadcast, page)) ?? [];
}

/** Goes on to the next page that is to be changed. @param edited how many users of this one have the change */
export function* passEdit({ site, id, edit }: Broadcast, edited: number): Work<void> {
  yield* rows(
    `UPDATE broadcasts SET edit_page = edit_page + 1, edited = edited + $5, held_until = 0
     WHERE site = $1 AND id = $2 AND edit_page = $3 AND edit_change = $4 AND edit <> ''`,
    ...[site, id, edit?.page ?? 0, edit?.change ?? 0, edited],
  );
}

/** A change has come to all who had it without; the next one begins, if there is one. */
export function* endEdit({ site, id, edit }: Broadcast, now: number): Work<void> {
  yield* rows(
    `UPDATE broadcasts SET edit = next_edit, next_edit = '', edit_page = 0,
       edit_change = changes, edit_end = CASE WHEN work = 'send' THEN page + 1 ELSE ${NO_END} END,
       edited = CASE WHEN next_edit = '' THEN edited ELSE 0 END,
       work = CASE WHEN work = 'edit' AND next_edit = '' THEN 'done' ELSE work END,
       done_at = CASE WHEN work = 'edit' AND next_edit = '' THEN $5 ELSE done_at END,
       held_until = 0
     WHERE site = $1 AND id = $2 AND edit_page = $3 AND edit_change = $4 AND edit <> ''`,
    ...[site, id, edit?.page ?? 0, edit?.change ?? 0, now],
  );
}

/** How a change makes what is sent to others from now on. */
export interface Changing {
  readonly request: string;
  /** When it is delivered at the latest, in Unix milliseconds. */
  readonly deliverAt: number;
}

/**
 * Accepts a change: whoever is not sent it yet gets it changed, and a node brings the change to all others. Resolves with
 * whether there is such a notification.
 *
 * @param change what is sent from now on; it throws a `CodedError` where the notification cannot be so
 */
export function* editBroadcast(
  { site, id }: BroadcastKey,
  patch: BroadcastPatch,
  { change, now }: {
    readonly now: number;
    change(request: ParsedContent, changes: number, deliverAt: number): Changing;
  },
): Work<boolean> {
  // It is written first, so that of two that come together the second one sees what the first one made.
  const found = yield* row(
    `UPDATE broadcasts SET changes = changes + 1, changed_at = $3,
       work = CASE WHEN work = 'done' THEN 'edit' ELSE work END
     WHERE site = $1 AND id = $2 AND asked <> '${WITHDRAWN}'
     RETURNING request, changes, deliver_at, work, page, edit, next_edit`,
    ...[site, id, now],
  );
  if (found === undefined) return false;
  const { request, deliverAt } = change(
    JSON.parse(String(found["request"])),
    Number(found["changes"]),
    Number(found["deliver_at"]),
  );
  const next = found["next_edit"] === ""
    ? patch
    : withBoth(JSON.parse(String(found["next_edit"])), patch);
  if (found["edit"] === "") {
    yield* rows(
      `UPDATE broadcasts SET request = $3, deliver_at = $4, edit = $5, edit_change = changes,
         edit_page = 0, edited = 0,
         edit_end = CASE WHEN work = 'send' THEN page + 1 ELSE ${NO_END} END
       WHERE site = $1 AND id = $2`,
      ...[site, id, request, deliverAt, JSON.stringify(patch)],
    );
  } else {
    yield* rows(
      `UPDATE broadcasts SET request = $3, deliver_at = $4, next_edit = $5
       WHERE site = $1 AND id = $2`,
      ...[site, id, request, deliverAt, JSON.stringify(next)],
    );
  }
  return true;
}

/** Takes a user out of all pages of a site, who is erased. Resolves with how many notifications for many had the user. */
export function* forgetRecipient(site: string, user: UserId): Work<number> {
  // The rows are looked through: a user who is erased is rare, and an index of all recipients would cost each of them.
  const found = yield* rows(
    "SELECT id, page FROM broadcast_pages WHERE site = $1 AND users LIKE $2 ESCAPE '\\'",
    ...[site, naming(user)],
  );
  let count = 0;
  for (const each of found) {
    const key = { site, id: String(each["id"]) };
    if (yield* takeOut(key, Number(each["page"]), new Set([user]))) count++;
  }
  return count;
}

/** Takes users out of a page who are gone. Says whether one was in it. */
export function* takeOut(
  key: BroadcastKey,
  page: number,
  gone: ReadonlySet<UserId>,
): Work<boolean> {
  const { site, id } = key;
  // It is written first, so that of two that come together the second one sees what the first one left.
  const found = yield* row(
    `UPDATE broadcast_pages SET users = users WHERE site = $1 AND id = $2 AND page = $3
     RETURNING users`,
    ...[site, id, page],
  );
  const before: UserId[] = JSON.parse(String(found?.["users"] ?? "[]"));
  const left = before.filter((user) => !gone.has(user));
  if (left.length === before.length) return false;
  yield* rows(
    "UPDATE broadcast_pages SET users = $4 WHERE site = $1 AND id = $2 AND page = $3",
    ...[site, id, page, JSON.stringify(left)],
  );
  // The last one of all pages says where the next page begins: the one before does as well.
  const last = yield* row(
    `SELECT users FROM broadcast_pages WHERE site = $1 AND id = $2 AND users <> '[]'
     ORDER BY page DESC LIMIT 1`,
    ...[site, id],
  );
  const users: UserId[] = JSON.parse(String(last?.["users"] ?? "[]"));
  yield* rows(
    "UPDATE broadcasts SET after_user = $3 WHERE site = $1 AND id = $2 AND after_user = $4",
    ...[site, id, users.at(-1) ?? "", before.at(-1) ?? ""],
  );
  return true;
}

/** Nothing is left to be done. */
export function* endBroadcast({ site, id, page, work }: Broadcast, now: number): Work<void> {
  yield* rows(
    `UPDATE broadcasts SET done_at = $5, held_until = 0, after_user = '',
       work = CASE WHEN $4 = 'send' AND edit <> '' THEN 'edit' ELSE 'done' END,
       recipients = CASE WHEN $4 = 'send' THEN stored + failed + withheld ELSE recipients END
     WHERE site = $1 AND id = $2 AND page = $3 AND work = $4`,
    ...[site, id, page, work, now],
  );
}

/** Has it taken back from all to whom it was sent. Resolves with whether there is such a one. */
export function* withdrawBroadcast({ site, id }: BroadcastKey): Work<boolean> {
  const found = yield* row(
    `UPDATE broadcasts
     SET page = CASE WHEN asked = '${WITHDRAWN}' THEN page ELSE 0 END,
       work = CASE WHEN asked = '${WITHDRAWN}' THEN work ELSE 'withdraw' END,
       edit = '', next_edit = '',
       asked = '${WITHDRAWN}'
     WHERE site = $1 AND id = $2 RETURNING id`,
    ...[site, id],
  );
  return found !== undefined;
}

export function* findBroadcast({ site, id }: BroadcastKey): Work<Broadcast | undefined> {
  const found = yield* row(
    `SELECT ${COLUMNS} FROM broadcasts WHERE site = $1 AND id = $2`,
    ...[site, id],
  );
  return found && broadcastOf(found);
}

/** Drops those that ended and were delivered before a time, a few at once. Resolves with how many. */
export function* dropBroadcasts(before: number): Work<number> {
  const old = yield* rows(
    `SELECT site, id FROM broadcasts
     WHERE work = 'done' AND done_at < $1 AND deliver_at < $1 LIMIT 20`,
    before,
  );
  for (const each of old) {
    const { site, id } = keyOf(each);
    yield* rows("DELETE FROM broadcast_pages WHERE site = $1 AND id = $2", site, id);
    yield* rows("DELETE FROM broadcasts WHERE site = $1 AND id = $2", site, id);
  }
  return old.length;
}

function keyOf({ site, id }: Row): BroadcastKey {
  return { site: String(site), id: String(id) };
}

function broadcastOf(found: Row): Broadcast {
  const { recipients, asked, edit } = found;
  return {
    ...keyOf(found),
    audience: JSON.parse(String(found["audience"])),
    request: String(found["request"]),
    work: String(found["work"]) as BroadcastWork,
    page: Number(found["page"]),
    afterUser: String(found["after_user"]),
    ...(recipients !== null && { recipients: Number(recipients) }),
    stored: Number(found["stored"]),
    failed: Number(found["failed"]),
    withheld: Number(found["withheld"]),
    isWithdrawn: asked === WITHDRAWN,
    changes: Number(found["changes"]),
    changedAt: Number(found["changed_at"]),
    ...(edit !== "" && {
      edit: {
        patch: JSON.parse(String(edit)),
        change: Number(found["edit_change"]),
        page: Number(found["edit_page"]),
        end: Number(found["edit_end"]),
      },
    }),
    edited: Number(found["edited"]),
  };
}
