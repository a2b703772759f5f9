/** How inboxes, what is scheduled, and receipts come from the embedded store to Redis. The keys are those of `inbox.lua` and `schedule*.lua`. */
import { Buffer } from "node:buffer";
import { decodeContent } from "../../core/publication.ts";
import type { Group, Move, MoveSource, MoveTarget, Put } from "../../engines/moving/move.ts";
import { numberIn } from "../../engines/moving/move.ts";
import type { Row } from "../../engines/sqlite/statement.ts";
import { inbox as settings } from "../settings.ts";
import { groupOf } from "./kept.ts";
import { InboxKeys } from "./redis_keys.ts";

const DAY_MS = 24 * 3600 * 1000;

/** How long an id that a caller made is known, and the position of an inbox that nothing came into. */
const CALLERS_ID_MS = DAY_MS;
const EMPTY_MS = 30 * DAY_MS;

/** What a notification takes beside its content, as `inbox.lua` counts it. */
const EACH_BYTES = 200;

const THERE = "FROM notifications WHERE expires_at IS NULL OR expires_at > ?";

const INBOXES: Move = {
  noun: "notifications",
  tables: ["notifications", "inboxes", "callers_ids"],
  count: (source, { now }) => numberIn(source, `SELECT count(*) ${THERE}`, now),
  *groups(source, target) {
    const { now, keys } = target;
    const names = new InboxKeys(keys);
    for (const row of source.rows("SELECT * FROM inboxes")) {
      yield { kind: "whole", puts: inboxPuts(source, target, names, row) } satisfies Group;
    }
    // Ids of callers are known for a day, also where the inbox is gone.
    for (const { site, user, id, at } of source.rows("SELECT * FROM callers_ids")) {
      const endsAt = Number(at) + CALLERS_ID_MS;
      if (endsAt <= now) continue;
      const key = names.callersId(String(site), String(user), String(id));
      yield { kind: "shared", puts: [{ type: "string", key, value: "1", endsAt }] };
    }
  },
};

const SCHEDULE: Move = {
  noun: "scheduled and snoozed notifications",
  tables: ["scheduled", "scheduled_bytes"],
  count: (source) => numberIn(source, "SELECT count(*) FROM scheduled"),
  *groups(source, { keys }) {
    const names = new InboxKeys(keys);
    const bytes = new Map<string, number>();
    for (const row of source.rows("SELECT * FROM scheduled ORDER BY seq")) {
      const [site, user, id] = ownerOf(row);
      const owner = `${site}\n${user}`;
      bytes.set(owner, (bytes.get(owner) ?? 0) + lengthOf(row["content"]) + EACH_BYTES);
      const name = `${owner}\n${id}`;
      const due = Number(row["deliver_at"]);
      const puts: Put[] = [
        {
          ...{ type: "hash", key: names.scheduledContents, isCounted: true },
          fields: [[name, storedOf(row)]],
        },
        { type: "zset", key: names.scheduled, members: [[`${acceptedOf(row)}\n${name}`, due]] },
        { type: "string", key: names.owner(site, id), value: user },
      ];
      if (row["snoozed_at"] !== null) {
        puts.push({ type: "zset", key: names.snoozed(site, user), members: [[id, due]] });
      }
      yield { kind: "shared", puts } satisfies Group;
    }
    if (bytes.size === 0) return;
    const fields = [...bytes].map(([owner, sum]) => [owner, String(sum)] as const);
    yield { kind: "shared", puts: [{ type: "hash", key: `${names.scheduled}-bytes`, fields }] };
  },
};

const RECEIPTS: Move = {
  noun: "receipts that are still to be told",
  tables: ["receipts"],
  count: (source) => numberIn(source, "SELECT count(*) FROM receipts"),
  *groups(source, { keys }) {
    const names = new InboxKeys(keys);
    const found = source.rows("SELECT * FROM receipts ORDER BY seq");
    if (found.length === 0) return;
    const entries = found.map((row) => [`${row["seq"]}-0`, fieldsOfReceipt(row)] as const);
    const puts: Put[] = [{ type: "stream", key: names.receipts, isCounted: true, entries }];
    const batch = found[0]?.["batch"];
    if (typeof batch === "string") {
      const last = found.findLast((row) => row["batch"] === batch);
      puts.push({ type: "string", key: names.receiptsBatch, value: `${batch} ${last?.["seq"]}-0` });
    }
    yield { kind: "whole", puts } satisfies Group;
  },
};

const REFUSED: Move = {
  noun: "notifications that were refused",
  tables: ["refused"],
  count: (source) => numberIn(source, "SELECT count(*) FROM refused"),
  *groups(source, { keys }) {
    const found = source.rows("SELECT *, NULL AS at FROM refused ORDER BY seq");
    if (found.length === 0) return;
    let [ms, number] = [0, 0];
    const entries = found.map((row) => {
      const [site, user, id] = ownerOf(row);
      const fields = ["reason", String(row["reason"]), "scheduled", id, "site", site];
      // The id says when it was refused, and rises, whatever the clock did.
      const at = Number(row["refused_at"]);
      [ms, number] = at > ms ? [at, 0] : [ms, number + 1];
      return [`${ms}-${number}`, [...fields, "user_id", user, "stored", storedOf(row)]] as const;
    });
    const key = new InboxKeys(keys).refused;
    yield { kind: "whole", puts: [{ type: "stream", key, isCounted: true, entries }] };
  },
};

export const INBOX_MOVES: readonly Move[] = [INBOXES, SCHEDULE, RECEIPTS, REFUSED];

function inboxPuts(
  source: MoveSource,
  { now, of }: MoveTarget,
  names: InboxKeys,
  inbox: Row,
): Put[] {
  const [site, user] = ownerOf(inbox);
  const found = source.rows(
    `SELECT * FROM notifications WHERE site = ? AND user = ? AND (expires_at IS NULL OR expires_at > ?)
     ORDER BY offset`,
    ...[site, user, now],
  );
  const { days } = of(settings);
  const keptMs = days * DAY_MS;
  // Redis drops an inbox as a whole after its time, and a little later than that.
  const endsAt = Number.isFinite(keptMs) ? now + keptMs * 1.01 : undefined;
  const emptyEnd = Math.max(now, Number(inbox["touched_at"])) + Math.min(keptMs, EMPTY_MS);
  const contents = found.map((row) => [String(row["id"]), `\n${saidOf(row)}`] as const);
  const places = (isMeant: (row: Row) => boolean) =>
    found.filter(isMeant).map((row) => [String(row["id"]), Number(row["offset"])] as const);
  const isDone = (row: Row) => row["read_at"] !== null || row["archived_at"] !== null;
  const groups = found.flatMap((row) =>
    row["group_name"] === null ? [] : [[String(row["id"]), groupIn(row)] as const]
  );
  const [
    content = "",
    order = "",
    queued = "",
    unread = "",
    done = "",
    times = "",
    expiries = "",
    position = "",
  ] = names.inbox(site, user);
  const zset = (key: string, members: readonly (readonly [string, number])[]) =>
    ({ type: "zset", key, members, endsAt }) as const;
  return [
    {
      ...{ type: "hash", key: position, endsAt: found.length > 0 ? endsAt : emptyEnd },
      fields: positionOf(inbox, contents, groups.length > 0),
    },
    { type: "hash", key: content, fields: contents, endsAt },
    { ...zset(order, places(() => true)), isCounted: true },
    zset(queued, places((row) => row["sent_at"] === null)),
    zset(unread, places((row) => !isDone(row))),
    zset(done, places(isDone)),
    {
      ...{ type: "hash", key: times, endsAt },
      fields: found.map((row) => [String(row["id"]), timesOf(row)] as const),
    },
    zset(
      expiries,
      found.flatMap((row) =>
        row["expires_at"] === null ? [] : [[String(row["id"]), Number(row["expires_at"])] as const]
      ),
    ),
    { type: "hash", key: names.groups(site, user), fields: groups, endsAt },
    ...found.map((row): Put => ({
      ...{ type: "string", key: names.owner(site, String(row["id"])), value: user },
      endsAt: endsAt === undefined ? undefined : Number(row["queued_at"] || now) + keptMs,
    })),
  ];
}

function positionOf(
  { epoch, offset, dropped, past }: Row,
  contents: readonly (readonly [string, string])[],
  isGrouped: boolean,
): [string, string][] {
  const bytes = contents.reduce((sum, [, stored]) => sum + lengthOf(stored) + EACH_BYTES, 0);
  return [
    ["epoch", String(epoch)],
    ["offset", String(offset)],
    ["bytes", String(bytes)],
    ...(Number(dropped) > 0 ? [["dropped", String(dropped)] as [string, string]] : []),
    ...(past === "" ? [] : [["past", String(past).trim()] as [string, string]]),
    ...(isGrouped ? [["grouped", "1"] as [string, string]] : []),
  ];
}

function saidOf({ at, room, content }: Row): string {
  return `${at} ${room}\n${content}`;
}

/** In the order of `inbox.lua`: accepted, sent, delivered, read, archived. */
function timesOf({ queued_at, sent_at, delivered_at, read_at, archived_at }: Row): string {
  return [queued_at, sent_at, delivered_at, read_at, archived_at].map((time) => time ?? "").join(
    ",",
  );
}

function groupIn({ content, group_name: name }: Row): string {
  return groupOf(decodeContent(String(content))) ?? String(name);
}

/** What is scheduled, as `schedule_put.lua` has it. */
function storedOf(row: Row): string {
  const { deliver_at: due, expires_at: expiresAt, at, room, content } = row;
  return `${acceptedOf(row)} ${due} ${expiresAt ?? "-"} ${at ?? "-"} ${room}\n${content}`;
}

/** Stands for the time of acceptance, by which those of one time are delivered in their order: before all that come later. */
function acceptedOf({ seq }: Row): string {
  return String(seq).padStart(16, "0");
}

function fieldsOfReceipt({ site, user, id, room, state, at }: Row): string[] {
  const fields = { site, user, id, room, state, at };
  return Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
}

function ownerOf({ site, user, id }: Row): [site: string, user: string, id: string] {
  return [String(site), String(user), String(id)];
}

function lengthOf(text: unknown): number {
  return Buffer.byteLength(String(text));
}
