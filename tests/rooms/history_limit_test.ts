/** What rooms keep in memory is bounded, however many of them a client makes, and is honest about what went. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Channel } from "../../lib/core/channel.ts";
import { MemoryBroker } from "../../lib/engines/memory/broker.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { stubClock } from "../support/stub_clock.ts";

const BYTES = 20_000;
/** Beside its frame, as the broker counts it. */
const PUBLICATION_BYTES = 440;

const channelOf = (name: string): Channel => ({ site: "default", kind: "room", name });

interface Step {
  readonly room: number;
  readonly what: "publish" | "read";
  readonly length: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    room: fc.nat(9),
    what: fc.constantFrom("publish", "publish", "read"),
    length: fc.nat(3000),
  }),
  { maxLength: 80, size: "max" },
);

Deno.test("all that rooms keep is below the limit, and the last of each, without a gap", async () => {
  let forgotten = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const onForgotten = (count: number) => void (forgotten += count);
      const broker = new MemoryBroker(() => {}, { bytes: BYTES, onForgotten });
      const last = new Map<number, { offset: number; epoch: string }>();
      for (const { room, what, length } of steps) {
        const channel = channelOf(String(room));
        const before = last.get(room);
        if (what === "publish") {
          const message = "x".repeat(length);
          const publication = { kind: "message", id: "-", at: 5, message };
          const at = await broker.publish(channel, publication, { size: 5, seconds: 60 });
          assert.ok(at !== undefined);
          assert.equal(at.offset, at.epoch === before?.epoch ? before.offset + 1 : 1);
          last.set(room, at);
        }
        const { offset, epoch, publications } = await broker.history(channel, { limit: 100 });
        assert.deepEqual(
          publications.map((each) => each.offset),
          publications.map((_, index) => offset - publications.length + 1 + index),
        );
        if (epoch === before?.epoch) assert.ok(offset >= before.offset);
        last.set(room, { offset, epoch });
      }
      // To look makes rooms, which takes from those that were looked at before.
      assert.ok(await bytesOf(broker) <= 2 * BYTES);
    }),
    { numRuns: 300 },
  );
  assert.ok(forgotten > 0);
});

Deno.test("what has ended makes room first, though nobody asks for it again", async () => {
  using time = stubClock();
  let forgotten = 0;
  const onForgotten = (count: number) => void (forgotten += count);
  const broker = new MemoryBroker(() => {}, { bytes: 1_000_000, onForgotten });
  const fill = async (name: string) => {
    for (let count = 0; count < 80; count++) {
      const publication = { kind: "message", id: "-", at: 5, message: "x".repeat(4500) };
      await broker.publish(channelOf(`${name}-${count}`), publication, { size: 5, seconds: 60 });
    }
  };
  await fill("first");
  time.pass(61_000);
  await fill("second");
  assert.equal(forgotten, 0);
  await fill("third");
  assert.ok(forgotten > 0, "these have not ended");
});

Deno.test("who floods rooms with messages takes no memory for it, and nobody's place", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_HISTORY: "1000000" } });
  await using alice = await TestClient.connectV2(program.webSocketUrl);
  await alice.command("connect", { user_id: "alice" });
  await alice.command("subscribe", { room: "lobby" });
  const { offset, epoch } = await alice.command("publish", { room: "lobby", message: "first" });
  await using eve = await TestClient.connectV2(program.webSocketUrl);
  await eve.command("connect", { user_id: "eve" });
  const message = "x".repeat(9000);
  const rooms = Array.from({ length: 300 }, (_, index) => `flood-${index}`);
  await Promise.all(rooms.map((room) => eve.command("publish", { room, message })));
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  assert.ok(stats["dropped_history"] > 200, `${stats["dropped_history"]} went`);
  await alice.command("publish", { room: "lobby", message: "second" });
  const since = { offset, epoch };
  const { recovered, publications } = await alice.command("subscribe", { room: "lobby", since });
  if (recovered === true) assert.equal((publications as unknown[]).length, 1);
  const rest = await alice.command("history", { room: "lobby", limit: 1 });
  assert.equal((rest["publications"] as { message: string }[])[0]?.message, "second");
});

/** Of the publications that the rooms of the steps have. */
async function bytesOf(broker: MemoryBroker): Promise<number> {
  let bytes = 0;
  for (let room = 0; room < 10; room++) {
    const { publications } = await broker.history(channelOf(String(room)), { limit: 100 });
    for (const { publication } of publications) {
      bytes += (publication.message ?? "").length * 2 + PUBLICATION_BYTES;
    }
  }
  return bytes;
}
