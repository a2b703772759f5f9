/** The Lua scripts, one atomic step each, as typed functions. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import BRIDGE_HOLD from "./lua/bridge_hold.lua" with { type: "text" };
import BRIDGE_MARK from "./lua/bridge_mark.lua" with { type: "text" };
import BRIDGE_RELEASE from "./lua/bridge_release.lua" with { type: "text" };
import HISTORY from "./lua/history.lua" with { type: "text" };
import INBOX from "./lua/inbox.lua" with { type: "text" };
import INBOX_APPEND from "./lua/inbox_append.lua" with { type: "text" };
import INBOX_MARK from "./lua/inbox_mark.lua" with { type: "text" };
import INBOX_READ from "./lua/inbox_read.lua" with { type: "text" };
import LEASE_RENEW from "./lua/lease_renew.lua" with { type: "text" };
import PRESENCE from "./lua/presence.lua" with { type: "text" };
import PUBLISH from "./lua/publish.lua" with { type: "text" };
import { unavailable } from "./redis_client.ts";

export const SCRIPTS = {
  bridgeHold: script(BRIDGE_HOLD),
  bridgeMark: script(BRIDGE_MARK),
  bridgeRelease: script(BRIDGE_RELEASE),
  history: script(HISTORY),
  inboxAppend: script(INBOX + INBOX_APPEND),
  inboxMark: script(INBOX + INBOX_MARK),
  inboxRead: script(INBOX + INBOX_READ),
  leaseRenew: script(LEASE_RENEW),
  presence: script(PRESENCE),
  publish: script(PUBLISH),
} as const;

interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** Runs a script by its hash; a Redis that does not know it yet gets its text. Rejects with `unavailable`. */
export async function run(
  redis: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw unavailable(error);
  }
  return await redis.eval(lua, keys.length, ...keys, ...args).catch((error) => {
    throw unavailable(error);
  });
}

function script(lua: string): Script {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/** Makes all scripts known, so that none is sent twice and a later call never overtakes an earlier one. */
export async function loadScripts(redis: Redis): Promise<void> {
  await Promise.all(Object.values(SCRIPTS).map(({ lua }) => redis.script("LOAD", lua)));
}
