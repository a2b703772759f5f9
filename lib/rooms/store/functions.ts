/** The Lua of who is in which room. */
import PRESENCE from "./presence.lua" with { type: "text" };
import PRESENCE_ANNOUNCE from "./presence_announce.lua" with { type: "text" };
import PRESENCE_COUNTS from "./presence_counts.lua" with { type: "text" };
import PRESENCE_GET from "./presence_get.lua" with { type: "text" };
import PRESENCE_LIST from "./presence_list.lua" with { type: "text" };
import PRESENCE_LOG from "./presence_log.lua" with { type: "text" };
import PRESENCE_SIFT from "./presence_sift.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua, question } from "../../engines/redis/functions.ts";

export const PRESENCE_FUNCTIONS = {
  /** Puts a client in a room, or takes the client out. */
  place: lua(PRESENCE_LOG + PRESENCE),
  announce: lua(PRESENCE_ANNOUNCE, ALLOW_OOM),
  list: question(PRESENCE_LIST, ALLOW_OOM),
  get: question(PRESENCE_GET, ALLOW_OOM),
  counts: question(PRESENCE_COUNTS, ALLOW_OOM),
  sift: lua(PRESENCE_SIFT, ALLOW_OOM),
} satisfies Functions;
