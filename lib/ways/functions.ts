/** The Lua of who has the turn at a way in. `inbox/store/turn_claim.lua` writes how far its holder came. */
import TURN_HOLD from "./turn_hold.lua" with { type: "text" };
import TURN_MARK from "./turn_mark.lua" with { type: "text" };
import TURN_RELEASE from "./turn_release.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua } from "../engines/redis/functions.ts";

export const TURN_FUNCTIONS = {
  hold: lua(TURN_HOLD),
  mark: lua(TURN_MARK),
  release: lua(TURN_RELEASE, ALLOW_OOM),
} satisfies Functions;
