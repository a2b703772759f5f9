/**
 * All Lua functions as one library in Redis (Redis 7, "Functions"): unlike scripts, Redis keeps them with its data, so
 * that none is forgotten in the middle of a pipeline. Where Redis lost them all the same, they are loaded anew, and the
 * calls keep their order.
 */
import { createHash } from "node:crypto";
import { nextTick } from "node:process";
import type { Redis } from "ioredis";
import { unavailable } from "./errors.ts";
import type { Call, Calls, Functions, LuaFunction } from "./functions.ts";

/** A call that waits until the functions are known again. */
interface Waiting {
  readonly number: number;
  start(): void;
  refuse(error: unknown): void;
}

export class FunctionLibrary {
  readonly #redis: Redis;
  readonly #text: string;
  /** Names in Redis. */
  readonly #names: ReadonlyMap<LuaFunction, string>;
  #count = 0;
  #inFlight = 0;
  /** Calls of functions that Redis did not know, and those that came after them; `undefined` while all is well. */
  #waiting: Waiting[] | undefined;
  #isLoading = false;
  /** What is to be sent at the end of this turn. */
  #soon: (() => void)[] = [];

  /** @param lists of all parts that call functions on this connection */
  constructor(redis: Redis, lists: readonly Functions[]) {
    this.#redis = redis;
    const functions = lists.flatMap((list) => Object.values(list));
    const library = libraryName(functions);
    this.#names = new Map(functions.map((each) => [each, `${library}_${digest(each)}`]));
    this.#text = libraryText(library, this.#names);
  }

  /** The functions of one of the lists, to be called in the order in which Redis is to run them. */
  calls<List extends Functions>(list: List): Calls<List> {
    const calls = Object.entries(list).map(([name, each]) => [name, this.#callOf(name, each)]);
    return Object.fromEntries(calls) as Calls<List>;
  }

  /** Makes all functions known to Redis. */
  async load(): Promise<void> {
    await this.#redis.function("LOAD", this.#text).catch((error) => {
      if (!/Library .* already exists/.test(String(error))) throw error;
    });
  }

  /**
   * Has `send` called at the end of this turn of the event loop, or before the next call of a function if that is sooner:
   * what is put together keeps its place in the order of the calls. It waits for no timer.
   */
  soon(send: () => void): void {
    if (this.#soon.push(send) === 1) nextTick(() => this.#sendSoon());
  }

  #callOf(name: string, given: LuaFunction): Call {
    const nameInRedis = this.#names.get(given);
    if (nameInRedis === undefined) {
      throw new TypeError(`Cannot call ${name}: the engine was opened without it`);
    }
    return (keys, args) =>
      this.#run(() => this.#redis.fcall(nameInRedis, keys.length, ...keys, ...args));
  }

  #run(call: () => Promise<unknown>): Promise<unknown> {
    this.#sendSoon();
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      const refuse = (error: unknown) => reject(unavailable(error));
      const start = () => {
        this.#inFlight++;
        call().then(resolve, (error) => {
          if (isUnknownFunction(error)) this.#wait({ number, start, refuse });
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
    this.load().catch((error) => this.#refuse(error)).finally(() => {
      this.#isLoading = false;
      this.#goOn();
    });
  }

  /** Redis does not take the functions. */
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

function isUnknownFunction(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Function not found");
}

/**
 * Of these very functions. Nodes of several versions may share one Redis, where no two libraries may have a function of
 * the same name: so each function is named after its library, too.
 */
function libraryName(functions: readonly LuaFunction[]): string {
  return `notifyli_${sha1([...new Set(functions.map(digest))].sort().join())}`;
}

function libraryText(library: string, names: ReadonlyMap<LuaFunction, string>): string {
  const texts = [...names].map(([{ lua, flags }, name]) =>
    `redis.register_function{ function_name = '${name}',` +
    ` callback = function(KEYS, ARGV)\n${lua}\nend,` +
    ` flags = { ${flags.map((flag) => `'${flag}'`).join(", ")} } }`
  );
  return `#!lua name=${library}\n${[...new Set(texts)].join("\n")}\n`;
}

function digest({ lua, flags }: LuaFunction): string {
  return sha1(lua + flags.join());
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex").slice(0, 16);
}
