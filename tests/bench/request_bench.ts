/** What it costs that a request has an id, which all that is done for it knows: `deno bench tests/bench/request_bench.ts`. */
import { nextId } from "../../lib/base/ids.ts";
import { inRequest, requestId, requestIdOf } from "../../lib/base/request_id.ts";

const GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736";

function work(): string | undefined {
  return requestId();
}

async function workInSteps(): Promise<string | undefined> {
  for (let step = 0; step < 10; step++) await undefined;
  return requestId();
}

Deno.bench("an id that the caller gives", () => {
  requestIdOf(GIVEN);
});

Deno.bench("a new id", () => {
  requestIdOf(null);
});

Deno.bench("a new id, and work within it that asks for it", () => {
  inRequest(nextId(), work);
});

Deno.bench("work of ten promises in no request", { group: "steps", baseline: true }, async () => {
  await workInSteps();
});

Deno.bench("work of ten promises in a request", { group: "steps" }, async () => {
  await inRequest(nextId(), workInSteps);
});
