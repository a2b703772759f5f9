/** Turns of the event loop: who has had its slice waits behind the others, and one's failure is its own. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { type Share, Turns, type Waiter } from "../../lib/core/turns.ts";
import { waitFor } from "../support/wait.ts";

/** A connection that has so many frames to be worked on, and notes each. */
class Busy implements Share, Waiter {
  turn = 0;
  taken = 0;

  constructor(
    private readonly turns: Turns,
    private readonly name: string,
    private frames: number,
    private readonly log: string[],
  ) {}

  goOn(): void {
    while (this.frames > 0) {
      if (!this.turns.take(this)) return this.turns.wait(this);
      this.frames--;
      this.log.push(this.name);
    }
  }
}

Deno.test("turns: who has much does not keep others waiting until it is done", async () => {
  const turns = new Turns();
  const log: string[] = [];
  new Busy(turns, "much", 1000, log).goOn();
  new Busy(turns, "little", 1, log).goOn();
  assert.ok(log.indexOf("little") < 100, "it came after the first slice");
  await waitFor("all is done", () => log.length === 1001);
});

Deno.test("turns: all who wait go on in turn", async () => {
  const turns = new Turns();
  const log: string[] = [];
  for (const name of ["a", "b", "c"]) new Busy(turns, name, 300, log).goOn();
  await waitFor("all is done", () => log.length === 900);
  const lastOf = (name: string) => log.lastIndexOf(name);
  assert.ok(
    Math.min(lastOf("a"), lastOf("b"), lastOf("c")) > 600,
    "none was done far before the others",
  );
});

Deno.test("turns: what goes wrong with one leaves the others theirs", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const told: unknown[] = [];
  const note = (event: ErrorEvent) => {
    event.preventDefault();
    told.push(event.error);
  };
  addEventListener("error", note);
  try {
    turns.wait({
      goOn: () => {
        throw new Error("broken");
      },
    });
    turns.wait({ goOn: () => void log.push("whole") });
    await setImmediate();
    await waitFor("the other's turn", () => log.length === 1);
    assert.match(String(told[0]), /broken/);
    turns.wait({ goOn: () => void log.push("later") });
    await waitFor("there are turns as before", () => log.length === 2);
  } finally {
    removeEventListener("error", note);
  }
});
