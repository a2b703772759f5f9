/** How the keys to the HTTP API come from the embedded store to Redis. */
import { type Move, numberIn } from "../../engines/moving/move.ts";
import { apiKeyNames, fieldsOf } from "./redis.ts";
import { toKey } from "./sqlite.ts";

export const KEYS_MOVES: readonly Move[] = [{
  noun: "API keys",
  tables: ["api_keys"],
  count: (source) => numberIn(source, "SELECT count(*) FROM api_keys"),
  *groups(source, { keys }) {
    const { hash } = apiKeyNames(keys);
    const found = source.rows("SELECT * FROM api_keys").map(toKey);
    const rest = found.flatMap((key) => fieldsOf(key).slice(1));
    yield {
      kind: "shared",
      puts: [
        { type: "hash", key: hash, isCounted: true, fields: found.map((key) => fieldsOf(key)[0]!) },
        { type: "hash", key: hash, fields: rest },
      ],
    };
  },
}];
