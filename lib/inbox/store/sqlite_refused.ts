/** The scheduled notifications in SQLite that their inboxes did not take, which `sqlite_schedule.ts` keeps aside. */
import { decodeContent } from "../../core/publication.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { KeptAside, KeptForLater, RefusedStore } from "./store.ts";

/** When it was refused, and its place in the table: as entries of a stream in Redis are named. */
const PLACE = /^\d{1,16}-(\d{1,15})$/;

const COLUMNS =
  "seq, reason, refused_at, site, user, id, room, content, deliver_at, CAST(expires_at AS REAL) AS expires_at";

export class SqliteRefused implements RefusedStore {
  readonly #store: SqliteStore;
  readonly #last: Statement;
  readonly #find: Statement;
  readonly #remove: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#last = store.prepare(
      `SELECT ${COLUMNS} FROM refused WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
    );
    this.#find = store.prepare(`SELECT ${COLUMNS} FROM refused WHERE seq = ?`);
    this.#remove = store.prepare("DELETE FROM refused WHERE seq = ?");
  }

  list(limit: number, before?: string): Promise<KeptAside[]> {
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : seqOf(before) ?? 0;
    return Promise.resolve(this.#last.all(end, limit).map(keptAside));
  }

  find(place: string): Promise<KeptAside | undefined> {
    const seq = seqOf(place);
    const row = seq === undefined ? undefined : this.#find.get(seq);
    return Promise.resolve(row && keptAside(row));
  }

  async remove(place: string): Promise<void> {
    const seq = seqOf(place);
    if (seq !== undefined) await this.#store.commit(() => this.#remove.run(seq));
  }
}

function seqOf(place: string): number | undefined {
  const [, seq] = PLACE.exec(place) ?? [];
  return seq === undefined ? undefined : Number(seq);
}

function keptAside(row: Row): KeptAside {
  const at = Number(row["refused_at"]);
  return {
    place: `${at}-${row["seq"]}`,
    at,
    reason: String(row["reason"]),
    site: String(row["site"]),
    user: String(row["user"]),
    id: String(row["id"]),
    kept: keptIn(row),
  };
}

/** What cannot be read is no damage of the file by itself: it may be why the notification was refused. */
function keptIn(row: Row): KeptForLater | undefined {
  const { expires_at: expiresAt } = row;
  try {
    return {
      ...decodeContent(String(row["content"])),
      room: String(row["room"]),
      deliverAt: Number(row["deliver_at"]),
      ...(expiresAt !== null && { expiresAt: Number(expiresAt) }),
    };
  } catch {
    return undefined;
  }
}
