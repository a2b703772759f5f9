/** Marks what clients have taken, for all users of one turn of the event loop in one step. Used by `redis_inbox.ts`. */
import type { Redis } from "ioredis";
import type { Taken } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { unavailable } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";
import { Together } from "../../engines/redis/together.ts";

/** Ids of one call; the keys of an inbox count for some, too. */
const MOST_IDS = 1000;
const INBOX = 10;

interface Mark {
  readonly site: string;
  readonly user: UserId;
  readonly state: Taken;
  readonly ids: readonly string[];
}

export class RedisMarks {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #keepsReceipts: boolean;
  readonly #together: Together<Mark, string[]>;

  constructor(redis: Redis, keys: RedisKeys, keepsReceipts: boolean) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keepsReceipts = keepsReceipts;
    this.#together = new Together<Mark, string[]>(redis, {
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
    const keys = [this.#keys.receipts];
    const args: (string | number)[] = [this.#keepsReceipts ? 1 : 0];
    for (const { site, user, state, ids } of marks) {
      keys.push(...this.#keys.inbox(site, user));
      args.push(site, state, ids.length, ...ids);
    }
    const answer = await run(this.#redis, SCRIPTS.inboxTaken, keys, args) as string[];
    return marks.map(({ ids }, index) => {
      const [refusal = "", isChanged = ""] = answer.slice(2 * index, 2 * index + 2);
      if (refusal !== "") return unavailable(new Error(refusal));
      return ids.filter((_id, place) => isChanged[place] === "1");
    });
  }
}
