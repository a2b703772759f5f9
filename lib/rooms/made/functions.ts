/** The Lua of rooms that are made while the server runs. */
import MADE_DELETE from "./made_delete.lua" with { type: "text" };
import MADE_PUT from "./made_put.lua" with { type: "text" };
import MADE_RESTORE from "./made_restore.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua } from "../../engines/redis/functions.ts";

export const MADE_FUNCTIONS = {
  put: lua(MADE_PUT),
  delete: lua(MADE_DELETE, ALLOW_OOM),
  restore: lua(MADE_RESTORE),
} satisfies Functions;
