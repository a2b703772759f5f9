/** Marks in Redis what clients have taken: for all users of one turn of the event loop in one step. */
import type { Mark } from "./store.ts";
import { unavailable } from "../../engines/redis/errors.ts";
import { Together } from "../../engines/redis/together.ts";
import type { InboxParts } from "./redis_parts.ts";

/** Most ids of one call. */
const MOST_IDS = 1000;
/** How many ids the keys of an inbox count for. */
const INBOX = 10;

export class RedisMarks {
  readonly #parts: InboxParts;
  readonly #together: Together<Mark, string[]>;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#together = new Together<Mark, string[]>(parts.library, {
      most: MOST_IDS,
      weigh: ({ ids }) => ids.length + INBOX,
      send: (marks) => this.#send(marks),
    });
  }

  /** As {@linkcode Inbox.mark}. */
  mark(mark: Mark): Promise<string[]> {
    return this.#together.ask(mark);
  }

  async #send(marks: readonly Mark[]): Promise<(string[] | Error)[]> {
    const { keys: names, functions, keepsReceipts } = this.#parts;
    const keys = [names.receipts];
    const args: (string | number)[] = [keepsReceipts ? 1 : 0];
    for (const { site, user, state, ids } of marks) {
      keys.push(...names.inbox(site, user));
      args.push(site, state, ids.length, ...ids);
    }
    const answer = await functions.taken(keys, args) as string[];
    return await Promise.all(marks.map(async ({ site, user, ids }, index) => {
      const [refusal = "", isChanged = ""] = answer.slice(2 * index, 2 * index + 2);
      if (refusal === "") return ids.filter((_id, place) => isChanged[place] === "1");
      const inbox = [names.receipts, ...names.inbox(site, user)];
      return unavailable(await this.#parts.library.named(new Error(refusal), inbox));
    }));
  }
}
