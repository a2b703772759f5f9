/** The log of receipts in Redis: a stream that `lua/inbox_mark.lua` adds to, told by one node at a time. */
import type { Redis } from "ioredis";
import type { ReceiptBatch, ReceiptEvent, ReceiptLog } from "./store.ts";
import { refused } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";

/** The right to tell outlives its holder by no more than this. */
const LASTS_MS = 5000;

type Entry = [id: string, fields: string[]];

export class RedisReceipts implements ReceiptLog {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #holder = crypto.randomUUID();

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async hold(): Promise<boolean> {
    return await this.#holdFor(LASTS_MS) === 1;
  }

  async release(): Promise<void> {
    await this.#holdFor(0).catch(() => {}); // it ends by itself
  }

  async batch(limit: number): Promise<ReceiptBatch | undefined> {
    const { receipts, receiptsBatch, receiptsSender } = this.#keys;
    const [id, ...entries] = await run(
      this.#redis,
      SCRIPTS.receiptsBatch,
      [receipts, receiptsBatch, receiptsSender],
      [this.#holder, limit, crypto.randomUUID()],
    ) as [string?, ...Entry[]];
    return id === undefined ? undefined : { id, events: entries.map(toEvent) };
  }

  async remove({ id }: ReceiptBatch): Promise<void> {
    const { receipts, receiptsBatch } = this.#keys;
    await run(this.#redis, SCRIPTS.receiptsRemove, [receipts, receiptsBatch], [id]);
  }

  async trim(size: number): Promise<number> {
    return await this.#redis.xtrim(this.#keys.receipts, "MAXLEN", size).catch(refused);
  }

  #holdFor(ms: number): Promise<unknown> {
    return run(this.#redis, SCRIPTS.receiptsHold, [this.#keys.receiptsSender], [this.#holder, ms]);
  }
}

function toEvent([, values]: Entry): ReceiptEvent {
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < values.length; index += 2) {
    fields.set(values[index] ?? "", values[index + 1] ?? "");
  }
  const field = (name: string) => fields.get(name) ?? "";
  return {
    site: field("site"),
    user: field("user"),
    id: field("id"),
    room: field("room"),
    state: field("state") === "read" ? "read" : "delivered",
    at: Number(field("at")),
  };
}
