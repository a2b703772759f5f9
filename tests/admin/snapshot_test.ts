/** What is live on a node is walked through at most once a second, however many ask, and counted as it is. */
import assert from "node:assert/strict";
import { Snapshot } from "../../lib/admin/live/snapshot.ts";
import { Pace } from "../../lib/core/pace.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import { openKernel } from "../support/kernel.ts";

Deno.test("many who ask cost one walk through the connections", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  await using kernel = await openKernel(engine);
  const { node } = kernel;
  let walks = 0;
  const counted = Object.create(node, {
    connections: {
      get() {
        walks++;
        return node.connections;
      },
    },
    hub: { get: () => node.hub },
  });
  const snapshot = new Snapshot(counted);
  for (let asked = 0; asked < 100; asked++) {
    for (const order of ["name", "connections"] as const) snapshot.users("default").in(order);
    snapshot.of("default", "1");
    snapshot.users("shop");
  }
  assert.equal(walks, 1);
});

Deno.test("a pace counts the last minute, of the one before as much as is not over", () => {
  const pace = new Pace();
  for (let count = 0; count < 60; count++) pace.note(6000);
  assert.equal(pace.aMinute(6000), 60);
  assert.equal(pace.aMinute(6090), 30);
  pace.note(6090);
  assert.equal(pace.aMinute(6090), 31);
  pace.note(6000); // a clock that was set back
  assert.equal(pace.aMinute(6090), 32, "it counts, and nothing is forgotten");
  assert.equal(pace.lastAt, 6090);
  assert.equal(pace.aMinute(6300), 0);
});
