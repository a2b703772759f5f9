/**
 * Finds out, after a start, what each user has said of the histories that are in the file, so that the users' limits hold over
 * restarts. It reads a part at a time, with rests between, since it may be a lot.
 */
import { logFor } from "../../base/log.ts";
import { reasonOf } from "../../base/reason.ts";
import { Slices } from "../../base/slices.ts";
import { type Channel, channelWith } from "../../core/channel.ts";
import type { Task } from "../../core/task.ts";
import type { HistoryBudget } from "../history_budget.ts";
import type { SqliteHistoryStatements } from "./history_statements.ts";
import type { Row } from "./statement.ts";

const log = logFor("sqlite");

/** Publications that are read at once, which takes about a millisecond. */
const ROWS = 100;

/** How long everything else has after each slice. */
const REST_MS = 16;

/** A channel as it was at the start. */
interface Found {
  readonly channel: Channel;
  readonly seq: number;
  /** What came later was said to this server, which has counted it. */
  readonly upTo: number;
}

/** Tells the budget what it was not told in this run. Ends once all is read. */
export function countingUsers(sql: SqliteHistoryStatements, budget: HistoryBudget): Task {
  const found = sql.sizes.all().map(toFound);
  return {
    name: "what users have said",
    async run(signal) {
      const slices = new Slices();
      for (const each of found) {
        for (const shares of parts(sql, each)) {
          if (signal.aborted) return;
          for (const { user, bytes } of shares) budget.foundOf(each.channel, user, bytes);
          if (slices.isOver()) await slices.rest(REST_MS);
        }
      }
    },
  };
}

/** What users have said in a channel, a part at a time. */
function* parts(
  sql: SqliteHistoryStatements,
  { channel, seq, upTo }: Found,
): Iterable<{ user: string; bytes: number }[]> {
  try {
    for (let after = 0; after < upTo;) {
      const rows = sql.users.all(seq, after, upTo, ROWS);
      if (rows.length === 0) return;
      after = Math.max(...rows.map((row) => Number(row["last"])));
      yield rows.filter(({ user }) => typeof user === "string")
        .map(({ user, bytes }) => ({ user: String(user), bytes: Number(bytes) }));
    }
  } catch (error) {
    log.debug("who has said what in {room} is not known: {reason}", {
      ...{ room: channel.name, reason: reasonOf(error) },
    });
  }
}

function toFound(row: Row): Found {
  return {
    channel: channelWith(String(row["name"])),
    seq: Number(row["seq"]),
    upTo: Number(row["offset"]),
  };
}
