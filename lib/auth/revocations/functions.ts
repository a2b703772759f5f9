/** The Lua of revocations: each function stores a change and tells all nodes in one step. */
import REVOCATION_ADD from "./revocation_add.lua" with { type: "text" };
import REVOCATION_REMOVE from "./revocation_remove.lua" with { type: "text" };
import REVOCATION_RESTORE from "./revocation_restore.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua } from "../../engines/redis/functions.ts";

export const REVOCATION_FUNCTIONS = {
  add: lua(REVOCATION_ADD, ALLOW_OOM),
  remove: lua(REVOCATION_REMOVE, ALLOW_OOM),
  restore: lua(REVOCATION_RESTORE, ALLOW_OOM),
} satisfies Functions;
