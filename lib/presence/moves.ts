/** How presence comes from the embedded store to Redis: who is there is found out anew, and whether anybody has asked is not. */
import { type Move, numberIn } from "../engines/moving/move.ts";
import { OnlineKeys } from "./redis_keys.ts";

export const PRESENCE_MOVES: readonly Move[] = [{
  noun: "marks that presence was asked for",
  tables: ["presence_asked"],
  count: (source) => Math.min(1, numberIn(source, "SELECT count(*) FROM presence_asked")),
  *groups(source, { keys }) {
    const [asked] = source.rows("SELECT at FROM presence_asked LIMIT 1");
    if (asked === undefined) return;
    const value = String(asked["at"]);
    yield {
      kind: "shared",
      puts: [{ type: "string", key: new OnlineKeys(keys).asked, isCounted: true, value }],
    };
  },
}];
