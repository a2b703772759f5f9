/** Notifications for many in the database: works, each a transaction or a part of one. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { Audience } from "./audience.ts";

/** How many recipients stand in one row. */
export const PAGE_SIZE = 200;

/** What is to be done with its recipients. */
export type BroadcastWork = "send" | "withdraw" | "done";

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
}

const COLUMNS =
  "site, id, audience, request, work, page, after_user, recipients, stored, failed, withheld, asked";

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

/** The oldest one that has something to be done, which no other node holds; this node holds it from now on. */
export function* takeBroadcast(
  holder: string,
  { now, until }: { readonly now: number; readonly until: number },
): Work<Broadcast | undefined> {
  const free = yield* row(
    `SELECT site, id FROM broadcasts
     WHERE work IN ('send', 'withdraw') AND (held_until < $1 OR holder = $2)
     ORDER BY accepted_at LIMIT 1`,
    ...[now, holder],
  );
  if (free === undefined) return undefined;
  return yield* holdBroadcast(keyOf(free), holder, { now, until });
}

/** Goes on to hold one. `undefined` where another node does, or nothing is to be done any more. */
export function* holdBroadcast(
  { site, id }: BroadcastKey,
  holder: string,
  { now, until }: { readonly now: number; readonly until: number },
): Work<Broadcast | undefined> {
  const held = yield* row(
    `UPDATE broadcasts SET holder = $3, held_until = $4
     WHERE site = $1 AND id = $2 AND work IN ('send', 'withdraw')
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

/** Goes on to the next page; what came of this one is counted once, however often it was sent. */
export function* passPage(
  { site, id, page, work }: Broadcast,
  { stored, failed, withheld }: PageOutcome,
): Work<void> {
  yield* rows(
    `UPDATE broadcasts SET page = page + 1, stored = stored + $5, failed = failed + $6,
       withheld = withheld + $7
     WHERE site = $1 AND id = $2 AND page = $3 AND work = $4`,
    ...[site, id, page, work, stored, failed, withheld],
  );
}

/** Nothing is left to be done. */
export function* endBroadcast({ site, id, page, work }: Broadcast, now: number): Work<void> {
  yield* rows(
    `UPDATE broadcasts SET work = 'done', done_at = $5, held_until = 0,
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
  const { recipients, asked } = found;
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
  };
}
