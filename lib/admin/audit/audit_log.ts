/**
 * Keeps in the database what was managed, for as many days as are set. Nobody who manages waits for that: what cannot be
 * written waits here, and stands in the log in any case.
 */
import { logFor } from "../../base/log.ts";
import type { AuditRecord } from "../../auth/audit.ts";
import { nextId } from "../../base/ids.ts";
import { reasonOf } from "../../base/reason.ts";
import {
  type Database,
  row,
  rows,
  type SqlValue,
  type Work,
} from "../../engines/database/database.ts";
import type { TableMigration } from "../../engines/database/tables.ts";
import { every, type Task } from "../../core/task.ts";
import AUDIT from "./1_audit.sql" with { type: "text" };
import REQUEST from "./2_request.sql" with { type: "text" };

const log = logFor("admin");

export const AUDIT_TABLES: readonly TableMigration[] = [
  { name: "audit", sql: AUDIT },
  { name: "request", sql: REQUEST },
];

/** How often records are written that wait. */
const WRITE_MS = 200;

/** Most records that wait. Past so many the oldest are given up, and stand in the log alone. */
const MOST_WAITING = 10_000;

/** Most records of one transaction. */
const AT_ONCE = 200;

/** Most records of a site; the oldest go. */
export const MOST_RECORDS = 100_000;

const SWEEP_MS = 600_000;
const DAY_MS = 24 * 3600 * 1000;

export interface KeptRecord extends AuditRecord {
  readonly id: string;
}

export interface AuditRequest {
  /** Absent: of all sites. */
  readonly site: string | undefined;
  readonly limit: number;
  /** Where the page before ended. */
  readonly before: Pick<KeptRecord, "at" | "id"> | undefined;
}

export class AuditLog {
  readonly #database: Database;
  readonly #days: number;
  readonly #listeners = new Set<(record: KeptRecord) => void>();
  #waiting: KeptRecord[] = [];
  #writing: Promise<void> | undefined;

  /** @param days that a record is kept; `Infinity` for no limit */
  constructor(database: Database, days: number) {
    this.#database = database;
    this.#days = days;
  }

  /** Keeps a record a little later. */
  keep(record: AuditRecord): void {
    const kept = { ...record, id: nextSortedId() };
    if (this.#waiting.push(kept) > MOST_WAITING) this.#waiting.shift();
    for (const listener of this.#listeners) listener(kept);
  }

  /** Has somebody told of each record of this node until disposal. */
  listen(listener: (record: KeptRecord) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The last records, the newest first. Rejects with `unavailable` where the database cannot be used. */
  async list({ site, limit, before }: AuditRequest): Promise<KeptRecord[]> {
    await this.write();
    const values: SqlValue[] = [limit];
    const conditions: string[] = [];
    if (site !== undefined) conditions.push(`site = $${values.push(site)}`);
    if (before !== undefined) {
      const [at, id] = [values.push(before.at), values.push(before.id)];
      conditions.push(`(at < $${at} OR at = $${at} AND id < $${id})`);
    }
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    const found = await this.#database.query(
      `SELECT id, at, site, who, action, target, address, request FROM admin_audit ${where}
       ORDER BY at DESC, id DESC LIMIT $1`,
      ...values,
    );
    return found.map((each) => ({
      id: String(each["id"]),
      at: Number(each["at"]),
      site: String(each["site"]),
      who: String(each["who"]),
      action: String(each["action"]),
      target: String(each["target"]),
      address: String(each["address"]),
      ...(each["request"] !== null && { request: String(each["request"]) }),
    }));
  }

  /** Writes what waits, and what comes meanwhile; what cannot be written waits on. */
  write(): Promise<void> {
    return this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // it is under way before it is over
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, AT_ONCE);
        await this.#database.transaction(() => insert(batch), "audit");
        this.#waiting = this.#waiting.filter((each) => !batch.includes(each));
      }
    } catch (error) {
      log.debug("audit records wait: {reason}", { reason: reasonOf(error) });
    } finally {
      this.#writing = undefined;
    }
  }

  get tasks(): readonly Task[] {
    return [
      every("writing of the audit log", WRITE_MS, () => this.write()),
      every("sweep of the audit log", SWEEP_MS, () => this.sweep()),
    ];
  }

  /** Removes what is too old, and of each site what is too much. */
  async sweep(): Promise<void> {
    const until = Date.now() - this.#days * DAY_MS;
    await this.#database.transaction(() => sweep(until), "audit");
  }
}

/** Of one process, each id is behind those before it: records of one millisecond keep their order. */
function nextSortedId(): string {
  const [process = "", count = ""] = nextId().split("-");
  return `${process}-${count.padStart(8, "0")}`;
}

function* insert(records: readonly KeptRecord[]): Work<void> {
  for (const { id, at, site, who, action, target, address, request = null } of records) {
    yield* rows(
      `INSERT INTO admin_audit (id, at, site, who, action, target, address, request)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
      ...[id, at, site, who, action, target, address, request],
    );
  }
}

function* sweep(until: number): Work<void> {
  if (Number.isFinite(until)) yield* rows("DELETE FROM admin_audit WHERE at < $1", until);
  const sites = yield* rows(
    "SELECT site FROM admin_audit GROUP BY site HAVING count(*) > $1",
    MOST_RECORDS,
  );
  for (const { site } of sites) {
    const first = yield* row(
      "SELECT at FROM admin_audit WHERE site = $1 ORDER BY at DESC, id DESC LIMIT 1 OFFSET $2",
      ...[String(site), MOST_RECORDS - 1],
    );
    if (first === undefined) continue;
    yield* rows(
      "DELETE FROM admin_audit WHERE site = $1 AND at < $2",
      String(site),
      Number(first["at"]),
    );
  }
}
