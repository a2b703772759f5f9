/** What a connection costs that says nothing. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, type Shape } from "../contenders.ts";
import { digits, type Row } from "../row.ts";

const SHAPE: Shape = { clients: 9000, roomSize: 100, window: 0, everyoneTalks: false };

export const idleMemory: Row = {
  name: "idle-memory",
  question:
    "9,000 idle connections: resident memory of each, above a bare loop of the same listener",
  async measure(bench) {
    const pairs = (["deno", "node"] as const).map((listener) => ({
      ground: bare(listener, SHAPE),
      own: notifyli(listener, "v1", SHAPE),
    }));
    const short = { ...bench, seconds: 0.1 };
    const contenders = pairs.flatMap(({ ground, own }) => [ground, own]);
    const seen = await Comparison.oneByOne(short, contenders, ({ kibPerClient }) => kibPerClient);
    return {
      checks: pairs.map(({ ground, own }) => ({
        what: `${own.name}: above bare`,
        value: seen.of(own).kibPerClient - seen.of(ground).kibPerClient,
        target: 4,
        is: "at most",
        unit: "KiB",
      })),
      details: contenders.map((one) => ({
        "server": one.name,
        "KiB a connection": digits(seen.of(one).kibPerClient),
        "connects/s": digits(seen.of(one).connectsPerSecond),
      })),
    };
  },
};
