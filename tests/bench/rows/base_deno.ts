/** The base protocol, on the listener that runs without any setting. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, oneRoom } from "../contenders.ts";
import type { Row } from "../row.ts";

export const baseDeno: Row = {
  name: "base-deno",
  question: "Base protocol, `deno` listener, window 2, against a bare loop",
  async measure(bench) {
    const [ground, own] = [bare("deno", oneRoom(2)), notifyli("deno", "v1", oneRoom(2))];
    const seen = await Comparison.make(bench, [ground, own]);
    return {
      checks: [{
        what: "deliveries/s, to bare",
        ...seen.ratio(own, ground),
        target: 0.95,
        is: "at least",
      }],
      details: seen.details(),
    };
  },
};
