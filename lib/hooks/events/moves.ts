/** How events that endpoints have not been told of come from the embedded store to Redis. */
import type { Group, Move, MoveSource, Put } from "../../engines/moving/move.ts";
import type { AppEvent } from "./event.ts";
import { EventKeys } from "./redis_keys.ts";
import { fieldsOf } from "./redis_log.ts";
import { endingsIn } from "./sqlite_endings.ts";

export const EVENTS_MOVES: readonly Move[] = [{
  noun: "events that are still to be told",
  tables: ["events", "event_logs", "event_endings"],
  count: (source) =>
    [...logsIn(source).values()].reduce((sum, { events }) => sum + events.length, 0),
  *groups(source, { keys }) {
    const names = new EventKeys(keys);
    for (const [log, { events, batch, dropped }] of logsIn(source)) {
      const puts: Put[] = [{
        ...{ type: "stream", key: names.stream(log), isCounted: true },
        entries: events.map((event, index) => [`${index + 1}-0`, fieldsOf(event)]),
      }];
      if (batch !== undefined) puts.push({ type: "string", key: names.batch(log), value: batch });
      if (dropped > 0) {
        puts.push({ type: "string", key: names.dropped(log), value: String(dropped) });
      }
      yield { kind: "whole", puts } satisfies Group;
    }
  },
}];

interface Log {
  readonly events: AppEvent[];
  /** The batch that is being told, as `events_batch.lua` has it. */
  batch?: string;
  dropped: number;
}

function logsIn(source: MoveSource): Map<string, Log> {
  const logs = new Map<string, Log>();
  const logOf = (name: string) => {
    const known = logs.get(name) ?? { events: [], dropped: 0 };
    logs.set(name, known);
    return known;
  };
  const states = new Map(
    source.rows("SELECT * FROM event_logs").map((row) => [String(row["name"]), row]),
  );
  for (const [name, row] of states) logOf(name).dropped = Number(row["dropped"]);
  for (
    const { seq, log, events } of source.rows("SELECT seq, log, events FROM events ORDER BY seq")
  ) {
    const known = logOf(String(log));
    for (const line of String(events).split("\n")) known.events.push(JSON.parse(line));
    const { batch, last, told, at } = states.get(String(log)) ?? {};
    if (typeof batch !== "string" || Number(seq) > Number(last)) continue;
    known.batch = `${batch} ${known.events.length}-0 ${told} ${at}`;
  }
  // What the last server left that did not end by itself: it has ended.
  for (const { logs: names, event } of endingsIn(source.rows("SELECT * FROM event_endings"))) {
    for (const name of names) logOf(name).events.push(event);
  }
  return logs;
}
