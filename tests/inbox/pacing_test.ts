/** How fast one for many is sent: slowly while others talk, and fast while nobody does. */
import assert from "node:assert/strict";
import { Pacing } from "../../lib/inbox/broadcasts/pacing.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

function paced() {
  const world = { others: 5, now: 1000 };
  const pacing = new Pacing(() => world.others, () => world.now);
  /** Recipients a second, where each turn takes as long as it is said to, and rests are as long as they are meant to be. */
  const rate = (tookMs: number) => {
    const restMs = pacing.rest(tookMs);
    pacing.hasRested(restMs);
    return pacing.turn() * 1000 / (tookMs + restMs);
  };
  return { world, pacing, rate };
}

Deno.test("one for many goes fast while nobody talks, and slowly while somebody does", () => {
  const { world, rate } = paced();
  const alone = rate(2);
  assert.ok(alone > 1000, `${alone} a second`);
  world.others++;
  const beside = rate(2);
  assert.ok(beside < alone / 2 && beside > 400, `${beside} a second`);
  world.now += 999;
  assert.equal(rate(2), beside);
  world.others++; // so it is a second from here
  assert.equal(rate(2), beside);
  world.now += 999;
  assert.equal(rate(2), beside);
  world.now += 1;
  assert.equal(rate(2), alone);
});

Deno.test("what was said before it began, and what is taken back from the count, is no talk", () => {
  const { world, rate } = paced();
  const alone = rate(2);
  world.others++;
  world.now += 5000; // another one begins
  assert.equal(rate(2), alone);
  world.others -= 3;
  assert.equal(rate(2), alone);
  world.others++;
  assert.notEqual(rate(2), alone);
});

Deno.test("a busy machine rests longer, and has more in a turn, each within its limits", () => {
  const { pacing, world } = paced();
  for (const others of [0, 1]) {
    world.others += others;
    const rests = [0, 5, 9, 10_000].map((took) => pacing.rest(took));
    assert.deepEqual(rests, [...rests].sort((one, other) => one - other));
    const [shortest = 0, , , longest = 0] = rests;
    assert.ok(shortest >= 2 && longest <= 12 && longest > shortest, rests.join());
    const turns = [0, shortest, longest, 10_000].map((ms) => {
      pacing.hasRested(ms);
      return pacing.turn();
    });
    assert.deepEqual(turns, [...turns].sort((one, other) => one - other));
    assert.ok(turns[0]! >= 5 && turns[3]! <= 10, turns.join());
  }
});

for (const [place, start] of PLACES) {
  Deno.test(`one for many goes slowly while others say or send something (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({ ...postgres?.env, APP_LOG_LEVELS: "notifyli.inbox:debug" });
    const { all, first, last, manager } = nodes;
    const clients = await Promise.all([first, last].map(async (node, index) => {
      const token = await connectionToken({ sub: String(index + 1) });
      return await TestClient.connectWithToken(node.webSocketUrl, token);
    }));
    await using one = clients[0]!;
    await using other = clients[1]!;
    for (const client of [one, other]) await client.command("subscribe", { room: "lobby" });
    /** How often a node began to go so. */
    const count = (how: string) =>
      all.flatMap(({ log }) => log)
        .filter(({ message }) => message.includes(`for many go ${how}`)).length;
    const goesOn = async (how: string, before: number) =>
      await waitFor(`it goes ${how}`, () => count(how) > before);
    const users = Array.from({ length: 10_000 }, (_, index) => index + 10);
    await manager.call(first, "POST", "/notifications", { user_ids: users, message: "Goal!" });
    await goesOn("fast", 0);
    assert.equal(count("slowly"), 0);
    await one.command("publish", { room: "lobby", message: "Did you see that?" });
    await goesOn("slowly", 0);
    const [fast, slowly] = [count("fast"), count("slowly")];
    await goesOn("fast", fast);
    for (const node of all) {
      await manager.call(node, "POST", "/notifications", { user_id: 1, message: "Shipped" });
    }
    await goesOn("slowly", slowly);
  });
}
