/** What a subscriber gets of the events that were there before it: exactly those that it missed, or the last one again. */
import type { Position } from "../core/publication.ts";
import type { Filter } from "./filter.ts";
import type { LogEvent, TopicLog } from "./log.ts";

/** Most events that one answer brings back. */
export const MAX_RECOVERED = 1000;

/** What somebody asks for who subscribes. */
export interface SyncRequest {
  /** One for each subscription. */
  readonly filters: readonly Filter[];
  /** How far the client has come. */
  readonly since?: Position;
  /** Whether the client wants the last event again, where it does not get those that it missed. */
  readonly replay: boolean;
}

/** An event of before the subscription. */
export interface PastEvent extends LogEvent {
  /** The filters that it matches, by their places. */
  readonly filters: readonly number[];
  /** Whether it comes only because it was the last one. */
  readonly isReplay: boolean;
}

export interface TopicSync extends Position {
  readonly recovered: boolean;
  readonly reason?: "new" | "epoch" | "expired" | "too_many" | "no_history";
  /** Oldest first. */
  readonly events: readonly PastEvent[];
}

/** The answer for a topic that keeps nothing. */
export const NO_HISTORY: TopicSync = {
  offset: 0,
  epoch: "",
  recovered: false,
  reason: "no_history",
  events: [],
};

/** Whether the log has all that the answer needs, so that it need not be read first. */
export function hasEnough(log: TopicLog, { filters, since, replay }: SyncRequest): boolean {
  if (log.isWhole) return true;
  if (since !== undefined && log.knows(since)) return since.offset + 1 >= log.first;
  return !replay || filters.every((filter) => log.last(filter) !== undefined);
}

/** @param characters most of one answer */
export function syncOf(
  log: TopicLog,
  { filters, since, replay }: SyncRequest,
  { characters }: { characters: number },
): TopicSync {
  const at = { offset: log.offset, epoch: log.epoch };
  const failed = (reason: TopicSync["reason"]): TopicSync => {
    const events = replay ? merged(filters.map((filter) => listOf(log.last(filter))), true) : [];
    return { ...at, recovered: false, reason, events };
  };
  if (since === undefined) return failed("new");
  if (!log.knows(since)) return failed("epoch");
  if (since.offset + 1 < log.first) {
    return failed(log.isCut || !log.isWhole ? "too_many" : "expired");
  }
  const missed = filters.map((filter) => log.after(since.offset, filter, MAX_RECOVERED + 1));
  const events = merged(missed, false);
  if (events.length > MAX_RECOVERED) return failed("too_many");
  if (events.length > 1 && lengthOf(events) > characters) return failed("too_many");
  return { ...at, recovered: true, events };
}

/** How many characters the frames of some events take. */
export function lengthOf(events: readonly PastEvent[]): number {
  return events.reduce((sum, { characters }) => sum + characters, 0);
}

function listOf(event: LogEvent | undefined): LogEvent[] {
  return event === undefined ? [] : [event];
}

/** Puts what each filter is for together, each event once, in their order. */
function merged(
  byFilter: readonly (readonly LogEvent[])[],
  isReplay: boolean,
): PastEvent[] {
  const all = new Map<number, PastEvent>();
  for (const [place, events] of byFilter.entries()) {
    for (const { offset, publication, characters } of events) {
      const filters = [...all.get(offset)?.filters ?? [], place];
      all.set(offset, { offset, publication, characters, filters, isReplay });
    }
  }
  const events = [...all.values()];
  return byFilter.length > 1 ? events.sort((one, other) => one.offset - other.offset) : events;
}
