/** Exactly what matches comes to clients that come and go while others publish: once each, in order, and nothing else. */
import assert from "node:assert/strict";
import { TARGETS } from "../support/engine_target.ts";
import type { Program } from "../support/program.ts";
import type { Frame } from "../support/test_client.ts";
import { clientOf, eventsIn, publishEvent } from "../support/topics.ts";

const EVENTS = 240;
const CLIENTS = 6;

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: clients that come and go while others publish miss nothing`, async () => {
    await using target = await start();
    await using other = await target.another();
    const nodes = [target.program, other ?? target.program];
    const published: { offset: number; id: number }[] = [];
    let isOver = false;
    const publishing = Promise.all([0, 1].map(async (turn) => {
      for (let n = turn; n < EVENTS; n += 2) {
        const id = n % 3;
        const { json } = await publishEvent(nodes[turn]!, "T", { data: { id, n } });
        published.push({ offset: Number(json["offset"]), id });
      }
    })).finally(() => isOver = true);
    const clients = Array.from({ length: CLIENTS }, (_, n) => follow(nodes, n, () => isOver));
    await publishing;
    const followed = await Promise.all(clients);
    published.sort((one, other) => one.offset - other.offset);
    for (const [n, { first, got, last }] of followed.entries()) {
      const expected = published.filter(({ offset, id }) =>
        id === n % 3 && offset > first && offset <= last
      );
      assert.deepEqual(got, expected.map(({ offset }) => offset), `client ${n}`);
      assert.equal(last, EVENTS);
    }
  });
}

interface Followed {
  /** Where the topic stood when the client came first. */
  readonly first: number;
  /** The offsets of what it got. */
  readonly got: readonly number[];
  /** How far it got. */
  readonly last: number;
}

/** Subscribes to one id, comes back again and again on the nodes in turn, and once more when all is published. */
async function follow(
  nodes: readonly Program[],
  n: number,
  isOver: () => boolean,
): Promise<Followed> {
  const asked = { topic: "T", filter: { id: n % 3 } };
  const got: number[] = [];
  let position: { offset: number; epoch: string } | undefined;
  let first: number | undefined;
  for (let round = n;; round++) {
    const isLast = isOver();
    await using client = await clientOf(nodes[round % nodes.length]!, n);
    const reply = await client.command("subscribe", { ...asked, since: position });
    if (first !== undefined) assert.equal(reply["recovered"], true, JSON.stringify(reply));
    first ??= Number(reply["offset"]);
    got.push(...eventsIn(reply).map(({ offset }) => Number(offset)));
    position = { offset: Number(reply["offset"]), epoch: String(reply["epoch"]) };
    if (isLast) return { first, got, last: position.offset };
    await client.get("event", 3, 500).catch(() => {}); // as many as come by then
    const live = client.frames.filter((frame) => frame["type"] === "event");
    for (const { offset } of live as Frame[]) {
      got.push(Number(offset));
      position = { ...position, offset: Number(offset) };
    }
  }
}
