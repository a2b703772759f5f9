/**
 * All Lua functions as one library in Redis (Redis 7, "Functions"). Unlike scripts, Redis keeps functions with its data,
 * so it forgets none in the middle of a pipeline. If it lost them all the same, they are loaded anew, and the calls keep
 * their order.
 */
import { createHash } from "node:crypto";
import { nextTick } from "node:process";
import type { Redis } from "ioredis";
import { reasonOf } from "../../base/reason.ts";
import { tracer } from "../../base/tracing.ts";
import { unavailable, unconfirmed } from "./errors.ts";
import type { Calls, FunctionCall, Functions, LuaFunction } from "./functions.ts";
import type { KeyTypes } from "./key_types.ts";

/** A call that waits until Redis knows the functions again. */
interface WaitingCall {
  readonly number: number;
  start(): void;
  refuse(error: unknown): void;
}

export class FunctionLibrary {
  readonly #redis: Redis;
  readonly #types: KeyTypes;
  readonly #text: string;
  /** The names of the functions in Redis. */
  readonly #names: ReadonlyMap<LuaFunction, string>;
  #count = 0;
  #inFlight = 0;
  /** Calls that Redis answered with "unknown function", and all later ones; `undefined` while there are none. */
  #waiting: WaitingCall[] | undefined;
  #isLoading = false;
  /** What {@linkcode FunctionLibrary.soon} has to call at the end of this turn. */
  #soon: (() => void)[] = [];

  /**
   * @param lists of the kernel and of all capabilities that call functions on this connection
   * @param types says which key of a call is of another type than it has to be
   */
  constructor(redis: Redis, lists: readonly Functions[], types: KeyTypes) {
    this.#redis = redis;
    this.#types = types;
    const functions = lists.flatMap((list) => Object.values(list));
    const library = libraryName(functions);
    this.#names = new Map(functions.map((each) => [each, `${library}_${digest(each)}`]));
    this.#text = libraryText(library, this.#names);
  }

  /** The functions of one of the lists. Redis runs them in the order in which they are called. */
  calls<List extends Functions>(list: List): Calls<List> {
    const calls = Object.entries(list).map(([name, each]) => [name, this.#callOf(name, each)]);
    return Object.fromEntries(calls) as Calls<List>;
  }

  /** Loads all functions into Redis, unless they are there. */
  async load(): Promise<void> {
    await this.#redis.function("LOAD", this.#text).catch((error) => {
      if (!/Library .* already exists/.test(String(error))) throw error;
    });
  }

  /**
   * Calls `send` at the end of this turn of the event loop, or before the next call of a function if that is sooner, so
   * that what is put together keeps its place in the order of the calls.
   */
  soon(send: () => void): void {
    if (this.#soon.push(send) === 1) nextTick(() => this.#sendSoon());
  }

  #callOf(name: string, given: LuaFunction): FunctionCall {
    const nameInRedis = this.#names.get(given);
    if (nameInRedis === undefined) {
      throw new TypeError(`Cannot call ${name}: the engine was opened without it`);
    }
    const errorOf = given.isQuestion ? unavailable : unconfirmed;
    const call: FunctionCall = (keys, args) =>
      this.#run(
        () => this.#redis.fcall(nameInRedis, keys.length, ...keys, ...args),
        async (cause) => errorOf(await this.named(cause, keys)),
      );
    const attributes = { "db.system.name": "redis", "db.stored_procedure.name": name };
    return (keys, args) =>
      tracer === undefined
        ? call(keys, args)
        : tracer.run("store", { kind: "client", attributes }, () => call(keys, args));
  }

  /** The error of a call with these keys; where one of them is of another type, it says which. */
  async named(error: unknown, keys: readonly string[]): Promise<unknown> {
    if (!reasonOf(error).includes("WRONGTYPE")) return error;
    const [flaw] = (await this.#types.flawsOf(keys)).values();
    return flaw === undefined ? error : new Error(`WRONGTYPE, ${flaw}`, { cause: error });
  }

  /** @param errorOf what the caller is told where Redis rejects the call */
  #run(
    call: () => Promise<unknown>,
    errorOf: (cause: unknown) => Promise<Error>,
  ): Promise<unknown> {
    this.#sendSoon();
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      const refuse = (error: unknown) => reject(unavailable(error)); // it has not run, since Redis knows no such function
      const start = () => {
        this.#inFlight++;
        call().then(resolve, (error) => {
          if (isUnknownFunction(error)) this.#wait({ number, start, refuse });
          else void errorOf(error).then(reject);
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

  #wait(call: WaitingCall): void {
    this.#waiting ??= [];
    this.#waiting.push(call);
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.load().catch((error) => this.#refuse(error)).finally(() => {
      this.#isLoading = false;
      this.#goOn();
    });
  }

  /** Refuses all calls that wait, since Redis does not take the functions. */
  #refuse(error: unknown): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { refuse } of waiting) refuse(error);
  }

  /** Starts all calls that wait, in their order, once no other is under way. */
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
 * A name that is these functions' alone. Nodes of several versions may share one Redis, where no two libraries may have a
 * function of the same name; so the name of each function begins with its library's.
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
