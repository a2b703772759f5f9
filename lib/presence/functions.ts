/** The Lua of who is online: each function is one step in Redis. */
import { ALLOW_OOM, type Functions, lua, NO_WRITES, question } from "../engines/redis/functions.ts";
import ONLINE_DUE from "./online_due.lua" with { type: "text" };
import ONLINE_END from "./online_end.lua" with { type: "text" };
import ONLINE_ERASE from "./online_erase.lua" with { type: "text" };
import ONLINE_FORGET from "./online_forget.lua" with { type: "text" };
import ONLINE_READ from "./online_read.lua" with { type: "text" };
import ONLINE_REMOVE from "./online_remove.lua" with { type: "text" };
import ONLINE_SET from "./online_set.lua" with { type: "text" };

export const ONLINE_FUNCTIONS = {
  onlineDue: question(ONLINE_DUE, ALLOW_OOM),
  onlineEnd: lua(ONLINE_END, ALLOW_OOM),
  onlineErase: lua(ONLINE_ERASE, ALLOW_OOM),
  onlineForget: lua(ONLINE_FORGET, ALLOW_OOM),
  onlineRead: question(ONLINE_READ, NO_WRITES),
  onlineRemove: lua(ONLINE_REMOVE, ALLOW_OOM),
  onlineSet: lua(ONLINE_SET),
} satisfies Functions;
