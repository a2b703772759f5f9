/** The Lua scripts, one atomic step each, as typed functions. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import TURN_CLAIM from "./lua/turn_claim.lua" with { type: "text" };
import BRIDGE_HOLD from "./lua/bridge_hold.lua" with { type: "text" };
import BRIDGE_MARK from "./lua/bridge_mark.lua" with { type: "text" };
import BRIDGE_RELEASE from "./lua/bridge_release.lua" with { type: "text" };
import CALLERS_ID from "./lua/callers_id.lua" with { type: "text" };
import HISTORY from "./lua/history.lua" with { type: "text" };
import INBOX from "./lua/inbox.lua" with { type: "text" };
import INBOX_APPEND from "./lua/inbox_append.lua" with { type: "text" };
import INBOX_ARRIVAL from "./lua/inbox_arrival.lua" with { type: "text" };
import INBOX_MARK from "./lua/inbox_mark.lua" with { type: "text" };
import INBOX_READ from "./lua/inbox_read.lua" with { type: "text" };
import LEASE_RENEW from "./lua/lease_renew.lua" with { type: "text" };
import PRESENCE from "./lua/presence.lua" with { type: "text" };
import PUBLISH from "./lua/publish.lua" with { type: "text" };
import RECEIPTS_BATCH from "./lua/receipts_batch.lua" with { type: "text" };
import RECEIPTS_HOLD from "./lua/receipts_hold.lua" with { type: "text" };
import RECEIPTS_REMOVE from "./lua/receipts_remove.lua" with { type: "text" };
import SCHEDULE_ADD from "./lua/schedule_add.lua" with { type: "text" };
import SCHEDULE_CANCEL from "./lua/schedule_cancel.lua" with { type: "text" };
import SCHEDULE_DUE from "./lua/schedule_due.lua" with { type: "text" };
import SCHEDULE_RELEASE from "./lua/schedule_release.lua" with { type: "text" };
import { unavailable } from "./redis_client.ts";

const ARRIVAL = CALLERS_ID + INBOX + INBOX_ARRIVAL;

export const SCRIPTS = {
  bridgeHold: script(BRIDGE_HOLD),
  bridgeMark: script(BRIDGE_MARK),
  bridgeRelease: script(BRIDGE_RELEASE),
  history: script(HISTORY),
  inboxAppend: script(ARRIVAL + TURN_CLAIM + INBOX_APPEND),
  inboxMark: script(INBOX + INBOX_MARK),
  inboxRead: script(INBOX + INBOX_READ),
  leaseRenew: script(LEASE_RENEW),
  presence: script(PRESENCE),
  publish: script(PUBLISH),
  receiptsBatch: script(RECEIPTS_BATCH),
  receiptsHold: script(RECEIPTS_HOLD),
  receiptsRemove: script(RECEIPTS_REMOVE),
  scheduleAdd: script(ARRIVAL + TURN_CLAIM + SCHEDULE_ADD),
  scheduleCancel: script(CALLERS_ID + SCHEDULE_CANCEL),
  scheduleDue: script(SCHEDULE_DUE),
  scheduleRelease: script(ARRIVAL + SCHEDULE_RELEASE),
} as const;

interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * Runs a script by its hash, in the order of the calls, also where Redis has forgotten its scripts meanwhile. Rejects with
 * `unavailable`.
 */
export function run(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  let runner = RUNNERS.get(redis);
  if (runner === undefined) RUNNERS.set(redis, runner = new Runner(redis));
  return runner.run(() => redis.evalsha(script.sha, keys.length, ...keys, ...args));
}

const RUNNERS = new WeakMap<Redis, Runner>();

/** A call that waits until the scripts are known again. */
interface Waiting {
  readonly number: number;
  start(): void;
}

class Runner {
  readonly #redis: Redis;
  #count = 0;
  #inFlight = 0;
  /** Calls that Redis did not know the script of, and those that came after them; `undefined` while all is well. */
  #waiting: Waiting[] | undefined;
  #isLoading = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  run(call: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      const start = () => {
        this.#inFlight++;
        call().then(resolve, (error) => {
          if (isUnknownScript(error)) this.#wait({ number, start });
          else reject(unavailable(error));
        }).finally(() => {
          this.#inFlight--;
          this.#goOn();
        });
      };
      if (this.#waiting === undefined) start();
      else this.#waiting.push({ number, start });
    });
  }

  #wait(call: Waiting): void {
    this.#waiting ??= [];
    this.#waiting.push(call);
    if (this.#isLoading) return;
    this.#isLoading = true;
    loadScripts(this.#redis).catch(() => {}).finally(() => {
      this.#isLoading = false;
      this.#goOn();
    });
  }

  /** Once nothing is under way any more: all that waits, in the order of the calls. */
  #goOn(): void {
    if (this.#waiting === undefined || this.#isLoading || this.#inFlight > 0) return;
    const waiting = this.#waiting.sort((one, other) => one.number - other.number);
    this.#waiting = undefined;
    for (const { start } of waiting) start();
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

function script(lua: string): Script {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/** Makes all scripts known. */
export async function loadScripts(redis: Redis): Promise<void> {
  await Promise.all(Object.values(SCRIPTS).map(({ lua }) => redis.script("LOAD", lua)));
}
