/** The books of the fault scenarios find what is wrong: else all that rests on them would prove nothing. */
import assert from "node:assert/strict";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { Random } from "./random.ts";
import { RoomLedger } from "./room_ledger.ts";
import { waitFor } from "../support/wait.ts";

/** Books in which user 7 was sent a, b, c, all accepted in this order. */
function books(): Ledger {
  const ledger = new Ledger();
  for (const id of ["a", "b", "c"]) {
    ledger.sent("7", id);
    ledger.accepted("7", id, "http");
  }
  return ledger;
}

Deno.test("Ledger counts what was delivered and what is queued", () => {
  const ledger = books();
  ledger.saw("7", "a");
  ledger.left("7", ["a", "b", "c"]);
  assert.equal(ledger.missing(["7"]), 2);
  assert.deepEqual(ledger.check(), { accepted: 3, delivered: 1, queued: 2, doubled: 0 });
});

Deno.test("Ledger lets what nobody answered be there or not, but not twice", () => {
  const ledger = books();
  ledger.sent("7", "x");
  ledger.left("7", ["a", "b", "c"]);
  assert.equal(ledger.check().accepted, 3);
  ledger.saw("7", "x");
  assert.equal(ledger.check().accepted, 3);
  ledger.saw("7", "x");
  assert.throws(() => ledger.check(), /1 seen twice by the handler: user 7: x/);
});

Deno.test("Ledger finds what is lost, out of order, and from nowhere", () => {
  const lost = books();
  lost.left("7", ["a", "c"]);
  assert.throws(() => lost.check(), /accepted 3, delivered 0, queued 2:\n {2}1 lost: user 7: b/);
  const swapped = books();
  for (const id of ["a", "c", "b"]) swapped.saw("7", id);
  assert.throws(() => swapped.check(), /out of order at the handler: user 7: b .* after c/);
  const inbox = books();
  inbox.left("7", ["b", "a", "c", "c", "z"]);
  assert.throws(() => inbox.check(), /1 twice in the inbox: user 7: c/);
  assert.throws(() => inbox.check(), /1 in the inbox, though nobody sent it: user 7: z/);
  assert.throws(() => inbox.check(), /1 out of order in the inbox: user 7: a/);
});

Deno.test("RoomLedger finds what is missing without a gap, doubled, or in another order", () => {
  const room = (seen: Record<string, (string | undefined)[]>) => {
    const ledger = new RoomLedger();
    for (const id of ["a", "b", "c"]) {
      ledger.sent(id);
      ledger.accepted(id);
    }
    for (const [subscriber, ids] of Object.entries(seen)) {
      for (const id of ids) {
        if (id === undefined) ledger.toldGap(subscriber);
        else ledger.saw(subscriber, id);
      }
    }
    return () => ledger.check();
  };
  room({ one: ["a", "b", "c"], two: ["a", undefined, "c"] })();
  assert.throws(room({ one: ["a", "b", "c"], two: ["a", "c"] }), /two missed b/);
  assert.throws(room({ one: ["a", "b", "c"], two: ["a", "c", undefined] }), /two missed b/);
  assert.throws(room({ one: ["a", "b", "c", "a"] }), /one saw a twice/);
  assert.throws(room({ one: ["a", "b", "c"], two: ["a", "c", "b"] }), /one saw b where two saw c/);
});

Deno.test("RoomLedger takes a message that some saw before a crash, and others after it, as what it is", () => {
  const ledger = new RoomLedger();
  for (const id of ["a", "again", "b", "c"]) {
    ledger.sent(id);
    ledger.accepted(id);
  }
  for (const id of ["a", "again"]) ledger.saw("one", id, "before");
  ledger.toldGap("one");
  for (const id of ["b", "c"]) ledger.saw("one", id, "after"); // "again" came, too, and was known
  ledger.saw("two", "a", "before");
  ledger.toldGap("two");
  for (const id of ["b", "again", "c"]) ledger.saw("two", id, "after");
  ledger.saw("three", "a", "before");
  ledger.toldGap("three");
  for (const id of ["again", "c"]) ledger.saw("three", id, "after"); // "b" was before it came back
  ledger.check();
  ledger.sent("d");
  ledger.accepted("d");
  ledger.saw("two", "d", "after");
  ledger.saw("three", "d", "after");
  assert.throws(() => ledger.check(), /one missed d and was told no gap there/);
});

Deno.test("Load sends again what was refused or not answered, with the same key", async () => {
  const keys: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    keys.push(request.headers.get("idempotency-key") ?? "");
    return new Response("{}", { status: keys.length % 3 === 0 ? 503 : 201 });
  });
  const ledger = new Ledger();
  const users = ["1", "2", "3"];
  const random = new Random(1);
  await using load = new Load({ ports: [server.addr.port], users, ledger, random, rate: 500 });
  await waitFor("some were refused", () => load.refused > 20);
  await load.end();
  assert.equal(ledger.acceptedCount, load.accepted);
  assert.ok(keys.length > new Set(keys).size, "none was sent again");
  assert.equal(keys.length, load.accepted + load.refused);
});

Deno.test("Random gives the same numbers for the same seed", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return [random.next(), random.integer(1, 1000), ...random.shuffled([1, 2, 3, 4, 5])];
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});
