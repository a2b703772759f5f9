/** What a room's history can bring back, exactly or not at all. */
import type { RoomSync } from "./client.ts";
import type { Broker, Position } from "./engine.ts";
import { roomChannel } from "./hub.ts";
import type { RoomRules } from "./rooms/room_rules.ts";

/** A position after all there is. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/** Most messages of a room that one answer brings back, and their length together: well below `APP_LIMIT_QUEUE`. */
const MAX_RECOVERED = 1000;
const MAX_CHARACTERS = 250_000;

export class RoomHistory {
  readonly #broker: Broker;
  readonly #rules: RoomRules;

  constructor(broker: Broker, rules: RoomRules) {
    this.#broker = broker;
    this.#rules = rules;
  }

  /** Messages of a room after `since`; without it, only where the room stands. */
  async recover(site: string, room: string, since: Position | undefined): Promise<RoomSync> {
    const failed = (reason: RoomSync["reason"], at = { offset: 0, epoch: "" }) => (
      { ...at, recovered: false, reason, publications: [] }
    );
    const { size, persistent } = this.#rules.of(room).history;
    if (size === 0) return failed("no_history");
    const channel = roomChannel(site, room);
    const options = { since: since?.offset ?? MAX_OFFSET, limit: MAX_RECOVERED, persistent };
    const { offset, epoch, publications } = await this.#broker.history(channel, options);
    const at = { offset, epoch };
    if (since === undefined) return failed("new", at);
    if (since.epoch !== epoch || since.offset > offset) return failed("epoch", at);
    const missed = offset - since.offset;
    if (missed > MAX_RECOVERED) return failed("too_many", at);
    if (publications.length < missed) return failed("expired", at);
    const texts = publications.map(({ text }) => text);
    if (texts.length > 1 && startOf(texts).length < texts.length) return failed("too_many", at);
    return { offset, epoch, recovered: true, publications: texts };
  }

  /** The last messages of a room; or, with `since`, those that are kept after it, oldest first. */
  async read(
    site: string,
    room: string,
    { since, limit }: { since?: Position; limit: number },
  ): Promise<RoomSync> {
    const channel = roomChannel(site, room);
    const { persistent } = this.#rules.of(room).history;
    const nothing = { since: MAX_OFFSET, limit: 1, persistent };
    const { offset, epoch } = await this.#broker.history(channel, nothing);
    const isKnown = since === undefined || since.epoch === epoch;
    const from = isKnown ? since?.offset ?? Math.max(0, offset - limit) : MAX_OFFSET;
    const { publications } = await this.#broker.history(channel, {
      since: from,
      limit,
      persistent,
    });
    const texts = publications.map(({ text }) => text);
    const isWhole = isKnown && (publications[0]?.offset ?? from + 1) === from + 1;
    return {
      offset,
      epoch,
      recovered: isWhole,
      ...(isWhole ? {} : { reason: isKnown ? "expired" : "epoch" }),
      publications: since === undefined ? endOf(texts) : startOf(texts),
    };
  }
}

function endOf(texts: readonly string[]): readonly string[] {
  return startOf(texts.toReversed()).toReversed();
}

/** As many of the texts as one answer bears, and one at least. */
function startOf(texts: readonly string[]): readonly string[] {
  let length = 0;
  const over = texts.findIndex((text) => (length += text.length) > MAX_CHARACTERS);
  return over < 0 ? texts : texts.slice(0, Math.max(1, over));
}
