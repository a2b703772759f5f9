/** Devices in the database: works, each a transaction or a part of one. */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { TokenFacts } from "../core/identity.ts";
import { type Row, row, rows, type Work } from "../engines/database/database.ts";
import { holdReach, setReach } from "../preferences/reach.ts";
import type { KeptDevice } from "./kept_device.ts";
import { type Device, PROVIDERS, type PushResult } from "./types.ts";

/** Whose it is. */
export interface Owner {
  readonly site: string;
  readonly user: UserId;
}

/** A device that is about to be registered. */
export interface NewDevice extends Device {
  /** No other device of the site has the same. */
  readonly tokenHash: string;
  /** The user's token by which it is registered, where it is by one. */
  readonly boundTo?: TokenFacts | undefined;
}

export interface Registered {
  readonly device: KeptDevice;
  readonly isNew: boolean;
  /** Whose it was until now, where it was another user's. */
  readonly movedFrom?: UserId;
  /** How many others had to go for it. */
  readonly dropped: number;
}

interface RegisterOptions {
  /** Devices of one user. */
  readonly limit: number;
  /** Whether one that is too many takes the place of the one that was not seen for longest; else it is refused. */
  readonly replaces: boolean;
  readonly now: number;
}

const COLUMNS =
  "site, id, user_id, provider, token, platform, app, locale, time_zone, created_at, seen_at, session, " +
  "token_id, issued_at, last_at, last_result, last_why, server_key";

/** Another node has registered the same device in between. */
export class RegisteredMeanwhile extends CodedError {
  constructor() {
    super("unavailable", "Others register the same device right now: try again");
  }
}

/**
 * Registers a device, or notes that it is still there. `undefined` where another node was faster, and it has to be tried again.
 * Throws `too_many_devices`.
 */
export function* registerDevice(
  device: NewDevice,
  { limit, replaces, now }: RegisterOptions,
): Work<Registered | undefined> {
  const { site, user, provider, tokenHash } = device;
  const there = yield* row(
    `SELECT id, user_id FROM push_devices WHERE site = $1 AND provider = $2 AND token_hash = $3`,
    ...[site, provider, tokenHash],
  );
  const before = there && { id: String(there["id"]), user: String(there["user_id"]) };
  // In one order, so that no two changes wait for each other.
  const users = [...new Set([user, before?.user ?? user])].sort();
  for (const each of users) yield* holdReach(site, each);
  if (before?.user === user) {
    const kept = yield* seeDevice(device, before.id, now);
    yield* noteReach(site, user);
    return kept && { device: kept, isNew: false, dropped: 0 };
  }
  if (before !== undefined) {
    yield* dropDevice({ site, id: before.id, why: "another user has it", now });
    yield* noteReach(site, before.user);
  }
  const dropped = yield* makeRoom(device, { limit, replaces, now });
  const made = yield* row(
    `INSERT INTO push_devices (${COLUMNS}, token_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, 0, '', '', $15, $14)
     ON CONFLICT (site, provider, token_hash) DO NOTHING RETURNING ${COLUMNS}`,
    ...[site, device.id, user, provider, device.token, ...saidOf(device), now],
    ...[...boundTo(device), tokenHash, device.serverKey ?? ""],
  );
  if (made === undefined) throw new RegisteredMeanwhile(); // and nothing of this stays
  yield* noteReach(site, user);
  return {
    ...{ device: deviceOf(made), isNew: true, dropped },
    ...(before !== undefined && { movedFrom: before.user }),
  };
}

/**
 * Gives a device of Web Push another subscription. `undefined` where there is no device with the last one. Where the new one is a
 * device already, since a page was faster, the last one's goes.
 */
export function* renewDevice(
  id: string,
  { oldHash, token, tokenHash, now }: {
    readonly oldHash: string;
    readonly token: string;
    readonly tokenHash: string;
    readonly now: number;
  },
): Work<(Owner & { readonly isDropped: boolean }) | undefined> {
  const find = () =>
    row(
      `SELECT site, user_id, token_hash FROM push_devices
       WHERE id = $1 AND provider = 'web_push' AND token_hash IN ($2, $3)`,
      ...[id, oldHash, tokenHash],
    );
  const before = yield* find();
  if (before === undefined) return undefined;
  const [site, user] = [String(before["site"]), String(before["user_id"])];
  yield* holdReach(site, user);
  const there = yield* find(); // another node may have done it until now
  if (there?.["user_id"] !== user) {
    yield* noteReach(site, user);
    return undefined;
  }
  if (there["token_hash"] === tokenHash) return { site, user, isDropped: false };
  const other = yield* row(
    "SELECT id FROM push_devices WHERE site = $1 AND provider = 'web_push' AND token_hash = $2",
    ...[site, tokenHash],
  );
  if (other === undefined) {
    yield* rows(
      `UPDATE push_devices SET token = $3, token_hash = $4, seen_at = $5
       WHERE site = $1 AND id = $2`,
      ...[site, id, token, tokenHash, now],
    );
    return { site, user, isDropped: false };
  }
  yield* dropDevice({ site, id, why: "the browser has another subscription", now });
  yield* noteReach(site, user);
  return { site, user, isDropped: true };
}

/** The devices of a user, those that were seen last first. */
export function* devicesOf({ site, user }: Owner): Work<KeptDevice[]> {
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM push_devices WHERE site = $1 AND user_id = $2
     ORDER BY seen_at DESC, id`,
    ...[site, user],
  );
  return found.map(deviceOf);
}

export function* findDevice(site: string, id: string): Work<KeptDevice | undefined> {
  const found = yield* row(
    `SELECT ${COLUMNS} FROM push_devices WHERE site = $1 AND id = $2`,
    ...[site, id],
  );
  return found && deviceOf(found);
}

/** Removes a device of a user; says whether there was one. What waits for it is not sent. */
export function* removeDevice(
  { site, user, id }: Owner & { readonly id: string },
  why: string,
  now: number,
): Work<boolean> {
  const there = yield* row(
    "SELECT id FROM push_devices WHERE site = $1 AND id = $2 AND user_id = $3",
    ...[site, id, user],
  );
  if (there === undefined) return false;
  yield* holdReach(site, user);
  const isGone = yield* dropDevice({ site, id, why, now });
  yield* noteReach(site, user);
  return isGone;
}

/** Removes all devices of a user; says how many there were. */
export function* removeDevices({ site, user }: Owner, why: string, now: number): Work<number> {
  yield* holdReach(site, user);
  const all = yield* rows(
    "SELECT id FROM push_devices WHERE site = $1 AND user_id = $2 ORDER BY id",
    ...[site, user],
  );
  for (const { id } of all) yield* dropDevice({ site, id: String(id), why, now });
  yield* noteReach(site, user);
  return all.length;
}

/** Notes what the last push to a device came to. */
export function* noteLast(
  { site, id }: { readonly site: string; readonly id: string },
  { result, why = "" }: { readonly result: PushResult["result"]; readonly why?: string },
  now: number,
): Work<void> {
  yield* rows(
    `UPDATE push_devices SET last_at = $3, last_result = $4, last_why = $5
     WHERE site = $1 AND id = $2`,
    ...[site, id, now, result, why],
  );
}

/** Devices that were registered by tokens that count no more: some of them. */
export function* devicesBoundTo(
  { site, kind, name, at }: {
    readonly site: string;
    readonly kind: "token" | "session" | "user" | "site";
    readonly name: string;
    /** Tokens that were issued until then. */
    readonly at: number;
  },
): Work<(Owner & { readonly id: string })[]> {
  const bound = "SELECT site, user_id, id FROM push_devices WHERE site = $1";
  const some = "ORDER BY user_id, id LIMIT 100";
  const found = kind === "token" || kind === "session"
    ? yield* rows(
      `${bound} AND ${kind === "token" ? "token_id" : "session"} = $2 ${some}`,
      ...[site, name],
    )
    : kind === "user"
    ? yield* rows(
      `${bound} AND user_id = $2 AND issued_at > 0 AND issued_at <= $3 ${some}`,
      ...[site, name, at],
    )
    : yield* rows(`${bound} AND issued_at > 0 AND issued_at <= $2 ${some}`, site, at);
  return found.map((each) => ({
    site: String(each["site"]),
    user: String(each["user_id"]),
    id: String(each["id"]),
  }));
}

function* seeDevice(device: NewDevice, id: string, now: number): Work<KeptDevice | undefined> {
  const kept = yield* row(
    `UPDATE push_devices SET token = $3, platform = $4, app = $5, locale = $6, time_zone = $7,
       seen_at = $8, session = $9, token_id = $10, issued_at = $11,
       server_key = CASE server_key WHEN '' THEN $12 ELSE server_key END
     WHERE site = $1 AND id = $2 RETURNING ${COLUMNS}`,
    ...[device.site, id, device.token, ...saidOf(device), now, ...boundTo(device)],
    device.serverKey ?? "", // the same subscription is for the same key
  );
  return kept && deviceOf(kept);
}

/** Has those that were not seen for longest go where there are too many. */
function* makeRoom(
  { site, user, provider }: Pick<Device, "site" | "user" | "provider">,
  { limit, replaces, now }: RegisterOptions,
): Work<number> {
  // Addresses are counted by themselves: no device of the user's takes the place of one that the application has registered.
  const all = yield* rows(
    `SELECT id FROM push_devices
     WHERE site = $1 AND user_id = $2 AND (provider = 'mail') = (CAST($3 AS TEXT) = 'mail')
     ORDER BY seen_at, id`,
    ...[site, user, provider],
  );
  const tooMany = all.length + 1 - limit;
  if (tooMany <= 0) return 0;
  if (!replaces) {
    throw new CodedError(
      "too_many_devices",
      `Cannot register another device: user ${
        JSON.stringify(user)
      } has ${all.length}, the limit is ${limit}`,
    );
  }
  for (const { id } of all.slice(0, tooMany)) {
    yield* dropDevice({ site, id: String(id), why: "the user has too many devices", now });
  }
  return tooMany;
}

function* dropDevice(
  { site, id, why, now }: {
    readonly site: string;
    readonly id: string;
    readonly why: string;
    readonly now: number;
  },
): Work<boolean> {
  const gone = yield* rows(
    "DELETE FROM push_devices WHERE site = $1 AND id = $2 RETURNING id",
    ...[site, id],
  );
  yield* rows(
    `UPDATE push_sends SET state = 'gone', why = $3, at = $4, due_at = NULL
     WHERE site = $1 AND device = $2 AND due_at IS NOT NULL`,
    ...[site, id, why, now],
  );
  return gone.length > 0;
}

/** Writes down by which ways a user can be reached, as it is now. */
function* noteReach(site: string, user: UserId): Work<void> {
  const found = yield* rows(
    "SELECT DISTINCT provider FROM push_devices WHERE site = $1 AND user_id = $2",
    ...[site, user],
  );
  const providers = found.map(({ provider }) => provider);
  yield* setReach(site, user, {
    push: providers.some((each) => each !== "mail"),
    mail: providers.includes("mail"),
  });
}

function saidOf({ platform = "", app = "", locale = "", timeZone = "" }: Device): string[] {
  return [platform, app, locale, timeZone];
}

function boundTo({ boundTo: facts }: NewDevice): [string, string, number] {
  if (facts === undefined) return ["", "", 0];
  // A token that does not say when it was issued falls under every revocation of its user.
  return [facts.session ?? "", facts.tokenId ?? "", facts.issuedAt ?? 1];
}

function deviceOf(found: Row): KeptDevice {
  const text = (column: string) => String(found[column]);
  const said = (column: string) => text(column) === "" ? undefined : text(column);
  const [platform, app, locale, timeZone] = ["platform", "app", "locale", "time_zone"].map(said);
  const serverKey = said("server_key");
  const [session, tokenId, issuedAt] = [said("session"), said("token_id"), found["issued_at"]];
  const lastAt = Number(found["last_at"]);
  return {
    ...{ site: text("site"), id: text("id"), user: text("user_id") },
    provider: PROVIDERS.find((each) => each === found["provider"]) ?? "web_push",
    token: text("token"),
    ...(platform !== undefined && { platform }),
    ...(app !== undefined && { app }),
    ...(locale !== undefined && { locale }),
    ...(timeZone !== undefined && { timeZone }),
    ...(serverKey !== undefined && { serverKey }),
    createdAt: Number(found["created_at"]),
    seenAt: Number(found["seen_at"]),
    ...(Number(issuedAt) > 0 && {
      boundTo: {
        ...{ site: text("site"), user: text("user_id"), issuedAt: Number(issuedAt) },
        ...(session !== undefined && { session }),
        ...(tokenId !== undefined && { tokenId }),
      },
    }),
    ...(lastAt > 0 && {
      last: {
        at: lastAt,
        result: text("last_result") as PushResult["result"],
        ...(text("last_why") !== "" && { why: text("last_why") }),
      },
    }),
  };
}
