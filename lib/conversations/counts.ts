/** Counts a site's conversations by their kinds, for operators. */
import { type Database, rows } from "../engines/database/database.ts";

export interface KindCount {
  readonly kind: string;
  readonly count: number;
}

/** Rejects with `unavailable` where the database cannot be used. */
export async function countConversations(database: Database, site: string): Promise<KindCount[]> {
  const found = await database.transaction(() =>
    rows(
      `SELECT kind, count(*) AS count FROM conversations
       WHERE site = $1 AND ended_at IS NULL GROUP BY kind ORDER BY kind`,
      site,
    )
  );
  return found.map(({ kind, count }) => ({ kind: String(kind), count: Number(count) }));
}
