/** The Lua of the kernel, for channels with a history, for the leases of nodes, and for the incarnations of Redis. */
import EPOCH from "./epoch.lua" with { type: "text" };
import HISTORY from "./history.lua" with { type: "text" };
import HISTORY_DROP from "./history_drop.lua" with { type: "text" };
import HISTORY_SIZE from "./history_size.lua" with { type: "text" };
import HISTORY_UNSAY from "./history_unsay.lua" with { type: "text" };
import INCARNATION_ENTER from "./incarnation_enter.lua" with { type: "text" };
import LEASE_RENEW from "./lease_renew.lua" with { type: "text" };
import LOG from "./log.lua" with { type: "text" };
import PASS from "./pass.lua" with { type: "text" };
import PUBLISH from "./publish.lua" with { type: "text" };
import RIGHTS from "./rights.lua" with { type: "text" };
import CLAIM from "./turn_claim.lua" with { type: "text" };
import ENTRY from "./turn_entry.lua" with { type: "text" };
import RUN from "./turn_run.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua, NO_WRITES, question } from "./functions.ts";

/** Stands before the text of functions that give places. */
export const EPOCHS = EPOCH;

/** Stands before the text of functions that one node at a time may call, whose turn it is. */
export const TURN_CLAIM = CLAIM;

export const KERNEL_FUNCTIONS = {
  enter: lua(EPOCHS + INCARNATION_ENTER, ALLOW_OOM),
  history: question(EPOCHS + HISTORY, ALLOW_OOM),
  historyDrop: lua(HISTORY_DROP, ALLOW_OOM),
  historyUnsay: lua(HISTORY_UNSAY, ALLOW_OOM),
  historySize: question(HISTORY_SIZE, ALLOW_OOM),
  leaseRenew: lua(LEASE_RENEW),
  log: lua(LOG),
  publish: lua(EPOCHS + PUBLISH),
  publishInTurn: lua(running(EPOCHS + PUBLISH) + RUN),
  publishEntry: lua(running(EPOCHS + PUBLISH) + ENTRY),
  passInTurn: lua(running(PASS) + RUN),
  passEntry: lua(running(PASS) + ENTRY),
  rights: question(RIGHTS, NO_WRITES),
} satisfies Functions;

/** The text of a function for one that runs it where a node has the turn. */
function running(text: string): string {
  return `${TURN_CLAIM}\nlocal function run()\n${text}\nend\n`;
}
