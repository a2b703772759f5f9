/** The log of one endpoint in Redis: a stream, of which one node at a time tells. */
import type { Fields } from "../../base/fields.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import { droppedEvent } from "./dropped.ts";
import type { AppEvent } from "./event.ts";
import type { EVENT_FUNCTIONS } from "./functions.ts";
import type { HookBatch } from "../log.ts";
import type { EventKeys } from "./redis_keys.ts";
import { type EventLog, MAX_BATCH_BYTES } from "./store.ts";

/** The right to tell outlives its holder by no more than this. */
const LASTS_MS = 5000;

/** How long a log stays that no node tells any more, since its endpoint was taken out of the settings. */
const FORGOTTEN_SECONDS = 7 * 24 * 3600;

type Entry = [id: string, fields: string[]];

export class RedisEventLog implements EventLog {
  readonly #name: string;
  readonly #keys: EventKeys;
  readonly #functions: Calls<typeof EVENT_FUNCTIONS>;
  readonly #holder = crypto.randomUUID();
  waiting = 0;

  constructor(name: string, keys: EventKeys, functions: Calls<typeof EVENT_FUNCTIONS>) {
    this.#name = name;
    this.#keys = keys;
    this.#functions = functions;
  }

  async hold(): Promise<boolean> {
    const isHeld = await this.#holdFor(LASTS_MS) === 1;
    if (!isHeld) this.waiting = 0; // another node knows
    return isHeld;
  }

  async release(): Promise<void> {
    this.waiting = 0;
    await this.#holdFor(0).catch(() => {}); // the right ends by itself
  }

  async batch(limit: number): Promise<HookBatch<AppEvent> | undefined> {
    const { log, batch, sender, dropped } = this.#names;
    const [id, count, time, ...entries] = await this.#functions.eventsBatch(
      [log, batch, sender, dropped],
      [this.#holder, limit, MAX_BATCH_BYTES, crypto.randomUUID(), Date.now()],
    ) as [string?, string?, string?, ...Entry[]];
    if (id === undefined) return undefined;
    const marker = count === "0" ? [] : [droppedEvent(id, Number(count), Number(time))];
    return { id, events: [...marker, ...entries.map(([, fields]) => eventIn(fields))] };
  }

  remove({ id }: HookBatch<AppEvent>): Promise<void> {
    return this.#remove(id, 0);
  }

  drop({ id, events }: HookBatch<AppEvent>): Promise<void> {
    return this.#remove(id, events.filter(({ event }) => event !== "events.dropped").length);
  }

  async trim(size: number): Promise<number> {
    const { log, dropped } = this.#names;
    const [count, waiting] = await this.#functions.eventsTrim(
      [log, dropped],
      [Math.min(size, Number.MAX_SAFE_INTEGER), FORGOTTEN_SECONDS],
    ) as [number, number];
    this.waiting = waiting;
    return count;
  }

  async #remove(id: string, given: number): Promise<void> {
    const { log, batch, dropped } = this.#names;
    await this.#functions.eventsRemove([log, batch, dropped], [id, given]);
  }

  #holdFor(ms: number): Promise<unknown> {
    return this.#functions.eventsHold([this.#names.sender], [this.#holder, ms]);
  }

  get #names() {
    const name = this.#name;
    return {
      log: this.#keys.stream(name),
      batch: this.#keys.batch(name),
      sender: this.#keys.sender(name),
      dropped: this.#keys.dropped(name),
    };
  }
}

/** The fields of an entry, as `docs/events.md` lists them for whoever reads the stream. */
export function fieldsOf({ event, id, site, room, user, at, data, ...place }: AppEvent): string[] {
  const fields = ["event", event, "id", id, "site", site];
  if (room !== undefined) fields.push("room", room);
  if (user !== undefined) fields.push("user_id", user);
  fields.push("at", String(Math.floor(at / 1000)), "data", JSON.stringify(data));
  if (place.offset !== undefined) fields.push("offset", String(place.offset));
  if (place.epoch !== undefined) fields.push("epoch", place.epoch);
  return fields;
}

function eventIn(values: readonly string[]): AppEvent {
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < values.length; index += 2) {
    fields.set(values[index]!, values[index + 1]!);
  }
  const offset = fields.get("offset");
  return {
    event: fields.get("event") as AppEvent["event"], // only this program writes the log
    id: fields.get("id") ?? "",
    site: fields.get("site") ?? "",
    room: fields.get("room"),
    user: fields.get("user_id"),
    at: Number(fields.get("at")) * 1000,
    data: JSON.parse(fields.get("data") ?? "{}") as Fields,
    ...(offset !== undefined && { offset: Number(offset), epoch: fields.get("epoch") }),
  };
}
