/** The log of receipts in Redis: a stream that `inbox_mark.lua` adds to, and of which one node at a time tells. */
import type { ReceiptBatch, ReceiptEvent, ReceiptLog } from "./store.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import type { InboxParts } from "./redis_parts.ts";

/** The right to tell outlives its holder by no more than this. */
const LASTS_MS = 5000;

type Entry = [id: string, fields: string[]];

export class RedisReceipts implements ReceiptLog {
  readonly #parts: InboxParts;
  readonly #holder = crypto.randomUUID();

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  async hold(): Promise<boolean> {
    return await this.#holdFor(LASTS_MS) === 1;
  }

  async release(): Promise<void> {
    await this.#holdFor(0).catch(() => {}); // the right ends by itself
  }

  async batch(limit: number): Promise<ReceiptBatch | undefined> {
    const { keys: { receipts, receiptsBatch, receiptsSender }, functions } = this.#parts;
    const [id, ...entries] = await functions.receiptsBatch(
      [receipts, receiptsBatch, receiptsSender],
      [this.#holder, limit, crypto.randomUUID()],
    ) as [string?, ...Entry[]];
    return id === undefined ? undefined : { id, events: entries.map(toEvent) };
  }

  async remove({ id }: ReceiptBatch): Promise<void> {
    const { keys: { receipts, receiptsBatch }, functions } = this.#parts;
    await functions.receiptsRemove([receipts, receiptsBatch], [id]);
  }

  async trim(size: number): Promise<number> {
    const { redis, keys } = this.#parts;
    return await redis.xtrim(keys.receipts, "MAXLEN", size).catch(throwUnavailable);
  }

  #holdFor(ms: number): Promise<unknown> {
    const { keys, functions } = this.#parts;
    return functions.receiptsHold([keys.receiptsSender], [this.#holder, ms]);
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
