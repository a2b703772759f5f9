/** Privacy settings in the database: works, each a part of somebody's transaction. */
import type { UserId } from "../base/fields.ts";
import { type Row, rows, type Work } from "../engines/database/database.ts";
import { idLists } from "../engines/database/id_list.ts";
import { OPEN_PRIVACY, type Privacy } from "./types.ts";
import type { Owner } from "./store.ts";

/** The settings of the users; each of them has some. */
export function* readPrivacies(
  site: string,
  users: Iterable<UserId>,
): Work<Map<UserId, Privacy>> {
  const wanted = [...users];
  const found = new Map(wanted.map((user) => [user, OPEN_PRIVACY]));
  for (const { sql, ids } of idLists(wanted, 2)) {
    const part = yield* rows(
      `SELECT owner, read_receipts, show_online, show_last_seen FROM contact_privacy
       WHERE site = $1 AND owner ${sql}`,
      ...[site, ...ids],
    );
    for (const each of part) found.set(String(each["owner"]), privacyOf(each));
  }
  return found;
}

/** Changes what is named of the owner's settings. Returns all of them, and those before. */
export function* changePrivacy(
  { site, user }: Owner,
  change: Partial<Privacy>,
): Work<{ before: Privacy; after: Privacy }> {
  const before = (yield* readPrivacies(site, [user])).get(user) ?? OPEN_PRIVACY;
  const after = { ...before, ...change };
  yield* rows(
    `INSERT INTO contact_privacy (site, owner, read_receipts, show_online, show_last_seen)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (site, owner) DO UPDATE SET read_receipts = excluded.read_receipts,
       show_online = excluded.show_online, show_last_seen = excluded.show_last_seen`,
    ...[site, user, after.readReceipts, after.showOnline, after.showLastSeen].map((value) =>
      typeof value === "boolean" ? Number(value) : value
    ),
  );
  return { before, after };
}

function privacyOf(stored: Row): Privacy {
  return {
    readReceipts: stored["read_receipts"] === 1,
    showOnline: stored["show_online"] === 1,
    showLastSeen: stored["show_last_seen"] === 1,
  };
}
