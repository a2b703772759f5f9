/** How made rooms come from the embedded store to Redis. */
import { type Move, numberIn } from "../../engines/moving/move.ts";
import { madeNames, written } from "./redis.ts";
import { toRoom } from "./sqlite.ts";

export const MADE_ROOMS_MOVES: readonly Move[] = [{
  noun: "made rooms",
  tables: ["made_rooms"],
  count: (source) => numberIn(source, "SELECT count(*) FROM made_rooms"),
  *groups(source, { keys }) {
    const found = source.rows("SELECT * FROM made_rooms").map(toRoom);
    for (const [site, rooms] of Map.groupBy(found, ({ site }) => site)) {
      const { hash, sites } = madeNames(keys, site);
      yield {
        kind: "shared",
        puts: [
          {
            ...{ type: "hash", key: hash, isCounted: true },
            fields: rooms.map((each) => [each.pattern, written(each)]),
          },
          { type: "zset", key: sites, members: [[site, 0]] },
        ],
      };
    }
  },
}];
