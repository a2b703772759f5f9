/**
 * What came by Redis and was refused: the stream `notifications-dead`. Without Redis there is nothing. The scheduled notifications in
 * it are those of `inbox/refused.ts`.
 */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { withDataOfText } from "../base/said_fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { throwUnavailable, throwUnconfirmed } from "../engines/redis/errors.ts";
import { ENTRY_ID, lastEntries, type StreamEntry } from "../engines/redis/last_entries.ts";
import type { Storage } from "../engines/storage.ts";
import type { Sendings } from "../inbox/sendings.ts";
import { isScheduled } from "../inbox/store/redis_keys.ts";
import type { Aside, DeadLetter } from "./aside.ts";
import type { Publications } from "./publications.ts";
import { WayKeys } from "./redis_keys.ts";

interface AsideParts {
  readonly sendings: Sendings;
  readonly publications: Publications;
}

export class StreamAside implements Aside {
  readonly #storage: Storage;
  readonly #parts: AsideParts;

  constructor(storage: Storage, parts: AsideParts) {
    this.#storage = storage;
    this.#parts = parts;
  }

  async list(limit: number, before?: string): Promise<DeadLetter[]> {
    if (this.#storage.kind !== "redis") return [];
    if (before !== undefined && !ENTRY_ID.test(before)) throw notThere(before);
    const { redis, keys } = this.#storage;
    const meant = { limit, before, isMeant: isOfWay };
    const entries = await lastEntries(redis, new WayKeys(keys).refused, meant);
    return entries.map(([id, values]) => letterOf(id, values));
  }

  async resend(id: string): Promise<void> {
    const values = await this.#find(id);
    const { payload } = letterOf(id, values);
    const { sendings, publications } = this.#parts;
    if (typeof payload === "string") {
      throw new CodedError("invalid_json", "Cannot send this again: it is not JSON");
    }
    const fields = withDataOfText(payload);
    const way = valueOf(values, "way");
    const isNotification = way === undefined
      ? fields["user_id"] !== undefined && fields["topic"] === undefined
      : !way.startsWith("publications");
    // Under this id it is the same one, however often somebody sends it again.
    const own = `again-${id}`;
    if (isNotification) {
      const sending = sendings.parse(fields);
      await sendings.take({ ...sending, id: sending.id ?? own }, { site: DEFAULT_SITE });
    } else await publications.publish(fields, { site: DEFAULT_SITE, id: own });
    await this.remove(id);
  }

  async remove(id: string): Promise<void> {
    if (this.#storage.kind !== "redis" || !ENTRY_ID.test(id)) return;
    const { redis, keys } = this.#storage;
    if (await this.#entry(id) === undefined) return;
    await redis.xdel(new WayKeys(keys).refused, id).catch(throwUnconfirmed);
  }

  async #find(id: string): Promise<readonly string[]> {
    const entry = await this.#entry(id);
    if (entry === undefined) throw notThere(id);
    return entry[1];
  }

  async #entry(id: string): Promise<StreamEntry | undefined> {
    if (this.#storage.kind !== "redis" || !ENTRY_ID.test(id)) return undefined;
    const { redis, keys } = this.#storage;
    const [entry] = await redis.xrange(new WayKeys(keys).refused, id, id).catch(throwUnavailable);
    return entry !== undefined && isOfWay(entry) ? entry : undefined;
  }
}

function isOfWay([, values]: StreamEntry): boolean {
  return !isScheduled(values);
}

function letterOf(id: string, values: readonly string[]): DeadLetter {
  const payload = valueOf(values, "payload");
  return {
    id,
    at: Number(id.split("-")[0]),
    reason: valueOf(values, "reason") ?? "",
    payload: payload === undefined ? fieldsOf(values) : readable(payload),
  };
}

/** The first value of a name: what came may have fields of the names that stand before it. */
function valueOf(values: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < values.length; index += 2) {
    if (values[index] === name) return values[index + 1];
    if (values[index] === "entry" && name !== "entry") return undefined; // all behind it came so
  }
  return undefined;
}

/** The fields of an entry, as it came. */
function fieldsOf(values: readonly string[]): Fields {
  const start = values.findIndex((value, index) => index % 2 === 0 && value === "entry") + 2;
  const fields: Record<string, string> = {};
  for (let index = Math.max(start, 0); index + 1 < values.length; index += 2) {
    fields[values[index]!] = values[index + 1]!;
  }
  return fields;
}

function readable(payload: string): Fields | string {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Fields
      : payload;
  } catch {
    return payload;
  }
}

export function notThere(id: string): CodedError {
  return new CodedError("not_found", `There is no dead letter ${JSON.stringify(id)}`);
}
