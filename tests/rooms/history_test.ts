/** What one answer brings back of a room, and what is read for it, over the real stores. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Broker } from "../../lib/core/broker.ts";
import {
  frameLength,
  type History,
  type KeptPublication,
  type Publication,
} from "../../lib/core/publication.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { RoomHistory } from "../../lib/rooms/history.ts";
import { RoomRules, roomsWithoutFile } from "../../lib/rooms/rules/room_rules.ts";

const SIZE = 1200;
const MAX_CHARACTERS = 250_000;

/** A room with as many messages as this, the kept ones of which have these lengths. */
class RoomWithRule implements AsyncDisposable {
  readonly history: RoomHistory;
  read = 0;
  epoch = "";
  readonly #engine = openEmbedded({ dataDir: ":memory:", stored: [] });

  private constructor() {
    const { broker } = this.#engine;
    const history = async (...asked: Parameters<Broker["history"]>): Promise<History> => {
      const found = await broker.history(...asked);
      for (const { publication } of found.publications) {
        this.read += frameLength("lobby", publication);
      }
      return found;
    };
    const rules = new RoomRules(roomsWithoutFile([]), [{ pattern: "*", size: SIZE, seconds: 60 }]);
    this.history = new RoomHistory({ ...broker, history } as Broker, rules);
  }

  static async of(lengths: readonly number[]): Promise<RoomWithRule> {
    const room = new RoomWithRule();
    for (const length of lengths) {
      const publication = messageOf(length);
      const channel = { site: "default", kind: "room", name: "lobby" } as const;
      const at = await room.#engine.broker.publish(channel, publication, {
        size: SIZE,
        seconds: 60,
      });
      room.epoch = at?.epoch ?? "";
    }
    return room;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }
}

function messageOf(length: number): Publication {
  return { kind: "message", id: "-", at: 5, message: "x".repeat(length) };
}

const lengths = fc.tuple(fc.nat(1300), fc.nat(9999), fc.nat(9999)).map(([count, odd, even]) =>
  Array.from({ length: count }, (_, index) => index % 2 ? odd : even)
);

Deno.test("an answer is the last messages, those after a position, or says why not", async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(1300), fc.integer({ min: 1, max: 1000 }), async (
      lengths,
      offset,
      limit,
    ) => {
      await using room = await RoomWithRule.of(lengths);
      const { history } = room;
      const count = lengths.length;
      const offsets = (publications: readonly KeptPublication[]) =>
        publications.map(({ offset }) => offset);
      const sizes = lengths.map((length) => frameLength("lobby", messageOf(length)));
      const first = Math.max(0, count - SIZE) + 1;
      const last = await history.read("default", "lobby", { limit });
      const from = Math.max(first, count - limit + 1);
      let fitting = sizes.slice(from - 1);
      while (fitting.length > 1 && sum(fitting) > MAX_CHARACTERS) fitting = fitting.slice(1);
      assert.deepEqual(
        offsets(last.publications),
        fitting.map((_, index) => count - fitting.length + 1 + index),
      );
      if (count === 0 || offset > count) return;

      const since = { offset, epoch: room.epoch };
      const missed = sizes.slice(offset);
      const after = await history.recover("default", "lobby", since);
      const reason = missed.length > 1000
        ? "too_many"
        : offset + 1 < first
        ? "expired"
        : missed.length > 1 && sum(missed) > MAX_CHARACTERS
        ? "too_many"
        : undefined;
      assert.equal(after.reason, reason);
      assert.equal(after.recovered, reason === undefined);
      assert.deepEqual(
        offsets(after.publications),
        reason === undefined ? missed.map((_, index) => offset + 1 + index) : [],
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("no more is read than an answer bears, and a little", async () => {
  await using room = await RoomWithRule.of(Array(1000).fill(9900));
  const since = { offset: 0, epoch: room.epoch };
  await room.history.read("default", "lobby", { limit: 1000 });
  await room.history.read("default", "lobby", { limit: 1000, since });
  await room.history.recover("default", "lobby", since);
  assert.ok(room.read < 15 * MAX_CHARACTERS, `${room.read} characters were read`);
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
