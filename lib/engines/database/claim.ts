/**
 * The database of a node that has Redis and no PostgreSQL: a SQLite file, which serves one node. That node's file is noted in
 * Redis, so that no other node keeps a second truth in a file of its own.
 */
import { logFor } from "../../base/log.ts";
import type { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import type { HeldFile } from "../sqlite/held_file.ts";
import type { RedisStorage } from "../storage.ts";
import { absent, type Database, type SqlValue, unavailable, type Work } from "./database.ts";
import type { TableMigration } from "./tables.ts";

const log = logFor("database");

/** Gives the file a name that no other file has. */
export const IDENTITY = {
  name: "database_identity",
  tables: [{
    name: "identity",
    sql: "CREATE TABLE database_identity (id TEXT NOT NULL)",
    sqlite: "INSERT INTO database_identity (id) VALUES (lower(hex(randomblob(12))))",
  }] satisfies TableMigration[],
};

const OTHERS =
  "another node of this Redis has it in a SQLite file of its own: set DATABASE_URL on all nodes";

export class ClaimedDatabase implements Database {
  readonly dialect;
  readonly #file: Database;
  readonly #storage: RedisStorage;
  #refusal: string | undefined = "Redis has not said yet whose file has it";
  #logged: string | undefined;

  constructor(file: Database, storage: RedisStorage) {
    this.dialect = file.dialect;
    this.#file = file;
    this.#storage = storage;
    storage.beforeRestored(() => this.claim());
  }

  query(sql: string, ...values: SqlValue[]) {
    if (this.#refusal !== undefined) return Promise.reject(this.#refused(this.#refusal));
    return this.#file.query(sql, ...values);
  }

  transaction<Result>(work: () => Work<Result>, key?: string): Promise<Result> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refused(this.#refusal));
    return this.#file.transaction(work, key);
  }

  #refused(reason: string): CodedError {
    return reason === OTHERS ? absent(reason) : unavailable(reason);
  }

  hold(): HeldFile {
    if (this.#file.hold === undefined) throw unavailable("it has no file");
    return this.#file.hold();
  }

  whyNotReady(): string | undefined {
    return this.#refusal ?? this.#file.whyNotReady();
  }

  /** Looks whose the database is, and takes it where it is nobody's. Rejects where Redis is away. */
  async claim(): Promise<void> {
    const { redis, keys } = this.#storage;
    const [own] = await this.#file.query("SELECT id FROM database_identity");
    const id = String(own?.["id"]);
    let holder: string | null;
    try {
      await redis.set(keys.database, id, "NX");
      holder = await redis.get(keys.database);
    } catch (error) {
      log.debug("whose the database is is not known: {reason}", { reason: reasonOf(error) });
      throw error;
    }
    this.#refusal = holder === id ? undefined : OTHERS;
    if (this.#refusal === this.#logged) return;
    this.#logged = this.#refusal;
    if (this.#refusal !== undefined) {
      log.warn(
        "No conversations on this node: {reason} ({key} in Redis has {holder}, this one is {id})",
        {
          ...{ reason: this.#refusal, key: keys.database, holder, id },
        },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}
