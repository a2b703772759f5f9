/** How revocations and blocks come from the embedded store to Redis. */
import { type Move, numberIn } from "../../engines/moving/move.ts";
import { fieldOf, revocationNames } from "./redis.ts";
import { toRevocation } from "./sqlite.ts";

const LASTING = "FROM revocations WHERE expires_at IS NULL OR expires_at > ?";

export const REVOCATIONS_MOVES: readonly Move[] = [{
  noun: "revocations and blocks",
  tables: ["revocations"],
  count: (source, { now }) => numberIn(source, `SELECT count(*) ${LASTING}`, now),
  *groups(source, { keys, now }) {
    const [revocations, ends] = revocationNames(keys);
    const found = source.rows(`SELECT * ${LASTING}`, now).map(toRevocation);
    yield {
      kind: "shared",
      puts: [
        {
          ...{ type: "hash", key: revocations, isCounted: true },
          fields: found.map((each) => [fieldOf(each), `${each.at} ${each.expiresAt ?? 0}`]),
        },
        {
          ...{ type: "zset", key: ends },
          members: found.flatMap((each) =>
            each.expiresAt === undefined ? [] : [[fieldOf(each), each.expiresAt]]
          ),
        },
      ],
    };
  },
}];
