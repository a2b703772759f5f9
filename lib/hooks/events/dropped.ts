/** The event that tells an endpoint how many it is not told of. */
import { DEFAULT_SITE } from "../../base/site.ts";
import { type AppEvent, DROPPED } from "./event.ts";

/**
 * @param batch the id of the batch that it stands before
 * @param count how many events were dropped
 * @param at Unix time in milliseconds
 */
export function droppedEvent(batch: string, count: number, at: number): AppEvent {
  return { event: DROPPED, id: `${batch}-dropped`, site: DEFAULT_SITE, at, data: { count } };
}
