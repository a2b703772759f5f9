/**
 * By which ways users can be reached beside the inbox. `lib/push/` writes it down together with their devices; it is kept here,
 * since it is read together with what users have chosen: of whoever has no device, nothing more is asked.
 */
import type { UserId } from "../base/fields.ts";
import { type Database, row, rows, type Work } from "../engines/database/database.ts";
import { idLists } from "../engines/database/id_list.ts";
import type { Way } from "./types.ts";

/** Whether a user has devices to which something can be pushed, and addresses to which something can be mailed. */
export type Reach = Readonly<Record<Exclude<Way, "in_app">, boolean>>;

/** Of who has no device. */
export const NOWHERE: Reach = { push: false, mail: false };

export const EVERYWHERE: Reach = { push: true, mail: true };

/** Has changes of a user's devices wait for each other, on all nodes: the first step of each. */
export function* holdReach(site: string, user: UserId): Work<void> {
  yield* rows(
    `INSERT INTO reach (site, user_id, push, mail) VALUES ($1, $2, 0, 0)
     ON CONFLICT (site, user_id) DO UPDATE SET push = reach.push`,
    ...[site, user],
  );
}

/** The last step of such a change. */
export function* setReach(site: string, user: UserId, { push, mail }: Reach): Work<void> {
  if (!push && !mail) {
    yield* rows("DELETE FROM reach WHERE site = $1 AND user_id = $2", site, user);
    return;
  }
  yield* row(
    "UPDATE reach SET push = $3, mail = $4 WHERE site = $1 AND user_id = $2 RETURNING push",
    ...[site, user, Number(push), Number(mail)],
  );
}

/** Those of the users who can be reached. */
export async function readReach(
  database: Database,
  site: string,
  users: Iterable<UserId>,
): Promise<ReadonlyMap<UserId, Reach>> {
  const found = new Map<UserId, Reach>();
  for (const { sql, ids } of idLists(users, 2)) {
    const part = await database.query(
      `SELECT user_id, push, mail FROM reach WHERE site = $1 AND user_id ${sql}`,
      ...[site, ...ids],
    );
    for (const { user_id, push, mail } of part) {
      found.set(String(user_id), { push: push === 1, mail: mail === 1 });
    }
  }
  return found;
}
