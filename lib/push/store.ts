/** What is pushed to each device, in the database: works, each a transaction or a part of one. */
import type { UserId } from "../base/fields.ts";
import {
  type Row,
  row,
  rows,
  type SqlValue,
  type Statement,
  type Work,
} from "../engines/database/database.ts";
import { devicesOf, noteLast, type Owner, removeDevice } from "./device_store.ts";
import type { KeptDevice } from "./kept_device.ts";
import { type ProviderName, PROVIDERS, type PushResult } from "./types.ts";

/** What became of a push: it waits, a provider has taken it, it is closed again, or why it was not shown. */
export type SendState =
  | "waiting"
  | "taken"
  | "closed"
  | "gone"
  | "refused"
  | "failed"
  | "spared";

/** Names what is pushed to a device; nothing is, where there is no device. */
export interface SendKey {
  readonly site: string;
  readonly user: UserId;
  /** Of the notification. */
  readonly id: string;
  readonly device: string;
}

export interface Send extends SendKey {
  readonly provider: ProviderName;
  readonly origin: string;
  readonly what: "show" | "close";
  readonly state: SendState;
  readonly why: string;
  readonly round: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** When it is to be sent; `undefined` where nothing is to be done. */
  readonly dueAt: number | undefined;
  readonly heldUntil: number;
  readonly begun: number;
  readonly attempts: number;
  readonly priority: number;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** The content of one that is in no inbox, in JSON; else empty. */
  readonly body: string;
  /** The notification's; empty for none. */
  readonly group: string;
}

/** What is to be pushed to all devices of a user. */
export interface NewSends extends Owner {
  readonly id: string;
  readonly round: number;
  readonly priority: number;
  readonly expiresAt: number;
  readonly body: string;
  readonly group: string;
}

const KEY = "site = $1 AND id = $2 AND user_id = $3 AND device = $4";

const COLUMNS =
  "site, id, user_id, device, provider, origin, what, state, why, round, at, due_at, " +
  "held_until, begun, attempts, priority, expires_at, body, of_group";

/**
 * Writes a row for each device that is meant; where one of this round is there, it stays as it is. Resolves with how many there are
 * to send.
 *
 * @param originOf where the provider sends it; `undefined` where there is no such provider any more
 */
export function* addSends(
  { site, user, id, round, priority, expiresAt, body, group }: NewSends,
  { isMeant, originOf, now }: {
    readonly isMeant: (device: KeptDevice) => boolean;
    readonly originOf: (device: KeptDevice) => string | undefined;
    readonly now: number;
  },
): Work<number> {
  let added = 0;
  for (const device of (yield* devicesOf({ site, user })).filter(isMeant)) {
    const origin = originOf(device);
    if (origin === undefined) continue;
    const isNew = yield* row(
      `INSERT INTO push_sends (${COLUMNS})
       VALUES ($1, $2, $3, $4, $5, $6, 'show', 'waiting', '', $7, $8, $8, 0, 0, 0, $9, $10, $11, $12)
       ON CONFLICT (site, id, user_id, device) DO UPDATE SET
         what = 'show', state = 'waiting', why = '', round = excluded.round, at = excluded.at,
         due_at = excluded.due_at, held_until = 0, begun = 0, attempts = 0,
         priority = excluded.priority, expires_at = excluded.expires_at, body = excluded.body,
         of_group = excluded.of_group
       WHERE push_sends.round < excluded.round RETURNING device`,
      ...[site, id, user, device.id, device.provider, origin, round, now, priority],
      ...[expiresAt, body, group],
    );
    if (isNew !== undefined) added++;
  }
  return added;
}

/** Notes why nothing of a notification was pushed, unless something is known of it. */
export function* noteSpared(
  { site, user, id }: Owner & { readonly id: string },
  why: string,
  now: number,
): Work<void> {
  yield* rows(
    `INSERT INTO push_sends (${COLUMNS})
     VALUES ($1, $2, $3, '', '', '', 'show', 'spared', $4, 0, $5, NULL, 0, 0, 0, 0, 0, '', '')
     ON CONFLICT (site, id, user_id, device) DO UPDATE SET why = excluded.why, at = excluded.at`,
    ...[site, id, user, why, now],
  );
}

/** Takes what is due, in the order of its times; no other node takes it before `heldUntil`. */
export function* takeSends(
  { now, heldUntil, limit, except, own, isFirst = false }: {
    /** Whether all that is held was left behind. */
    readonly isFirst?: boolean;
    readonly now: number;
    readonly heldUntil: number;
    readonly limit: number;
    /** Origins to which nothing is sent now. */
    readonly except: readonly string[];
    /** What this node sends already. */
    readonly own: readonly SendKey[];
  },
): Work<Send[]> {
  const values: SqlValue[] = [now, heldUntil, limit];
  const place = (value: SqlValue) => `$${values.push(value)}`;
  const others = except.length === 0 ? "" : `AND origin NOT IN (${except.map(place).join(", ")})`;
  const keys = own.map((each) => `(${keyOf(each).map(place).join(", ")})`);
  const notOwn = keys.length === 0
    ? ""
    : `AND (site, id, user_id, device) NOT IN (VALUES ${keys.join(", ")})`;
  if (isFirst) yield* rows("UPDATE push_sends SET held_until = 0 WHERE due_at IS NOT NULL");
  const found = yield* rows(
    `UPDATE push_sends SET held_until = $2, begun = begun + 1
     WHERE (site, id, user_id, device) IN (
       SELECT site, id, user_id, device FROM push_sends
       WHERE due_at <= $1 AND held_until < $1 ${others} ${notOwn}
       ORDER BY due_at, priority DESC, site, id, user_id, device LIMIT $3
     ) AND due_at <= $1 AND held_until < $1 RETURNING ${COLUMNS}`,
    ...values,
  );
  return found.map(sendOf).sort((one, other) =>
    one.dueAt! - other.dueAt! || other.priority - one.priority
  );
}

/** Holds for longer what this node has taken. Says of each whether it still has it. */
export function* holdSends(sends: readonly Send[], heldUntil: number): Work<boolean[]> {
  const held: boolean[] = [];
  for (const send of sends) {
    const own = yield* row(
      `UPDATE push_sends SET held_until = $6 WHERE ${KEY} AND held_until = $5 RETURNING device`,
      ...keyOf(send),
      ...[send.heldUntil, heldUntil],
    );
    held.push(own !== undefined);
  }
  return held;
}

/** Gives back what was taken and not sent. */
export function* giveBack(send: Send, dueAt = send.dueAt ?? 0): Work<void> {
  yield* rows(
    `UPDATE push_sends SET due_at = $6, held_until = 0, begun = begun - 1
     WHERE ${KEY} AND held_until = $5`,
    ...keyOf(send),
    ...[send.heldUntil, dueAt],
  );
}

/** Notes that a push is to be tried again. */
export function* postpone(
  send: Send,
  { why, dueAt }: { readonly why: string; readonly dueAt: number },
  now: number,
): Work<void> {
  const isHeld = yield* row(
    `UPDATE push_sends SET due_at = $6, why = $7, held_until = 0, attempts = begun
     WHERE ${KEY} AND held_until = $5 RETURNING device`,
    ...keyOf(send),
    ...[send.heldUntil, dueAt, why],
  );
  if (isHeld === undefined) return;
  yield* noteLast({ site: send.site, id: send.device }, { result: "later", why }, now);
}

/** Notes what became of a push, for good. Says whether it was still to be noted. */
export function* settle(
  send: Send,
  { state, why = "", result, statements = [] }: {
    readonly state: SendState;
    readonly why?: string;
    /** What the provider has said, where it was asked. */
    readonly result?: PushResult["result"];
    /** What is written with it. */
    readonly statements?: readonly Statement[];
  },
  now: number,
): Work<boolean> {
  const isHeld = yield* row(
    `UPDATE push_sends SET state = $6, why = $7, at = $8, due_at = NULL, held_until = 0,
       attempts = begun
     WHERE ${KEY} AND held_until = $5 RETURNING device`,
    ...keyOf(send),
    ...[send.heldUntil, state, why, now],
  );
  if (isHeld === undefined) return false;
  for (const statement of statements) yield statement;
  if (result !== undefined) {
    yield* noteLast({ site: send.site, id: send.device }, { result, why }, now);
  }
  return true;
}

/** The provider says that a device is gone: it is removed, with all that waits for it. */
export function* settleGone(
  send: Send,
  { why, statements }: { readonly why: string; readonly statements?: readonly Statement[] },
  now: number,
): Work<{ readonly isSettled: boolean; readonly isRemoved: boolean }> {
  const isSettled = yield* settle(
    send,
    { state: "gone", why, ...(statements && { statements }) },
    now,
  );
  const { site, user, device } = send;
  return { isSettled, isRemoved: yield* removeDevice({ site, user, id: device }, why, now) };
}

/** What was to be shown was seen elsewhere, though it may be on the device: it is closed there. */
export function* closeInstead(send: Send, now: number): Work<void> {
  yield* rows(
    `UPDATE push_sends SET what = 'close', state = 'taken', due_at = $6, held_until = 0, begun = 0,
       attempts = 0
     WHERE ${KEY} AND held_until = $5`,
    ...keyOf(send),
    ...[send.heldUntil, now],
  );
}

/** Has what a user's devices show of notifications closed; says how many devices are to be told. */
export function* closeShown(
  { site, user }: Owner,
  ids: readonly string[],
  closing: readonly ProviderName[],
  now: number,
): Work<number> {
  let count = 0;
  for (const id of ids) {
    const shown = yield* rows(
      `SELECT device, provider FROM push_sends
       WHERE site = $1 AND id = $2 AND user_id = $3 AND what = 'show' AND state = 'taken'`,
      ...[site, id, user],
    );
    for (const { device, provider } of shown) {
      if (!closing.some((each) => each === provider)) continue;
      const isClosing = yield* row(
        `UPDATE push_sends SET what = 'close', due_at = $5, held_until = 0, begun = 0, attempts = 0
         WHERE ${KEY} AND what = 'show' AND state = 'taken' RETURNING device`,
        ...[site, id, user, String(device), now],
      );
      if (isClosing !== undefined) count++;
    }
  }
  return count;
}

/** The user has answered at a device, which shows it no more. */
export function* noteAnswered({ site, id, user, device }: SendKey): Work<void> {
  yield* rows(
    `UPDATE push_sends SET state = 'closed', why = 'answered', due_at = NULL
     WHERE ${KEY} AND state IN ('taken', 'waiting')`,
    ...[site, id, user, device],
  );
}

/** What may be on a user's devices, the newest first: what was taken, or is on its way. */
export function* shownOf(
  { site, user }: Owner,
  now: number,
  limit: number,
): Work<{ id: string; isUnderWay: boolean; isInInbox: boolean }[]> {
  const found = yield* rows(
    `SELECT id, max(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS waiting,
       max(length(body)) AS content, max(at) AS newest
     FROM push_sends
     WHERE site = $1 AND user_id = $2 AND what = 'show' AND expires_at > $3
       AND (state = 'taken' OR state = 'waiting' AND held_until >= $3)
     GROUP BY id ORDER BY newest DESC LIMIT $4`,
    ...[site, user, now, limit],
  );
  return found.map(({ id, waiting, content }) => ({
    id: String(id),
    isUnderWay: Number(waiting) > 0,
    isInInbox: Number(content) === 0,
  }));
}

/** Whether anything may be on a user's devices. */
export function* hasShown({ site, user }: Owner, now: number): Work<boolean> {
  const found = yield* row(
    `SELECT id FROM push_sends
     WHERE site = $1 AND user_id = $2 AND what = 'show' AND expires_at > $3
       AND (state = 'taken' OR state = 'waiting' AND begun > 0) LIMIT 1`,
    ...[site, user, now],
  );
  return found !== undefined;
}

/** What became of a notification at each device: of one user's where a user is named. */
export function* sendsOf(site: string, id: string, user?: UserId): Work<Send[]> {
  const found = user === undefined
    ? yield* rows(
      `SELECT ${COLUMNS} FROM push_sends WHERE site = $1 AND id = $2 ORDER BY at, device LIMIT 100`,
      ...[site, id],
    )
    : yield* rows(
      `SELECT ${COLUMNS} FROM push_sends WHERE site = $1 AND id = $2 AND user_id = $3
       ORDER BY at, device`,
      ...[site, id, user],
    );
  return found.map(sendOf);
}

export function* findSend({ site, id, user, device }: SendKey): Work<Send | undefined> {
  const found = yield* row(
    `SELECT ${COLUMNS} FROM push_sends WHERE ${KEY}`,
    ...[site, id, user, device],
  );
  return found && sendOf(found);
}

/** What was pushed to a user last, the newest first. */
export function* lastSends({ site, user }: Owner, limit: number): Work<Send[]> {
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM push_sends WHERE site = $1 AND user_id = $2
     ORDER BY at DESC, id, device LIMIT $3`,
    ...[site, user, limit],
  );
  return found.map(sendOf);
}

/** What was pushed to a user, oldest first, after some of it. */
export function* sendsOfUser(
  { site, user }: Owner,
  after: Pick<Send, "at" | "id" | "device"> | undefined,
  limit: number,
): Work<Send[]> {
  const { at, id, device } = after ?? { at: -1, id: "", device: "" };
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM push_sends
     WHERE site = $1 AND user_id = $2 AND (at, id, device) > ($3, $4, $5)
     ORDER BY at, id, device LIMIT $6`,
    ...[site, user, at, id, device, limit],
  );
  return found.map(sendOf);
}

/** Erases some of what was pushed to a user; says how many rows. */
export function* eraseSends({ site, user }: Owner, limit: number): Work<number> {
  const gone = yield* rows(
    `DELETE FROM push_sends WHERE (site, id, user_id, device) IN (
       SELECT site, id, user_id, device FROM push_sends WHERE site = $1 AND user_id = $2 LIMIT $3
     ) RETURNING id`,
    ...[site, user, limit],
  );
  return gone.length;
}

/** Drops what became of pushes before a time, some at once. Resolves with how many. */
export function* dropSends(before: number): Work<number> {
  const gone = yield* rows(
    `DELETE FROM push_sends WHERE (site, id, user_id, device) IN (
       SELECT site, id, user_id, device FROM push_sends
       WHERE at < $1 AND due_at IS NULL AND expires_at < $1 LIMIT 500
     ) RETURNING id`,
    before,
  );
  return gone.length;
}

/** When the next one is due that nobody holds, and since when the oldest waits. */
export const NEXT_SEND =
  "SELECT min(due_at) AS due_at FROM push_sends WHERE due_at IS NOT NULL AND held_until < $1";

function keyOf({ site, id, user, device }: SendKey): [string, string, string, string] {
  return [site, id, user, device];
}

function sendOf(found: Row): Send {
  const text = (column: string) => String(found[column]);
  const number = (column: string) => Number(found[column]);
  return {
    ...{ site: text("site"), id: text("id"), user: text("user_id"), device: text("device") },
    provider: PROVIDERS.find((each) => each === found["provider"]) ?? "web_push",
    origin: text("origin"),
    what: found["what"] === "close" ? "close" : "show",
    state: text("state") as SendState,
    why: text("why"),
    ...{ round: number("round"), at: number("at"), heldUntil: number("held_until") },
    dueAt: found["due_at"] === null ? undefined : number("due_at"),
    ...{ begun: number("begun"), attempts: number("attempts"), priority: number("priority") },
    ...{ expiresAt: number("expires_at"), body: text("body") },
    group: text("of_group"),
  };
}
