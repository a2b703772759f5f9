/**
 * Says something in many rooms of a site at once: in those with somebody in them, and in those that were made by their names.
 * Next on each message's way: `rooms/rooms.ts`, `say`.
 */
import { within } from "../../base/clock.ts";
import { CodedError, isRefusedAlone } from "../../base/errors.ts";
import { nextId } from "../../base/ids.ts";
import { inSlices } from "../../base/slices.ts";
import { roomChannel } from "../../core/channel.ts";
import { Counter } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import type { RoomMessage } from "../membership.ts";
import type { Rooms } from "../rooms.ts";
import { roomPattern } from "../rules/patterns.ts";
import { isPattern } from "../rules/site_rules.ts";
import type { MadeRooms } from "./made_rooms.ts";

/** Rooms that are looked up at once. */
const PAGE = 1000;

/** Messages that are on their way at once. */
const AT_ONCE = 50;

/** Most rooms of one broadcast. */
const MAX_ROOMS = 100_000;

/** How long a caller waits for the last room, before the rest goes on in the background. */
const ANSWER_MS = 2000;

export type Broadcast = Omit<RoomMessage, "room">;

export interface BroadcastResult {
  /** The message's id in each of the rooms. */
  readonly id: string;
  readonly rooms: number;
  /** Whether it was said in all of them by now. */
  readonly isDone: boolean;
}

interface BroadcastsParts {
  readonly node: Node;
  readonly rooms: Rooms;
  readonly made: MadeRooms;
}

export class Broadcasts {
  readonly said: Counter = new Counter("broadcasts", "Messages that were said in many rooms.");
  readonly #parts: BroadcastsParts;
  /** The sites with one under way. */
  readonly #running = new Set<string>();

  constructor(parts: BroadcastsParts) {
    this.#parts = parts;
  }

  /**
   * Says it in all rooms of a site, or those of a pattern. Under the same id it is said once in each room that keeps
   * messages. Rejects where the engine is away, and with `rate_limited` while another one of the site is under way here.
   */
  async send(site: string, pattern: string, message: Broadcast): Promise<BroadcastResult> {
    if (this.#running.has(site)) {
      throw new CodedError(
        "rate_limited",
        `Cannot broadcast now: another broadcast of site ${site} is under way`,
        { retryAfterMs: ANSWER_MS },
      );
    }
    this.#running.add(site);
    const id = message.id ?? nextId();
    let names: string[];
    let saying: Promise<void>;
    try {
      names = await this.#namesOf(site, pattern);
      this.said.value++;
      saying = this.#sayIn(site, names, { ...message, id });
    } catch (error) {
      this.#running.delete(site);
      throw error;
    }
    saying = saying.finally(() => this.#running.delete(site));
    this.#parts.node.background.run("broadcast", saying);
    const isDone = await within(saying.then(() => true), ANSWER_MS);
    return { id, rooms: names.length, isDone };
  }

  /** Rejects once the others have it where it cannot be said in one room alone. */
  async #sayIn(site: string, names: readonly string[], message: Broadcast): Promise<void> {
    const { rooms } = this.#parts;
    const refusals: unknown[] = [];
    await inSlices(names, async (room) => {
      if (rooms.access.isClosed(site, room)) return;
      try {
        await rooms.say(roomChannel(site, room), { ...message, room });
      } catch (error) {
        if (!isRefusedAlone(error)) throw error;
        refusals.push(error);
      }
    }, { atOnce: AT_ONCE });
    if (refusals.length > 0) throw refusals[0];
  }

  async #namesOf(site: string, pattern: string): Promise<string[]> {
    const { rooms, made } = this.#parts;
    const matches = roomPattern(pattern);
    const names = new Set<string>();
    for (const { pattern: name } of made.of(site)) {
      if (!isPattern(name) && matches.test(name)) names.add(name);
    }
    let after: string | undefined;
    do {
      const page = await rooms.presence.occupied(site, { limit: PAGE, after, pattern });
      for (const { room } of page.rooms) names.add(room);
      if (names.size > MAX_ROOMS) throw tooMany(pattern);
      after = page.next;
    } while (after !== undefined);
    return [...names];
  }
}

function tooMany(pattern: string): CodedError {
  return new CodedError(
    "too_many_rooms",
    `Cannot broadcast to ${JSON.stringify(pattern)}: there are more than ${MAX_ROOMS} rooms`,
    { field: "rooms" },
  );
}
