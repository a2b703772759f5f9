/** The Lua of the logs of events: each function is one step in Redis. */
import { ALLOW_OOM, type Functions, lua } from "../../engines/redis/functions.ts";
import EVENTS_BATCH from "./events_batch.lua" with { type: "text" };
import EVENTS_BEGIN from "./events_begin.lua" with { type: "text" };
import EVENTS_END from "./events_end.lua" with { type: "text" };
import EVENTS_HOLD from "./events_hold.lua" with { type: "text" };
import EVENTS_REMOVE from "./events_remove.lua" with { type: "text" };
import EVENTS_TRIM from "./events_trim.lua" with { type: "text" };

export const EVENT_FUNCTIONS = {
  eventsBatch: lua(EVENTS_BATCH, ALLOW_OOM),
  eventsBegin: lua(EVENTS_BEGIN),
  eventsEnd: lua(EVENTS_END, ALLOW_OOM),
  eventsHold: lua(EVENTS_HOLD, ALLOW_OOM),
  eventsRemove: lua(EVENTS_REMOVE, ALLOW_OOM),
  eventsTrim: lua(EVENTS_TRIM, ALLOW_OOM),
} satisfies Functions;
