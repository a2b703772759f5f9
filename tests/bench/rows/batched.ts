/** Version 2, where a frame may hold several messages. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, oneRoom } from "../contenders.ts";
import type { Row } from "../row.ts";

export const batched: Row = {
  name: "batched",
  question: "`notifyli.v2`, window 64, against a bare loop of Deno",
  async measure(bench) {
    const ground = bare("deno", oneRoom(64));
    const own = [notifyli("deno", "v2", oneRoom(64)), notifyli("node", "v2", oneRoom(64))];
    const seen = await Comparison.make(bench, [ground, ...own]);
    return {
      checks: own.map((one) => ({
        what: `${one.name}: deliveries/s, to bare`,
        ...seen.ratio(one, ground),
        target: 15,
        is: "at least",
      })),
      details: seen.details(),
    };
  },
};
