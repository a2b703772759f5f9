/**
 * The Lua scripts, one atomic step each, as functions of one library in Redis (Redis 7, "Functions"): unlike scripts,
 * Redis keeps them with its data, so that none is forgotten in the middle of a pipeline.
 */
import { createHash } from "node:crypto";
import { nextTick } from "node:process";
import type { Redis } from "ioredis";
import TURN_CLAIM from "../../inbox/store/turn_claim.lua" with { type: "text" };
import BRIDGE_HOLD from "../../ways/turn_hold.lua" with { type: "text" };
import BRIDGE_MARK from "../../ways/turn_mark.lua" with { type: "text" };
import BRIDGE_RELEASE from "../../ways/turn_release.lua" with { type: "text" };
import CALLERS_ID from "../../inbox/store/callers_id.lua" with { type: "text" };
import HISTORY from "./history.lua" with { type: "text" };
import INBOX from "../../inbox/store/inbox.lua" with { type: "text" };
import INBOX_APPEND from "../../inbox/store/inbox_append.lua" with { type: "text" };
import INBOX_ARRIVAL from "../../inbox/store/inbox_arrival.lua" with { type: "text" };
import INBOX_CHANGE from "../../inbox/store/inbox_change.lua" with { type: "text" };
import INBOX_MARK from "../../inbox/store/inbox_mark.lua" with { type: "text" };
import INBOX_READ from "../../inbox/store/inbox_read.lua" with { type: "text" };
import INBOX_TAKEN from "../../inbox/store/inbox_taken.lua" with { type: "text" };
import LEASE_RENEW from "./lease_renew.lua" with { type: "text" };
import PRESENCE from "../../rooms/store/presence.lua" with { type: "text" };
import PRESENCE_GET from "../../rooms/store/presence_get.lua" with { type: "text" };
import PUBLISH from "./publish.lua" with { type: "text" };
import RECEIPTS_BATCH from "../../inbox/store/receipts_batch.lua" with { type: "text" };
import RECEIPTS_HOLD from "../../inbox/store/receipts_hold.lua" with { type: "text" };
import RECEIPTS_REMOVE from "../../inbox/store/receipts_remove.lua" with { type: "text" };
import REVOCATION_ADD from "../../auth/revocations/revocation_add.lua" with { type: "text" };
import REVOCATION_REMOVE from "../../auth/revocations/revocation_remove.lua" with { type: "text" };
import SCHEDULE_ADD from "../../inbox/store/schedule_add.lua" with { type: "text" };
import SCHEDULE_CANCEL from "../../inbox/store/schedule_cancel.lua" with { type: "text" };
import SCHEDULE_DUE from "../../inbox/store/schedule_due.lua" with { type: "text" };
import SCHEDULE_RELEASE from "../../inbox/store/schedule_release.lua" with { type: "text" };
import { unavailable } from "./errors.ts";

const ARRIVAL = CALLERS_ID + INBOX + INBOX_ARRIVAL;

/** Takes no memory worth the name, so it goes on where Redis is full. */
const ALLOW_OOM = "allow-oom";

export const SCRIPTS = {
  bridgeHold: script(BRIDGE_HOLD),
  bridgeMark: script(BRIDGE_MARK),
  bridgeRelease: script(BRIDGE_RELEASE, ALLOW_OOM),
  history: script(HISTORY, ALLOW_OOM),
  inboxAppend: script(ARRIVAL + TURN_CLAIM + INBOX_APPEND),
  inboxChange: script(INBOX + INBOX_MARK + INBOX_CHANGE),
  inboxDelete: script(INBOX + INBOX_MARK + INBOX_CHANGE, ALLOW_OOM),
  inboxRead: script(INBOX + INBOX_READ, ALLOW_OOM),
  inboxTaken: script(INBOX + INBOX_MARK + INBOX_TAKEN),
  leaseRenew: script(LEASE_RENEW),
  presence: script(PRESENCE),
  presenceGet: script(PRESENCE_GET, ALLOW_OOM),
  publish: script(PUBLISH),
  receiptsBatch: script(RECEIPTS_BATCH),
  receiptsHold: script(RECEIPTS_HOLD),
  receiptsRemove: script(RECEIPTS_REMOVE, ALLOW_OOM),
  revocationAdd: script(REVOCATION_ADD, ALLOW_OOM),
  revocationRemove: script(REVOCATION_REMOVE, ALLOW_OOM),
  scheduleAdd: script(ARRIVAL + TURN_CLAIM + SCHEDULE_ADD),
  scheduleCancel: script(CALLERS_ID + SCHEDULE_CANCEL, ALLOW_OOM),
  scheduleDue: script(SCHEDULE_DUE, ALLOW_OOM),
  scheduleRelease: script(ARRIVAL + SCHEDULE_RELEASE),
} as const;

interface Script {
  /** Among these scripts. */
  readonly name: string;
  readonly lua: string;
  readonly flags: readonly string[];
}

/** Runs a script, in the order of the calls, also where Redis does not have it yet. Rejects with `unavailable`. */
export function run(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  return runnerOf(redis).run(
    () => redis.fcall(functionOf(script), keys.length, ...keys, ...args),
  );
}

/**
 * Has `send` called at the end of this turn of the event loop, or before the next call of a script if that is sooner: what
 * is put together keeps its place in the order of the calls. It waits for no timer.
 */
export function runSoon(redis: Redis, send: () => void): void {
  runnerOf(redis).soon(send);
}

/** Makes all scripts known. */
export async function loadScripts(redis: Redis): Promise<void> {
  await redis.function("LOAD", LIBRARY).catch((error) => {
    if (!/Library .* already exists/.test(String(error))) throw error;
  });
}

/**
 * Of this very text. Nodes of several versions may share one Redis, where no two libraries may have a function of the
 * same name: so each function is named after its library, too.
 */
const LIBRARY_NAME = `notifyli_${digest(Object.values(SCRIPTS).map(({ name }) => name).join())}`;

const LIBRARY = libraryOf(Object.values(SCRIPTS));

const RUNNERS = new WeakMap<Redis, Runner>();

function runnerOf(redis: Redis): Runner {
  let runner = RUNNERS.get(redis);
  if (runner === undefined) RUNNERS.set(redis, runner = new Runner(redis));
  return runner;
}

/** A call that waits until the scripts are known again. */
interface Waiting {
  readonly number: number;
  start(): void;
  refuse(error: unknown): void;
}

class Runner {
  readonly #redis: Redis;
  #count = 0;
  #inFlight = 0;
  /** Calls that Redis did not know the script of, and those that came after them; `undefined` while all is well. */
  #waiting: Waiting[] | undefined;
  #isLoading = false;
  /** What is to be sent at the end of this turn. */
  #soon: (() => void)[] = [];

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  soon(send: () => void): void {
    if (this.#soon.push(send) === 1) nextTick(() => this.#sendSoon());
  }

  run(call: () => Promise<unknown>): Promise<unknown> {
    this.#sendSoon();
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      const refuse = (error: unknown) => reject(unavailable(error));
      const start = () => {
        this.#inFlight++;
        call().then(resolve, (error) => {
          if (isUnknownScript(error)) this.#wait({ number, start, refuse });
          else refuse(error);
        }).finally(() => {
          this.#inFlight--;
          this.#goOn();
        });
      };
      if (this.#waiting === undefined) start();
      else this.#waiting.push({ number, start, refuse });
    });
  }

  #sendSoon(): void {
    const sends = this.#soon;
    if (sends.length === 0) return;
    this.#soon = [];
    for (const send of sends) send();
  }

  #wait(call: Waiting): void {
    this.#waiting ??= [];
    this.#waiting.push(call);
    if (this.#isLoading) return;
    this.#isLoading = true;
    loadScripts(this.#redis).catch((error) => this.#refuse(error)).finally(() => {
      this.#isLoading = false;
      this.#goOn();
    });
  }

  /** Redis does not take the scripts. */
  #refuse(error: unknown): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { refuse } of waiting) refuse(error);
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
  return error instanceof Error && error.message.includes("Function not found");
}

function script(lua: string, ...flags: string[]): Script {
  return { name: digest(lua + flags), lua, flags };
}

function functionOf({ name }: Script): string {
  return `${LIBRARY_NAME}_${name}`;
}

function libraryOf(scripts: readonly Script[]): string {
  const functions = scripts.map((script) =>
    `redis.register_function{ function_name = '${functionOf(script)}',` +
    ` callback = function(KEYS, ARGV)\n${script.lua}\nend,` +
    ` flags = { ${script.flags.map((flag) => `'${flag}'`).join(", ")} } }`
  ).join("\n");
  return `#!lua name=${LIBRARY_NAME}\n${functions}\n`;
}

function digest(text: string): string {
  return createHash("sha1").update(text).digest("hex").slice(0, 16);
}
