/** The outbound queue by property: whatever is sent to whom, and however slow the sockets are. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { Outgoing } from "../../lib/core/outgoing.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { Writer } from "../../lib/core/writer.ts";
import { stubClock } from "../support/stub_clock.ts";

const LIMIT = 2000;
const BURST = 8 * LIMIT;

const KINDS = [
  { batching: "none", joins: false },
  { batching: "none", joins: true },
  { batching: "joined", joins: false },
  { batching: "joined", joins: true },
  { batching: "frames", joins: false },
  { batching: "frames", joins: true },
] as const;

const JOINED: Kind = { batching: "joined", joins: true };

type Kind = (typeof KINDS)[number];

/** A listener's socket whose other end takes what the test lets it take. */
class SlowSocket implements Socket {
  readonly batching: Kind["batching"];
  /** The messages that were written, each with the texts in it. */
  readonly messages: string[][] = [];
  readonly writes: Outgoing[] = [];
  bufferedAmount = 0;
  /** Most bytes that ever waited. */
  most = 0;

  constructor(private readonly kind: Kind) {
    this.batching = kind.batching;
  }

  send(outgoing: Outgoing): void {
    const { wire } = outgoing;
    this.writes.push(outgoing);
    this.bufferedAmount += wire.length;
    this.most = Math.max(this.most, this.bufferedAmount);
    const messages = this.batching === "frames" ? framesOf(wire) : [outgoing.text];
    for (const text of messages) this.messages.push(this.kind.joins ? text.split("\n") : [text]);
  }

  get texts(): string[] {
    return this.messages.flat();
  }

  take(bytes: number): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }

  close(): void {}

  cut(): void {}

  pause(): void {}

  resume(): void {}

  terminate(): void {}
}

/** One client, and what it should have got. */
class Receiver {
  readonly socket: SlowSocket;
  readonly writer: Writer;
  readonly sent: string[] = [];
  isClosed = false;

  constructor(kind: Kind) {
    this.socket = new SlowSocket(kind);
    this.writer = new Writer(this.socket, {
      queueLimit: LIMIT,
      joins: kind.joins,
      slow: () => {
        this.isClosed = true;
        this.writer.clear();
      },
    });
  }

  send(outgoing: Outgoing): void {
    if (this.isClosed) return;
    this.sent.push(outgoing.text);
    this.writer.send(outgoing);
  }
}

/** One thing that happens. `to` has a bit for each receiver that it happens to. */
type Step =
  | { readonly what: "send"; readonly to: number; readonly filling: string }
  | { readonly what: "take"; readonly to: number; readonly bytes: number }
  | { readonly what: "flush"; readonly to: number }
  | { readonly what: "turn" };

const to = fc.nat(63);
const filling = fc.oneof(
  fc.constant(""),
  fc.tuple(fc.constantFrom("x", "ß", "€", "🎉"), fc.nat(1500)).map(([text, times]) =>
    text.repeat(times)
  ),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant("send"), to, filling }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant("take"), to, bytes: fc.nat(BURST) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("flush"), to }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant("turn") }) },
  ),
  { maxLength: 100, size: "max" },
);
const kinds = fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 6 });

Deno.test("each client sees its messages in order, complete, or is closed as slow", async () => {
  let [closed, joined] = [0, 0];
  await fc.assert(
    fc.asyncProperty(kinds, steps, async (kinds, steps) => {
      const receivers = kinds.map((kind) => new Receiver(kind));
      for (const [number, step] of steps.entries()) await apply(step, number, receivers);
      await setImmediate();
      for (const { socket, sent, isClosed, writer } of receivers) {
        const due = isClosed ? sent.slice(0, socket.texts.length) : sent;
        assert.deepEqual(socket.texts, due);
        assert.equal(writer.bufferedAmount, socket.bufferedAmount);
        if (isClosed) closed++;
        else assert.ok(socket.most <= BURST, `${socket.most} bytes waited`);
        if (socket.messages.some((texts) => texts.length > 1)) joined++;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(closed > 0 && joined > 0, `${closed} closed, ${joined} joined`);
});

Deno.test("what one turn brings is one write, made once for all who get the same", async () => {
  const [alice, bob] = [new Receiver(JOINED), new Receiver(JOINED)];
  const texts = ["one", "two", "three"].map((text) => new Outgoing(text));
  for (const text of texts) for (const receiver of [alice, bob]) receiver.send(text);
  assert.deepEqual(alice.socket.messages, []);
  await setImmediate();
  assert.deepEqual(alice.socket.messages, [["one", "two", "three"]]);
  assert.deepEqual(bob.socket.messages, [["one", "two", "three"]]);
  assert.equal(alice.socket.writes[0], bob.socket.writes[0]);
});

Deno.test("who is over the limit for a second is slow, though nothing new makes it worse", () => {
  using time = stubClock();
  for (const kind of KINDS) {
    const receiver = new Receiver(kind);
    receiver.send(new Outgoing("x".repeat(LIMIT + 1)));
    receiver.writer.flush();
    assert.equal(receiver.isClosed, false);
    time.pass(1001);
    receiver.send(new Outgoing("y"));
    receiver.writer.flush();
    assert.equal(receiver.isClosed, true);
  }
});

Deno.test("who takes each burst is not slow, though each is over the limit", () => {
  using time = stubClock();
  for (const kind of KINDS) {
    const receiver = new Receiver(kind);
    for (let burst = 0; burst < 3; burst++) {
      receiver.send(new Outgoing("x".repeat(LIMIT + 1)));
      receiver.writer.flush();
      assert.equal(receiver.isClosed, false);
      time.pass(1001);
      receiver.socket.take(BURST);
    }
  }
});

Deno.test("who takes nothing is stalled; who takes what comes is not, though something always waits", () => {
  for (const kind of KINDS) {
    const { socket, writer } = new Receiver(kind);
    const send = (length: number) => {
      writer.send(new Outgoing("x".repeat(length)));
      writer.flush();
    };
    assert.equal(writer.isStalled(), false);
    send(100);
    assert.equal(writer.isStalled(), false);
    socket.take(BURST);
    send(900);
    socket.take(700);
    assert.equal(writer.isStalled(), false, "more waits than before, and is on its way");
    send(300);
    assert.equal(writer.isStalled(), true);
    assert.equal(writer.isStalled(), true);
    socket.take(1);
    assert.equal(writer.isStalled(), false);
    socket.take(BURST);
    assert.equal(writer.isStalled(), false);
  }
});

async function apply(step: Step, number: number, receivers: readonly Receiver[]): Promise<void> {
  if (step.what === "turn") return void await setImmediate();
  const meant = receivers.filter((_, index) => step.to & 1 << index);
  const outgoing = new Outgoing(step.what === "send" ? `${number}${step.filling}` : "");
  for (const receiver of meant) {
    if (step.what === "send") receiver.send(outgoing);
    else if (step.what === "take") receiver.socket.take(step.bytes);
    else receiver.writer.flush();
  }
}

/** The texts of unmasked frames (RFC 6455, section 5.2). */
function framesOf(wire: Uint8Array): string[] {
  const texts = [];
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  for (let at = 0; at < wire.length;) {
    assert.equal(wire[at], 0x81);
    const short = view.getUint8(at + 1);
    assert.ok(short < 127, "these texts are short");
    const [start, length] = short < 126 ? [at + 2, short] : [at + 4, view.getUint16(at + 2)];
    texts.push(new TextDecoder().decode(wire.subarray(start, start + length)));
    at = start + length;
  }
  return texts;
}
