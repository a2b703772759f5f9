/** Finds what one user has published in the histories that are in the file, and takes it back. */
import { Buffer } from "node:buffer";
import type { UserId } from "../../base/fields.ts";
import { storedTime } from "../../base/times.ts";
import { type Channel, channelWith, keyOf } from "../../core/channel.ts";
import { decodeContent, encodeContent } from "../../core/publication.ts";
import { type Found, type Recall, type Said, UNSAID } from "../../core/recall.ts";
import type { Row, Statement } from "./statement.ts";
import type { SqliteStore } from "./store.ts";

/** Through how many places of a channel one call looks. */
const PLACES = 2000;

export class SqliteRecall implements Recall {
  readonly #store: SqliteStore;
  readonly #channelFrom: Statement;
  readonly #said: Statement;
  readonly #seqOf: Statement;
  readonly #bytesAt: Statement;
  readonly #replace: Statement;
  readonly #noteBytes: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#channelFrom = store.prepare(
      "SELECT seq, name, offset, first FROM channels WHERE seq >= ? ORDER BY seq LIMIT 1",
    );
    this.#said = store.prepare(
      `SELECT offset, kind, id, at, content FROM publications
       WHERE channel = ? AND offset > ? AND offset <= ? AND content ->> '$.from.user' = ?
       ORDER BY offset`,
    );
    this.#seqOf = store.prepare("SELECT seq FROM channels WHERE name = ?");
    this.#bytesAt = store.prepare(
      "SELECT octet_length(content) AS bytes FROM publications WHERE channel = ? AND offset = ?",
    );
    this.#replace = store.prepare(
      "UPDATE publications SET content = ? WHERE channel = ? AND offset = ?",
    );
    this.#noteBytes = store.prepare("UPDATE channels SET bytes = max(0, bytes - ?) WHERE seq = ?");
  }

  /** A cursor is the channel's number and the offset up to which it was looked through. */
  async saidBy(site: string, user: UserId, kind: string, cursor = "0-0"): Promise<Found> {
    const [seq = 0, after = 0] = cursor.split("-").map(Number);
    const start = `${site}\n${kind}\n`;
    const row = this.#channelFrom.get(seq);
    await this.#store.settled();
    if (row === undefined) return { said: [] };
    const here = Number(row["seq"]);
    if (!String(row["name"]).startsWith(start)) return { said: [], next: `${here + 1}-0` };
    const from = Math.max(here === seq ? after : 0, Number(row["first"]) - 1);
    const channel = channelWith(String(row["name"]));
    const said = this.#store.parse(() =>
      this.#said.all(here, from, from + PLACES, user).map((each) => saidIn(channel, each))
    );
    const isDone = from + PLACES >= Number(row["offset"]);
    return { said, next: isDone ? `${here + 1}-0` : `${here}-${from + PLACES}` };
  }

  async unsay(channel: Channel, offsets: readonly number[]): Promise<void> {
    const content = encodeContent(UNSAID);
    await this.#store.commit(() => {
      const seq = this.#seqOf.get(keyOf(channel))?.["seq"];
      if (seq === undefined) return;
      for (const offset of offsets) {
        const before = this.#bytesAt.get(seq, offset)?.["bytes"];
        if (before === undefined) continue; // it has left the history meanwhile
        this.#replace.run(content, seq, offset);
        this.#noteBytes.run(Number(before) - Buffer.byteLength(content), seq);
      }
    });
  }
}

function saidIn(channel: Channel, row: Row): Said {
  const [kind, id] = [String(row["kind"]), String(row["id"])];
  const at = storedTime(Number(row["at"]));
  const publication = { kind, id, at, ...decodeContent(String(row["content"])) };
  return { channel, offset: Number(row["offset"]), publication };
}
