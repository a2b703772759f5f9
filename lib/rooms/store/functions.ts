/** The Lua of who is in which room. */
import PRESENCE from "./presence.lua" with { type: "text" };
import PRESENCE_GET from "./presence_get.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua } from "../../engines/redis/functions.ts";

export const PRESENCE_FUNCTIONS = {
  /** Puts a client in a room, or takes the client out. */
  place: lua(PRESENCE),
  get: lua(PRESENCE_GET, ALLOW_OOM),
} satisfies Functions;
