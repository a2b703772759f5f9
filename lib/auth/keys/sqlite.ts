/** The keys to the HTTP API in SQLite. */
import type { ApiKey, KeyStore } from "./store.ts";
import { isScope } from "../../base/scope.ts";
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import API_KEYS from "./1_api_keys.sql" with { type: "text" };

export const KEYS_SQL: readonly Migration[] = [{ name: "api_keys", sql: API_KEYS }];

export class SqliteApiKeys implements KeyStore {
  readonly #store: SqliteStore;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #exist: Statement;
  readonly #revoke: Statement;
  readonly #touch: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#insert = store.prepare(
      `INSERT INTO api_keys (id, name, site, scopes, hash, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#find = store.prepare("SELECT * FROM api_keys WHERE id = ?");
    this.#list = store.prepare(
      "SELECT * FROM api_keys WHERE ?1 IS NULL OR site = ?1 ORDER BY created_at, id",
    );
    this.#exist = store.prepare("SELECT 1 FROM api_keys LIMIT 1");
    this.#revoke = store.prepare(
      "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
    );
    this.#touch = store.prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ?");
  }

  create({ id, name, site, scopes, hash, createdAt, expiresAt }: ApiKey): Promise<void> {
    const values = [id, name, site, scopes.join(","), hash, createdAt, expiresAt ?? null];
    return this.#store.commit(() => void this.#insert.run(...values));
  }

  find(id: string): Promise<ApiKey | undefined> {
    const row = this.#find.get(id);
    return Promise.resolve(row === undefined ? undefined : toKey(row));
  }

  list(site?: string): Promise<ApiKey[]> {
    return Promise.resolve(this.#list.all(site ?? null).map(toKey));
  }

  exist(): Promise<boolean> {
    return Promise.resolve(this.#exist.get() !== undefined);
  }

  revoke(id: string, at: number): Promise<void> {
    return this.#store.commit(() => void this.#revoke.run(at, id));
  }

  touch(id: string, at: number): Promise<void> {
    return this.#store.commit(() => void this.#touch.run(at, id));
  }
}

export function toKey(row: Row): ApiKey {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    site: String(row["site"]),
    scopes: String(row["scopes"]).split(",").filter(isScope),
    hash: String(row["hash"]),
    createdAt: Number(row["created_at"]),
    ...(row["expires_at"] !== null && { expiresAt: Number(row["expires_at"]) }),
    ...(row["last_used_at"] !== null && { lastUsedAt: Number(row["last_used_at"]) }),
    ...(row["revoked_at"] !== null && { revokedAt: Number(row["revoked_at"]) }),
  };
}
