/** The Lua of who has the turn at a way in. `engines/redis/turn_claim.lua` writes how far its holder came. */
import ENTRY_REFUSE from "./entry_refuse.lua" with { type: "text" };
import PAYLOAD_REFUSE from "./payload_refuse.lua" with { type: "text" };
import TURN_HOLD from "./turn_hold.lua" with { type: "text" };
import TURN_MARK from "./turn_mark.lua" with { type: "text" };
import TURN_RELEASE from "./turn_release.lua" with { type: "text" };
import { TURN_CLAIM } from "../engines/redis/kernel_functions.ts";
import { ALLOW_OOM, type Functions, lua } from "../engines/redis/functions.ts";

export const TURN_FUNCTIONS = {
  hold: lua(TURN_HOLD),
  mark: lua(TURN_MARK),
  release: lua(TURN_RELEASE, ALLOW_OOM),
  refusePayload: lua(TURN_CLAIM + PAYLOAD_REFUSE),
  refuseEntry: lua(ENTRY_REFUSE),
} satisfies Functions;
