/** Changes notifications in place in SQLite: in one commit each is read, made anew, and brought to the end of its inbox. */
import { encodeContent, type Position, type Publication } from "../../core/publication.ts";
import { userChannel } from "../../core/channel.ts";
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { Dropped } from "../retention.ts";
import { changedPublication, groupOf } from "./kept.ts";
import { SqliteFinds } from "./sqlite_finds.ts";
import type { SqliteArrivals } from "./sqlite_arrivals.ts";
import { EACH_BYTES } from "./sqlite_inbox_statements.ts";
import type { Change, EditOptions, Kept, StoredNotification } from "./store.ts";
import { Buffer } from "node:buffer";

/** Which notification. */
interface NotificationName {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
}

/** What came of a change within the commit. */
interface Outcome {
  readonly kept?: Kept;
  readonly live?: { readonly publication: Publication; readonly position: Position };
  readonly dropped?: Dropped | undefined;
  /** What the change threw: within a commit, an error would be taken for one of the file. */
  readonly failure?: unknown;
}

export class SqliteEdits {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #finds: SqliteFinds;
  readonly #grow: Statement;
  readonly #update: Statement;

  constructor(store: SqliteStore, arrivals: SqliteArrivals) {
    this.#store = store;
    this.#arrivals = arrivals;
    this.#finds = new SqliteFinds(store);
    this.#grow = store.prepare(
      `UPDATE inboxes SET offset = offset + ?, bytes = bytes + ? WHERE site = ? AND user = ?
       RETURNING offset, epoch, size, bytes`,
    );
    this.#update = store.prepare(
      `UPDATE notifications SET offset = ?, room = ?, at = ?, content = ?, expires_at = ?,
         group_name = ?
       WHERE site = ? AND user = ? AND id = ?`,
    );
  }

  /** As `Inbox.edit`. */
  async edit(
    name: NotificationName,
    change: Change<StoredNotification>,
    options: EditOptions = {},
  ): Promise<Kept | undefined> {
    const outcome = await this.#store.commit(() => this.#edit(name, change, options));
    if (outcome === undefined) return undefined;
    if ("failure" in outcome) throw outcome.failure;
    const { live, dropped } = outcome;
    if (live !== undefined) {
      const channel = userChannel(name.site, name.user);
      this.#arrivals.fanOutChanged(channel, live.publication, { ...live.position, dropped });
    }
    return outcome.kept;
  }

  /** Runs in a commit. */
  #edit(
    { site, user, id }: NotificationName,
    change: Change<StoredNotification>,
    { isQuiet = false }: EditOptions,
  ): Outcome | undefined {
    const found = this.#finds.find(site, user, id);
    if (found === undefined) return undefined;
    let kept: Kept;
    try {
      kept = change(found.kept, found.notification);
    } catch (failure) {
      return { failure };
    }
    const content = encodeContent(kept);
    const grown = Buffer.byteLength(content) + EACH_BYTES - found.bytes;
    const place = this.#grow.get(isQuiet ? 0 : 1, grown, site, user);
    const position = { offset: Number(place?.["offset"]), epoch: String(place?.["epoch"]) };
    const publication = changedPublication(kept, found.notification);
    this.#update.run(
      ...[isQuiet ? found.notification.offset : position.offset, kept.room, publication.at],
      ...[content, kept.expiresAt ?? null, groupOf(kept) ?? null],
      ...[site, user, id],
    );
    if (isQuiet) return { kept }; // what is over the limits goes with the next arrival
    const held = { size: Number(place?.["size"]), bytes: Number(place?.["bytes"]) };
    const dropped = this.#arrivals.trim(site, user, held);
    return { kept, live: { publication, position }, dropped };
  }
}
