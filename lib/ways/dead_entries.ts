/** Keeps aside what was refused and no sender was told of, each with the reason, so that somebody can look at it. */
import { logFor } from "../base/log.ts";
import { reasonOf } from "../base/reason.ts";
import { CodedError } from "../base/errors.ts";
import type { Calls } from "../engines/redis/functions.ts";
import type { RedisLink } from "../engines/redis/link.ts";
import { MOST_REFUSED } from "../inbox/store/redis_keys.ts";
import type { RedisKeys, StreamWay } from "../engines/redis/keys.ts";
import type { HeardWay } from "./place.ts";
import { TURN_FUNCTIONS } from "./functions.ts";
import { WayKeys } from "./redis_keys.ts";

const log = logFor("ways");

/** `payload_refuse.lua` answers this where another node has the turn. */
const OTHERS = -1;

/** Of a longer payload so many UTF-16 units are kept. */
const PAYLOAD_LIMIT = 65_536;

/** Of an entry with more fields so many are kept: Lua cannot hand on more than 8000 texts at once. */
const MOST_FIELDS = 1000;

/** Whose payload it is, and where it stands in what all nodes hear. */
export interface RefusedPayload {
  readonly way: HeardWay;
  readonly payload: string;
  readonly holder: string;
  readonly progress: string;
  /** Whether it was refused before it was sent to Redis: nobody comes so far then without keeping it. */
  readonly isUnsent: boolean;
}

export class DeadEntries {
  readonly #functions: Calls<typeof TURN_FUNCTIONS>;
  readonly #keys: RedisKeys;
  readonly #stream: string;

  constructor({ keys, functions }: RedisLink) {
    this.#functions = functions.calls(TURN_FUNCTIONS);
    this.#keys = keys;
    this.#stream = new WayKeys(keys).refused;
  }

  /** Moves an entry of a stream, with its fields as they came. Rejects where Redis is away. */
  async buryEntry(
    way: StreamWay,
    [id, values]: readonly [id: string, values: readonly string[]],
    error: unknown,
  ): Promise<void> {
    const fields = [
      "reason",
      reasonOf(error),
      "way",
      way,
      "entry",
      id,
      ...values.slice(0, 2 * MOST_FIELDS),
    ];
    await this.#orLog(
      `entry ${id}`,
      this.#functions.refuseEntry([this.#keys.stream(way), this.#stream], [
        ...[id, MOST_REFUSED],
        ...fields,
      ]),
    );
  }

  /** Keeps a payload that was published. Says whether it is this node's turn. Rejects where Redis is away. */
  async buryPayload(
    { way, payload, holder, progress, isUnsent }: RefusedPayload,
    error: unknown,
  ): Promise<boolean> {
    const fields = [
      "reason",
      reasonOf(error),
      "way",
      way,
      "payload",
      payload.slice(0, PAYLOAD_LIMIT),
    ];
    const kept = await this.#orLog(
      "a payload",
      this.#functions.refusePayload([...this.#keys.turn(way), this.#stream], [
        ...[holder, progress, isUnsent ? 1 : 0, MOST_REFUSED],
        ...fields,
      ]),
    );
    return kept !== OTHERS;
  }

  /** A stream that Redis does not take it into holds up nobody: what cannot be kept there is logged. */
  async #orLog(what: string, keeping: Promise<unknown>): Promise<unknown> {
    try {
      return await keeping;
    } catch (error) {
      if (!(error instanceof CodedError) || error.options.isAway) throw error;
      const { message: reason } = error;
      log.error("{what} cannot be kept in {stream}: {reason}", {
        ...{ what, stream: this.#stream, reason },
      });
      return undefined;
    }
  }
}
