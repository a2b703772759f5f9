/** Timers, digests, throttles and outcomes in the database: works, each a transaction or a part of one. */
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { DigestItem, Held, Meant, Outcome, Timer, TimerKind } from "./types.ts";

/** Whose it is. */
export interface Owner {
  readonly site: string;
  readonly user: UserId;
}

/** A timer that is about to be set. */
export type NewTimer = Omit<Timer, "setAt">;

/**
 * Sets a timer. One that is set for the same stays as it is; nobody ends it before this transaction is over, so that what is
 * written beside it is found by whoever does what is due.
 */
export function* setTimer(
  { site, user, what, ref, dueAt, priority, body }: NewTimer,
  now: number,
): Work<void> {
  yield* rows(
    `INSERT INTO notification_timers
       (site, user_id, what, ref, due_at, priority, set_at, body, held_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
     ON CONFLICT (site, user_id, what, ref) DO UPDATE SET due_at = notification_timers.due_at`,
    ...[site, user, what, ref, dueAt, priority, now, body],
  );
}

/** Sets a timer as {@linkcode setTimer} does; one that is set for the same has the higher priority of both from then on. */
export function* raiseTimer(
  { site, user, what, ref, dueAt, priority, body }: NewTimer,
  now: number,
): Work<void> {
  yield* rows(
    `INSERT INTO notification_timers
       (site, user_id, what, ref, due_at, priority, set_at, body, held_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
     ON CONFLICT (site, user_id, what, ref) DO UPDATE SET priority =
       CASE WHEN notification_timers.priority < excluded.priority
         THEN excluded.priority ELSE notification_timers.priority END`,
    ...[site, user, what, ref, dueAt, priority, now, body],
  );
}

/** Sets a timer to a time, also where it is set to another one. Who comes late and ends the one that was before leaves this one. */
export function* moveTimer(
  { site, user, what, ref, dueAt, priority, body }: NewTimer,
  now: number,
): Work<void> {
  yield* rows(
    `INSERT INTO notification_timers
       (site, user_id, what, ref, due_at, priority, set_at, body, held_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
     ON CONFLICT (site, user_id, what, ref) DO UPDATE SET due_at = excluded.due_at,
       set_at = excluded.set_at, body = excluded.body, held_until = 0`,
    ...[site, user, what, ref, dueAt, priority, now, body],
  );
}

/** Sets a timer that was due to another time. Says whether it did: somebody may have ended it or set it. */
export function* resetTimer(timer: Timer, next: Pick<Timer, "dueAt" | "body">): Work<boolean> {
  const { site, user, what, ref, dueAt } = timer;
  const set = yield* rows(
    `UPDATE notification_timers SET due_at = $5, body = $6, held_until = 0
     WHERE site = $1 AND user_id = $2 AND what = $3 AND ref = $4 AND due_at = $7 RETURNING ref`,
    ...[site, user, what, ref, next.dueAt, next.body, dueAt],
  );
  return set.length > 0;
}

/**
 * Ends a timer that was due. Says whether it was still there: one that was set anew is another one, which a node that comes late
 * leaves alone.
 */
export function* endTimer(
  { site, user, what, ref, dueAt }: Pick<Timer, "site" | "user" | "what" | "ref" | "dueAt">,
): Work<boolean> {
  const ended = yield* rows(
    `DELETE FROM notification_timers
     WHERE site = $1 AND user_id = $2 AND what = $3 AND ref = $4 AND due_at = $5 RETURNING ref`,
    ...[site, user, what, ref, dueAt],
  );
  return ended.length > 0;
}

/** Of a user of whom some node does something right now, nothing else is done: it would come before what is more urgent. */
const IS_FREE = `held_until < $1 AND (site, user_id) NOT IN (
   SELECT site, user_id FROM notification_timers WHERE due_at <= $1 AND held_until >= $1
 )`;

/**
 * Takes timers that are due, in the order of their times and priorities; no other node takes any of the same users before
 * `heldUntil`. What a node takes that dies is taken by another one then.
 */
export function* takeTimers(
  { now, heldUntil, limit }: { now: number; heldUntil: number; limit: number },
): Work<Timer[]> {
  const due = yield* rows(
    `SELECT site, user_id, what, ref, due_at, priority, set_at, body, held_until
     FROM notification_timers
     WHERE due_at <= $1 AND ${IS_FREE}
     ORDER BY due_at, priority DESC, set_at, site, user_id, what, ref LIMIT $2`,
    ...[now, limit],
  );
  const taken: Timer[] = [];
  for (const each of due) {
    const { site, user, what, ref } = timerOf(each);
    const mine = yield* row(
      `UPDATE notification_timers SET held_until = $6
       WHERE site = $1 AND user_id = $2 AND what = $3 AND ref = $4 AND held_until = $5
       RETURNING ref`,
      ...[site, user, what, ref, Number(each["held_until"]), heldUntil],
    );
    if (mine !== undefined) taken.push(timerOf(each));
  }
  return taken;
}

/** Holds timers for longer, or lets them go. Resolves with those that nobody else has taken, or set, or ended. */
export function* holdTimers(
  timers: readonly Timer[],
  { before, heldUntil }: { readonly before: number; readonly heldUntil: number },
): Work<Timer[]> {
  const held: Timer[] = [];
  for (const timer of timers) {
    const { site, user, what, ref } = timer;
    const mine = yield* row(
      `UPDATE notification_timers SET held_until = $6
       WHERE site = $1 AND user_id = $2 AND what = $3 AND ref = $4 AND held_until = $5
       RETURNING ref`,
      ...[site, user, what, ref, before, heldUntil],
    );
    if (mine !== undefined) held.push(timer);
  }
  return held;
}

/** When the next one is due; `undefined` where there is none. */
export const NEXT_DUE = `SELECT min(due_at) AS due_at FROM notification_timers WHERE ${IS_FREE}`;

/** Notes what became of a notification; says whether nobody had before. */
export function* noteOutcome(
  { site, user, id }: Meant,
  { state, why }: Pick<Held, "state" | "why">,
  now: number,
): Work<boolean> {
  const added = yield* rows(
    `INSERT INTO notification_outcomes (site, id, user_id, state, why, digest, at)
     VALUES ($1, $2, $3, $4, $5, '', $6)
     ON CONFLICT (site, id, user_id) DO NOTHING RETURNING id`,
    ...[site, id, user, state, why, now],
  );
  return added.length > 0;
}

/** What became of a notification, of some user where no user is named. */
export function* findOutcome(site: string, id: string, user?: UserId): Work<Outcome | undefined> {
  const found = yield* row(
    `SELECT id, user_id, state, why, digest, at FROM notification_outcomes
     WHERE site = $1 AND id = $2 AND (user_id = $3 OR $3 = '')
     ORDER BY CASE state WHEN 'withdrawn' THEN 1 ELSE 0 END, user_id LIMIT 1`,
    ...[site, id, user ?? ""],
  );
  if (found === undefined) return undefined;
  const digest = String(found["digest"]);
  return {
    id: String(found["id"]),
    user: String(found["user_id"]),
    state: String(found["state"]) as Outcome["state"],
    why: String(found["why"]),
    ...(digest !== "" && { digest }),
    at: Number(found["at"]),
  };
}

/** Drops what became of notifications before a time, some at once. Resolves with how many. */
export function* dropOutcomes(before: number): Work<number> {
  const dropped = yield* rows(
    `DELETE FROM notification_outcomes WHERE (site, id, user_id) IN (
       SELECT site, id, user_id FROM notification_outcomes WHERE at < $1 LIMIT 500
     ) RETURNING id`,
    before,
  );
  return dropped.length;
}

/** Drops what came at once before a time, some at once: it counts for nothing any more. Resolves with how many. */
export function* dropPasses(before: number): Work<number> {
  const dropped = yield* rows(
    `DELETE FROM notification_passes WHERE (site, user_id, kind, id) IN (
       SELECT site, user_id, kind, id FROM notification_passes WHERE at < $1 LIMIT 500
     ) RETURNING id`,
    before,
  );
  return dropped.length;
}

/** Puts a notification into the digest of a kind that is open; says whether it is new there. */
export function* addItem(
  { site, user }: Owner,
  kind: string,
  item: DigestItem,
  now: number,
): Work<boolean> {
  const added = yield* rows(
    `INSERT INTO digest_items (site, user_id, id, kind, said_at, digest, item)
     VALUES ($1, $2, $3, $4, $5, '', $6)
     ON CONFLICT (site, user_id, id) DO NOTHING RETURNING id`,
    ...[site, user, item.id, kind, now, JSON.stringify(item)],
  );
  return added.length > 0;
}

/** Closes the digest of a kind, so that what comes from now on is in the next one. Nothing happens where it is closed already. */
export function* closeDigest(timer: Timer, digest: string, now: number): Work<void> {
  const { site, user, ref: kind } = timer;
  if (!(yield* endTimer(timer))) return;
  yield* rows(
    `UPDATE digest_items SET digest = $4
     WHERE site = $1 AND user_id = $2 AND kind = $3 AND digest = ''`,
    ...[site, user, kind, digest],
  );
  yield* setTimer({ ...timer, what: "digested", ref: digest, dueAt: now }, now);
}

/** The notifications of a closed digest, oldest first. */
export function* itemsOf({ site, user }: Owner, kind: string, digest: string): Work<DigestItem[]> {
  const found = yield* rows(
    `SELECT item FROM digest_items
     WHERE site = $1 AND user_id = $2 AND kind = $3 AND digest = $4 ORDER BY said_at, id`,
    ...[site, user, kind, digest],
  );
  return found.map(({ item }) => JSON.parse(String(item)));
}

/** A closed digest was delivered. @param alone the notifications that have come by themselves, and are not in it */
export function* endDigest(
  { site, user, ref: digest }: Pick<Timer, "site" | "user" | "ref">,
  kind: string,
  alone: ReadonlySet<string>,
): Work<void> {
  const items = yield* rows(
    `DELETE FROM digest_items WHERE site = $1 AND user_id = $2 AND kind = $3 AND digest = $4
     RETURNING id`,
    ...[site, user, kind, digest],
  );
  for (const id of items.map((item) => String(item["id"]))) {
    yield* alone.has(id)
      ? rows(
        "DELETE FROM notification_outcomes WHERE site = $1 AND id = $2 AND user_id = $3",
        ...[site, id, user],
      )
      : rows(
        `UPDATE notification_outcomes SET digest = $4
         WHERE site = $1 AND id = $2 AND user_id = $3`,
        ...[site, id, user, digest],
      );
  }
  yield* rows(
    `DELETE FROM notification_timers
     WHERE site = $1 AND user_id = $2 AND what = 'digested' AND ref = $3`,
    ...[site, user, digest],
  );
}

/** Lets a notification pass, once; says from when on another one may where there is no room for it, else `undefined`. */
export function* passThrottle(
  { site, user, id }: Meant,
  { kind, count, seconds }: { kind: string; count: number; seconds: number },
  now: number,
): Work<number | undefined> {
  const since = now - seconds * 1000;
  // A row without an id, so that two nodes count one after the other.
  yield* rows(
    `INSERT INTO notification_passes (site, user_id, kind, id, at) VALUES ($1, $2, $3, '', $4)
     ON CONFLICT (site, user_id, kind, id) DO UPDATE SET at = excluded.at`,
    ...[site, user, kind, now],
  );
  yield* rows(
    `DELETE FROM notification_passes
     WHERE site = $1 AND user_id = $2 AND kind = $3 AND id <> '' AND (at <= $4 OR at > $5)`,
    ...[site, user, kind, since, now],
  );
  const passed = yield* rows(
    `SELECT id, at FROM notification_passes
     WHERE site = $1 AND user_id = $2 AND kind = $3 AND id <> ''`,
    ...[site, user, kind],
  );
  if (passed.some((each) => each["id"] === id)) return undefined;
  if (passed.length >= count) {
    return Math.min(...passed.map(({ at }) => Number(at))) + seconds * 1000;
  }
  yield* rows(
    `INSERT INTO notification_passes (site, user_id, kind, id, at) VALUES ($1, $2, $3, $4, $5)`,
    ...[site, user, kind, id, now],
  );
  return undefined;
}

/**
 * Takes a notification out of a digest that is still open, where its sender takes it back. Says whether it was there. What became
 * of it stays written down, so that its id, sent again, is no new notification.
 */
export function* dropItem({ site, user, id }: Meant): Work<boolean> {
  const gone = yield* rows(
    `DELETE FROM digest_items WHERE site = $1 AND user_id = $2 AND id = $3 AND digest = ''
     RETURNING id`,
    ...[site, user, id],
  );
  return gone.length > 0 && (yield* noteWithdrawn({ site, user, id }));
}

/** As {@linkcode dropItem}, of one that is not in the inbox and is still to be pushed. */
export function* dropPush({ site, user, id }: Meant): Work<boolean> {
  const gone = yield* rows(
    `DELETE FROM notification_timers
     WHERE site = $1 AND user_id = $2 AND what = 'push' AND ref = $3 RETURNING ref`,
    ...[site, user, id],
  );
  return gone.length > 0 && (yield* noteWithdrawn({ site, user, id }));
}

function* noteWithdrawn({ site, user, id }: Meant): Work<true> {
  yield* rows(
    `UPDATE notification_outcomes SET state = 'withdrawn'
     WHERE site = $1 AND user_id = $2 AND id = $3`,
    ...[site, user, id],
  );
  return true;
}

/**
 * Changes a notification in a digest that is still open; `undefined` where there is none, or `change` makes none of it.
 *
 * @param change may be called again
 */
export function* editItem(
  { site, user, id }: Meant,
  change: (item: DigestItem) => DigestItem | undefined,
): Work<DigestItem | undefined> {
  // It is written first, so that a change on another node is seen, and the digest is not closed in between.
  const found = yield* row(
    `UPDATE digest_items SET digest = '' WHERE site = $1 AND user_id = $2 AND id = $3 AND digest = ''
     RETURNING item`,
    ...[site, user, id],
  );
  const changed = found && change(JSON.parse(String(found["item"])));
  if (changed === undefined) return undefined;
  yield* rows(
    "UPDATE digest_items SET item = $4 WHERE site = $1 AND user_id = $2 AND id = $3",
    ...[site, user, id, JSON.stringify(changed)],
  );
  return changed;
}

/** All that waits for a user, for an export. */
export function* waitingFor({ site, user }: Owner): Work<DigestItem[]> {
  const found = yield* rows(
    "SELECT item FROM digest_items WHERE site = $1 AND user_id = $2 ORDER BY said_at, id",
    ...[site, user],
  );
  return found.map(({ item }) => JSON.parse(String(item)));
}

/** Erases all that is kept of a user; resolves with how many notifications there were. */
export function* eraseTiming({ site, user }: Owner): Work<number> {
  const items = yield* rows(
    "DELETE FROM digest_items WHERE site = $1 AND user_id = $2 RETURNING id",
    ...[site, user],
  );
  for (const table of ["notification_timers", "notification_passes", "notification_outcomes"]) {
    yield* rows(`DELETE FROM ${table} WHERE site = $1 AND user_id = $2`, site, user);
  }
  return items.length;
}

function timerOf(found: Row): Timer {
  return {
    site: String(found["site"]),
    user: String(found["user_id"]),
    what: String(found["what"]) as TimerKind,
    ref: String(found["ref"]),
    dueAt: Number(found["due_at"]),
    priority: Number(found["priority"]),
    setAt: Number(found["set_at"]),
    body: String(found["body"]),
  };
}
