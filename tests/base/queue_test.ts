/** First in, first out, whatever comes and goes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Queue } from "../../lib/base/queue.ts";

Deno.test("Queue does as an array would", () => {
  const steps = fc.array(fc.option(fc.nat(), { freq: 3 }), { maxLength: 300 });
  fc.assert(fc.property(steps, (steps) => {
    const [queue, model] = [new Queue<number>(), [] as number[]];
    for (const step of steps) {
      if (step === null) assert.equal(queue.shift(), model.shift());
      else {
        queue.push(step);
        model.push(step);
      }
      assert.equal(queue.length, model.length);
      const found = Array.from({ length: model.length + 2 }, (_, index) => queue.at(index - 1));
      assert.deepEqual(found, [undefined, ...model, undefined]);
    }
  }));
});
