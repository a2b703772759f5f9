/** The revocations in SQLite. The one node that there is hears of a change once it is on the disk. */
import type {
  OnRevocationChange,
  Revocation,
  RevocationKey,
  RevocationKind,
  RevocationStore,
} from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { StoreClock } from "../../engines/sqlite/store_clock.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { SqliteStorage } from "../../engines/storage.ts";
import REVOCATIONS from "./1_revocations.sql" with { type: "text" };

export const REVOCATIONS_SQL: readonly Migration[] = [{ name: "revocations", sql: REVOCATIONS }];

export class SqliteRevocations implements RevocationStore {
  readonly #store: SqliteStore;
  /** By this clock revocations are forgotten: one that was forgotten too early would let in again whom it kept out. */
  readonly #clock: StoreClock;
  readonly #tell: OnRevocationChange;
  readonly #add: Statement;
  readonly #remove: Statement;
  readonly #removeEnded: Statement;
  readonly #list: Statement;

  constructor({ store, clock }: SqliteStorage, tell: OnRevocationChange) {
    this.#store = store;
    this.#clock = clock;
    this.#tell = tell;
    // max() is NULL where one of its arguments is: a revocation without an end never gets one.
    this.#add = store.prepare(
      `INSERT INTO revocations (site, kind, name, at, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET at = max(at, excluded.at), expires_at =
         CASE kind WHEN 'block' THEN excluded.expires_at ELSE max(expires_at, excluded.expires_at) END
       RETURNING *`,
    );
    this.#remove = store.prepare(
      "DELETE FROM revocations WHERE site = ? AND kind = ? AND name = ?",
    );
    this.#removeEnded = store.prepare("DELETE FROM revocations WHERE expires_at <= ?");
    this.#list = store.prepare(
      "SELECT * FROM revocations WHERE expires_at IS NULL OR expires_at > ?",
    );
  }

  async add({ site, kind, name, at, expiresAt }: Revocation): Promise<void> {
    const row = await this.#store.commit(() => {
      this.#removeEnded.run(this.#clock.now());
      return this.#add.get(site, kind, name, at, expiresAt ?? null);
    });
    if (row !== undefined) this.#tell({ type: "revoked", revocation: toRevocation(row) });
  }

  async remove(key: RevocationKey): Promise<boolean> {
    const { site, kind, name } = key;
    const { changes } = await this.#store.commit(() => this.#remove.run(site, kind, name));
    this.#tell({ type: "lifted", revocation: { site, kind, name } });
    return Number(changes) > 0;
  }

  list(): Promise<Revocation[]> {
    return Promise.resolve(this.#list.all(this.#clock.now()).map(toRevocation));
  }

  /** The file is this server's alone, and loses nothing while the server runs. */
  restore(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(site: string, user: UserId): Promise<void> {
    this.#tell({ type: "disconnect", site, user });
    return Promise.resolve();
  }
}

export function toRevocation(row: Row): Revocation {
  return {
    site: String(row["site"]),
    kind: String(row["kind"]) as RevocationKind, // nobody else writes this file
    name: String(row["name"]),
    at: Number(row["at"]),
    ...(row["expires_at"] !== null && { expiresAt: Number(row["expires_at"]) }),
  };
}
