/** The made rooms in SQLite. The one node that there is hears of a change once it is on the disk. */
import type { UserId } from "../../base/fields.ts";
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { SqliteStorage } from "../../engines/storage.ts";
import type {
  MadeFields,
  MadeKey,
  MadeRoom,
  MadeRoomStore,
  OnMadeChange,
  PutOptions,
  PutResult,
} from "./store.ts";
import MADE_ROOMS from "./1_made_rooms.sql" with { type: "text" };

export const MADE_ROOMS_SQL: readonly Migration[] = [{ name: "made_rooms", sql: MADE_ROOMS }];

export class SqliteMadeRooms implements MadeRoomStore {
  readonly #store: SqliteStore;
  readonly #tell: OnMadeChange;
  readonly #get: Statement;
  readonly #count: Statement;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #list: Statement;
  /** The time of the last change: it rises whatever the clock does. */
  #last: number;

  constructor({ store }: SqliteStorage, tell: OnMadeChange) {
    this.#store = store;
    this.#tell = tell;
    this.#get = store.prepare("SELECT at FROM made_rooms WHERE site = ? AND pattern = ?");
    this.#count = store.prepare("SELECT count(*) AS count FROM made_rooms WHERE site = ?");
    this.#put = store.prepare(
      `INSERT INTO made_rooms (site, pattern, fields, made_at, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET fields = excluded.fields, at = excluded.at
       RETURNING *`,
    );
    this.#delete = store.prepare("DELETE FROM made_rooms WHERE site = ? AND pattern = ?");
    this.#list = store.prepare("SELECT * FROM made_rooms");
    this.#last = Number(
      store.prepare("SELECT max(at) AS last FROM made_rooms").get()?.["last"] ?? 0,
    );
  }

  async put(
    { site, pattern }: MadeKey,
    fields: MadeFields,
    { most, ifAt }: PutOptions,
  ): Promise<PutResult> {
    const put = await this.#store.commit((): PutResult => {
      const known = this.#get.get(site, pattern);
      if (ifAt !== undefined && Number(known?.["at"] ?? 0) !== ifAt) return { result: "outdated" };
      if (known === undefined && Number(this.#count.get(site)?.["count"]) >= most) {
        return { result: "full" };
      }
      const at = this.#nextTime();
      const row = this.#put.get(site, pattern, JSON.stringify(fields), at, at);
      return { result: known === undefined ? "made" : "changed", room: toRoom(row!) };
    });
    if ("room" in put) this.#tell({ type: "made", room: put.room });
    return put;
  }

  async delete({ site, pattern }: MadeKey): Promise<boolean> {
    const { changes } = await this.#store.commit(() => this.#delete.run(site, pattern));
    this.#tell({ type: "deleted", key: { site, pattern }, at: this.#nextTime() });
    return Number(changes) > 0;
  }

  list(): Promise<MadeRoom[]> {
    return Promise.resolve(this.#list.all().map(toRoom));
  }

  /** The file is this server's alone, and loses nothing while the server runs. */
  restore(): Promise<void> {
    return Promise.resolve();
  }

  putOut(site: string, room: string, user: UserId): Promise<void> {
    this.#tell({ type: "out", site, room, user });
    return Promise.resolve();
  }

  #nextTime(): number {
    return this.#last = Math.max(this.#last + 1, Date.now());
  }
}

export function toRoom(row: Row): MadeRoom {
  return {
    site: String(row["site"]),
    pattern: String(row["pattern"]),
    fields: JSON.parse(String(row["fields"])), // nobody else writes this file
    madeAt: Number(row["made_at"]),
    at: Number(row["at"]),
  };
}
