/** A store that came back without loss goes on in another epoch: the client takes over which, and has missed nothing. */
import assert from "node:assert/strict";
import { Stream } from "../../lib/sdk/core/stream.ts";
import type { Gap, Publication } from "../../lib/sdk/core/types.ts";

for (const missed of [0, 2]) {
  Deno.test(`Stream goes on in the new epoch after ${missed} messages that it missed`, () => {
    const [delivered, gaps]: [string[], Gap[]] = [[], []];
    const stream = new Stream({
      deliver: ({ id }) => void delivered.push(id),
      gap: (gap) => void gaps.push(gap),
      ask: () => assert.fail("nothing is missing"),
    }, { offset: 5, epoch: "old" });
    const end = 5 + missed;
    const items = [6, 7].slice(0, missed).map(message);
    stream.recover({
      position: { offset: end, epoch: "new" },
      recovered: true,
      reason: "new",
      more: false,
      items,
    });
    assert.deepEqual(stream.position, { offset: end, epoch: "new" });
    stream.receive(message(end + 1));
    assert.deepEqual(stream.position, { offset: end + 1, epoch: "new" });
    assert.equal(delivered.length, missed + 1);
    assert.deepEqual(gaps, []);
  });
}

function message(offset: number): Publication {
  return {
    id: `message-${offset}`,
    offset,
    room: "lobby",
    message: "Hello!",
    userId: "1",
  } as never;
}
