/** When users were there last, in a PostgreSQL to which all nodes write it. */
import assert from "node:assert/strict";
import { LastSeen } from "../../lib/presence/last_seen.ts";
import { TwoNodes } from "../support/lock_order.ts";

const SITE = "default";
const HELD = `SELECT user_id FROM last_seen WHERE site = '${SITE}' AND user_id = '2'`;

function note(lastSeen: LastSeen, users: readonly string[], at: number): Promise<void> {
  for (const user of users) lastSeen.note({ site: SITE, user }, at);
  return lastSeen.write();
}

Deno.test("nodes that write of the same users wait in one order", async () => {
  await using nodes = await TwoNodes.open();
  const [one, two] = [new LastSeen(nodes.one), new LastSeen(nodes.two)];
  const users = ["1", "2", "3"];
  await note(one, users, 1);
  await nodes.both(
    HELD,
    () => [note(one, users, 2)],
    () => [note(two, users.toReversed(), 3)],
  );
  assert.deepEqual(await one.of(SITE, users), new Map(users.map((user) => [user, 3])));
});

Deno.test("nothing is left of a user that was being written of as it was erased", async () => {
  await using nodes = await TwoNodes.open();
  const lastSeen = new LastSeen(nodes.one);
  await note(lastSeen, ["2"], 1);
  await nodes.whileHeld(HELD, async (waiting) => {
    const writing = note(lastSeen, ["1", "2"], 2);
    await waiting(1);
    return [writing, lastSeen.erase(SITE, "1")];
  });
  assert.deepEqual(await lastSeen.of(SITE, ["1", "2"]), new Map([["2", 2]]));
});
