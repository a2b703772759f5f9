/** What clients are told of the events that were there before they subscribed. */
import type { Fields } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Subscribed } from "./requests.ts";

/** The frames of past events, oldest first, as the connection's dialect writes them. */
export function eventFrames(
  { protocol: { dialect } }: Connection,
  { channel, subs, events }: Subscribed,
): Fields[] {
  return events.map(({ offset, publication, filters, isReplay }) => ({
    ...dialect.frame(channel, publication, offset),
    subs: filters.map((place) => subs[place]),
    ...(isReplay ? { replay: true } : {}),
  }));
}
