/** Many rooms of few, where the work for each message counts, and not that for each receiver. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, type Shape } from "../contenders.ts";
import type { Row } from "../row.ts";

const SHAPE: Shape = { clients: 5000, roomSize: 5, window: 1000, everyoneTalks: true };

export const smallRooms: Row = {
  name: "small-rooms",
  question: "5,000 clients in rooms of 5, everyone talks, against a bare loop of the same listener",
  async measure(bench) {
    const pairs = (["deno", "node"] as const).map((listener) => ({
      ground: bare(listener, SHAPE),
      own: notifyli(listener, "v1", SHAPE),
    }));
    const seen = await Comparison.make(bench, pairs.flatMap(({ ground, own }) => [ground, own]));
    return {
      checks: pairs.map(({ ground, own }) => ({
        what: `${own.name}: deliveries/s, to bare`,
        ...seen.ratio(own, ground),
        target: 0.9,
        is: "at least",
      })),
      details: seen.details(),
    };
  },
};
