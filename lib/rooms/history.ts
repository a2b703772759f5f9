/** Reads rooms' histories: what a client missed, exactly or not at all, and the last messages. */
import { type Channel, roomChannel } from "../core/channel.ts";
import type { RoomSync } from "./membership.ts";
import type { Broker } from "../core/broker.ts";
import {
  frameLength,
  type History,
  isPlaceIn,
  type KeptPublication,
  type Position,
} from "../core/publication.ts";
import { answerCharacters, type Expense } from "../core/work.ts";
import type { Limits } from "../base/sizes.ts";
import type { RoomRules } from "./rules/room_rules.ts";

/** An offset after all that there are. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/** Most messages that one answer brings back. */
const MAX_RECOVERED = 1000;

/** Messages that are read at once: a thousand long ones would be ten megabytes, read in vain. */
const CHUNK = 100;

/** What is asked of a channel's history. */
interface Asked {
  readonly since: number;
  readonly limit: number;
  readonly persistent?: boolean;
}

type Kept = readonly KeptPublication[];

/** Is told what was read for a client, which may be more than the client is shown. */
type Charge = (work: Expense) => void;

export class RoomHistory {
  readonly #broker: Broker;
  readonly #rules: RoomRules;
  /** Most characters of one answer. */
  readonly #characters: number;

  constructor(
    broker: Broker,
    rules: RoomRules,
    limits: Pick<Limits, "queue"> = { queue: Infinity },
  ) {
    this.#broker = broker;
    this.#rules = rules;
    this.#characters = answerCharacters(limits);
  }

  /** The messages of a room after `since`. Without `since` the answer says only where the room stands. */
  async recover(
    site: string,
    room: string,
    since: Position | undefined,
    charge: Charge = () => {},
  ): Promise<RoomSync> {
    const failed = (reason: RoomSync["reason"], at = { offset: 0, epoch: "" }) => (
      { ...at, recovered: false, reason, publications: [] }
    );
    const { size, persistent } = this.#rules.of(site, room).history;
    if (size === 0) return failed("no_history");
    const channel = roomChannel(site, room);
    const options = { since: since?.offset ?? MAX_OFFSET, limit: MAX_RECOVERED, persistent };
    const history = await this.#after(channel, options);
    const { offset, epoch, publications } = history;
    charge(this.#workOf(room, publications));
    const at = { offset, epoch };
    if (since === undefined) return failed("new", at);
    if (!isPlaceIn(history, since) || since.offset > offset) return failed("epoch", at);
    const missed = offset - since.offset;
    if (missed > MAX_RECOVERED) return failed("too_many", at);
    const isLong = this.#isOver(room, publications);
    const isFirst = missed === 0 || publications[0]?.offset === since.offset + 1;
    if (publications.length < missed) return failed(isLong && isFirst ? "too_many" : "expired", at);
    if (publications.length > 1 && isLong) return failed("too_many", at);
    return { offset, epoch, recovered: true, publications };
  }

  /** The last messages of a room, or those that are kept after `since`, oldest first. */
  async read(
    site: string,
    room: string,
    { since, limit }: { since?: Position; limit: number },
    charge: Charge = () => {},
  ): Promise<RoomSync> {
    const channel = roomChannel(site, room);
    const { persistent } = this.#rules.of(site, room).history;
    const nothing = { since: MAX_OFFSET, limit: 1, persistent };
    const standing = await this.#broker.history(channel, nothing);
    const { offset, epoch } = standing;
    const isKnown = since === undefined || isPlaceIn(standing, since);
    const from = isKnown ? since?.offset ?? Math.max(0, offset - limit) : MAX_OFFSET;
    const asked = { since: from, limit, persistent };
    const publications = since === undefined
      ? await this.#last(channel, asked, { offset, epoch })
      : (await this.#after(channel, asked)).publications;
    charge(this.#workOf(room, publications));
    const isCut = since === undefined && this.#isOver(room, publications);
    const isWhole = isKnown && (isCut || (publications[0]?.offset ?? from + 1) === from + 1);
    return {
      offset,
      epoch,
      recovered: isWhole,
      ...(isWhole ? {} : { reason: isKnown ? "expired" : "epoch" }),
      publications: since === undefined
        ? this.#startOf(room, publications.toReversed()).toReversed()
        : this.#startOf(room, publications),
    };
  }

  /** Reads what is kept after an offset, up to the limit, or until there is more than one answer bears. */
  async #after(channel: Channel, { since, limit, persistent }: Asked): Promise<History> {
    const first = await this.#broker.history(channel, {
      since,
      limit: Math.min(CHUNK, limit),
      persistent,
    });
    let kept: Kept = first.publications;
    let last = kept.at(-1)?.offset ?? first.offset;
    while (last < first.offset && kept.length < limit && !this.#isOver(channel.name, kept)) {
      const count = Math.min(CHUNK, limit - kept.length, first.offset - last);
      const next = await this.#broker.history(channel, { since: last, limit: count, persistent });
      // The history may have been lost or have ended meanwhile.
      if (next.epoch !== first.epoch || next.publications[0]?.offset !== last + 1) break;
      kept = [...kept, ...next.publications];
      last = kept.at(-1)?.offset ?? first.offset;
    }
    return { ...first, publications: kept };
  }

  /** Reads what is kept from an offset up to where the channel stood, beginning at its end. */
  async #last(
    channel: Channel,
    { since, persistent }: Asked,
    { offset, epoch }: Position,
  ): Promise<Kept> {
    let kept: Kept = [];
    let end = offset;
    while (end > since && !this.#isOver(channel.name, kept)) {
      const start = Math.max(since, end - CHUNK);
      const asked = { since: start, limit: end - start, persistent };
      const before = await this.#broker.history(channel, asked);
      const found = before.publications.filter((each) => each.offset <= end);
      if (before.epoch !== epoch || found.length === 0) break;
      kept = [...found, ...kept];
      if (found[0]?.offset !== start + 1) break; // no message before this one is kept any more
      end = start;
    }
    return kept;
  }

  #isOver(room: string, publications: Kept): boolean {
    return this.#placeOver(room, publications) >= 0;
  }

  /** As many of the first messages as one answer bears, and one at least. */
  #startOf(room: string, publications: Kept): Kept {
    const over = this.#placeOver(room, publications);
    return over < 0 ? publications : publications.slice(0, Math.max(1, over));
  }

  /** The place of the first message that is more than one answer bears; -1 where there is none. */
  #placeOver(room: string, publications: Kept): number {
    let length = 0;
    return publications.findIndex(({ publication }) =>
      (length += frameLength(room, publication)) > this.#characters
    );
  }

  /** What it costs to read messages: no more than one answer bears, since others were read in vain. */
  #workOf(room: string, publications: Kept): Expense {
    const characters = publications.reduce(
      (sum, { publication }) => sum + frameLength(room, publication),
      0,
    );
    return { entries: publications.length, characters: Math.min(characters, this.#characters) };
  }
}
