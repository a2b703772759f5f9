/** What conversations must know of people, within the transaction that it decides: who has blocked whom, and who shows what. */
import type { UserId } from "../base/fields.ts";
import type { Work } from "../engines/database/database.ts";

export interface People {
  /** Those of the others who have blocked the user, or whom the user has blocked. */
  blocked(site: string, user: UserId, others: Iterable<UserId>): Work<ReadonlySet<UserId>>;
  /** A condition in SQL that says the same of two users. All three are expressions, such as columns. */
  isBlockBetween(site: string, one: string, other: string): string;
  /** Whether each of the users tells others what it has read. Who tells nobody is told of nobody. */
  privacies(
    site: string,
    users: Iterable<UserId>,
  ): Work<ReadonlyMap<UserId, { readonly readReceipts: boolean }>>;
}
