/** The Lua of the kernel, for channels with a history and for the leases of nodes. */
import HISTORY from "./history.lua" with { type: "text" };
import HISTORY_DROP from "./history_drop.lua" with { type: "text" };
import HISTORY_SIZE from "./history_size.lua" with { type: "text" };
import LEASE_RENEW from "./lease_renew.lua" with { type: "text" };
import PUBLISH from "./publish.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua } from "./functions.ts";

export const KERNEL_FUNCTIONS = {
  history: lua(HISTORY, ALLOW_OOM),
  historyDrop: lua(HISTORY_DROP, ALLOW_OOM),
  historySize: lua(HISTORY_SIZE, ALLOW_OOM),
  leaseRenew: lua(LEASE_RENEW),
  publish: lua(PUBLISH),
} satisfies Functions;
