/** Many rooms of few, where the work for each message counts, and not that for each receiver. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, type Shape } from "../contenders.ts";
import { digits, type Row } from "../row.ts";
import { startNotifyli } from "../servers.ts";

const SHAPE: Shape = { clients: 5000, roomSize: 5, window: 1000, everyoneTalks: true };

export const smallRooms: Row = {
  name: "small-rooms",
  question: "5,000 clients in rooms of 5, everyone talks, against a bare loop of the same listener",
  async measure(bench) {
    const pairs = (["deno", "node"] as const).map((listener) => ({
      ground: bare(listener, SHAPE),
      own: notifyli(listener, "v1", SHAPE),
    }));
    const [{ ground: bareDeno }] = pairs as [typeof pairs[0]];
    const roomy = {
      ...notifyli("deno", "v1", SHAPE),
      name: "notifyli v1, deno listener, V8's own memory",
      start: () => startNotifyli({ listener: "deno", v8Flags: "--no-parallel-scavenge" }),
    };
    const contenders = pairs.flatMap(({ ground, own }) => [ground, own]);
    const seen = await Comparison.make(bench, [...contenders, roomy]);
    const { value, byCpu } = seen.ratio(roomy, bareDeno);
    return {
      checks: pairs.map(({ ground, own }) => ({
        what: `${own.name}: deliveries/s, to bare`,
        ...seen.ratio(own, ground),
        target: 0.9,
        is: "at least",
      })),
      details: seen.details(),
      notes: [
        "notifyli gives V8 a young generation of 4 MB, for the sake of memory and of the longest waits; the bare " +
        "loop has V8's usual 16 MB. With as much, the `deno` listener makes " +
        `${digits(value)} times as many as the bare loop, ${
          digits(byCpu ?? NaN)
        } times for the same CPU.`,
      ],
    };
  },
};
