/** The works on the table of what users did with actions. */
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { Act, ActName, Result, Telling } from "./types.ts";

/** How long what a node has taken on is its own. An address has 10 s to answer. */
export const LEASE_MS = 15_000;

const COLUMNS =
  "site, user_id, notification, sent_at, action, state, done_at, attempts, request, result";
const KEY = "site = $1 AND user_id = $2 AND notification = $3 AND sent_at = $4 AND action = $5";

/** An act that was left behind. */
export interface LeftAct extends Act {
  readonly attempts: number;
}

/** Notes an act, unless it is there already. Returns the one that is there, and whether it is this one. */
export function* begin(
  act: Act,
  telling: Telling | undefined,
): Work<{ readonly act: Act; readonly isNew: boolean }> {
  const inserted = yield* row(
    `INSERT INTO notification_acts
       (site, user_id, notification, sent_at, action, state, done_at, due_at, attempts, request, result)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10) ON CONFLICT DO NOTHING RETURNING state`,
    ...keyOf(act),
    ...[act.state, act.doneAt, act.doneAt + LEASE_MS],
    ...[JSON.stringify(act.action), JSON.stringify(act.result)],
  );
  if (inserted !== undefined) {
    for (const each of telling?.statements ?? []) yield each;
    return { act, isNew: true };
  }
  const there = yield* row(`SELECT ${COLUMNS} FROM notification_acts WHERE ${KEY}`, ...keyOf(act));
  return { act: there === undefined ? act : actIn(there), isNew: false };
}

/** Notes what came of a call. Says whether it was still to be noted. */
export function* finish(act: Act, telling: Telling | undefined, now: number): Work<boolean> {
  const updated = yield* row(
    `UPDATE notification_acts SET state = 'done', done_at = $6, due_at = $7, result = $8
     WHERE ${KEY} AND state = 'pending' RETURNING state`,
    ...keyOf(act),
    ...[act.doneAt, now + LEASE_MS, JSON.stringify(act.result)],
  );
  if (updated === undefined) return false;
  for (const each of telling?.statements ?? []) yield each;
  return true;
}

/** All is done: clients have been shown it. */
export function* settle(act: ActName & Pick<Act, "action">): Work<void> {
  yield* rows(`UPDATE notification_acts SET due_at = NULL WHERE ${KEY}`, ...keyOf(act));
}

/** Takes a call back that had no answer, so that the user may try again. */
export function* takeBack(act: ActName & Pick<Act, "action">): Work<void> {
  yield* rows(`DELETE FROM notification_acts WHERE ${KEY} AND state = 'pending'`, ...keyOf(act));
}

/** Takes on what was left behind, some of it; no other node does for a while. */
export function* takeLeft(now: number, dueBy: number): Work<LeftAct[]> {
  const first = yield* row(
    "SELECT 1 AS one FROM notification_acts WHERE due_at <= $1 LIMIT 1",
    dueBy,
  );
  if (first === undefined) return [];
  const found = yield* rows(
    `UPDATE notification_acts SET due_at = $2, attempts = attempts + 1
     WHERE (site, user_id, notification, sent_at, action) IN (
       SELECT site, user_id, notification, sent_at, action FROM notification_acts
       WHERE due_at <= $1 ORDER BY due_at LIMIT 20
     ) AND due_at <= $1 RETURNING ${COLUMNS}`,
    ...[dueBy, now + LEASE_MS],
  );
  return found.map((each) => ({ ...actIn(each), attempts: Number(each["attempts"]) }));
}

/** Forgets what is older than its notification can be. */
export function* forgetOld(before: number): Work<void> {
  yield* rows("DELETE FROM notification_acts WHERE done_at < $1 AND due_at IS NULL", before);
}

export function* actsOf(site: string, user: string): Work<Act[]> {
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM notification_acts WHERE site = $1 AND user_id = $2 ORDER BY done_at`,
    ...[site, user],
  );
  return found.map(actIn);
}

export function* forgetUser(site: string, user: string): Work<number> {
  const gone = yield* rows(
    "DELETE FROM notification_acts WHERE site = $1 AND user_id = $2 RETURNING action",
    ...[site, user],
  );
  return gone.length;
}

function keyOf({ site, user, id, sentAt, action }: ActName & Pick<Act, "action">) {
  return [site, user, id, sentAt, action.id];
}

function actIn(found: Row): Act {
  return {
    site: String(found["site"]),
    user: String(found["user_id"]),
    id: String(found["notification"]),
    sentAt: Number(found["sent_at"]),
    action: JSON.parse(String(found["request"])),
    state: found["state"] === "done" ? "done" : "pending",
    doneAt: Number(found["done_at"]),
    result: JSON.parse(String(found["result"])) as Result,
  };
}
