/** A message alone on the machine: throughput must not be bought with time. */
import { Comparison } from "../comparison.ts";
import { notifyli, type Shape } from "../contenders.ts";
import type { Row } from "../row.ts";

/** The next one is sent when both have the last. */
const SHAPE: Shape = { clients: 2, roomSize: 2, window: 1, everyoneTalks: true };

export const loneMessage: Row = {
  name: "lone-message",
  question: "A single message at a time, from one client to another",
  async measure(bench) {
    const own = (["deno", "node"] as const).flatMap((listener) => [
      notifyli(listener, "v1", SHAPE),
      notifyli(listener, "v2", SHAPE),
    ]);
    const seen = await Comparison.make(bench, own);
    return {
      checks: own.map((one) => ({
        what: `${one.name}: p50`,
        value: seen.of(one).p50Ms,
        target: 1,
        is: "at most",
        unit: "ms",
      })),
      details: seen.details(),
    };
  },
};
