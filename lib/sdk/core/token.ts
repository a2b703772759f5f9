/** Where a client gets from what proves to the server who the user is: a token, or credentials. */
import type { Clock } from "./clock.ts";
import type { JsonObject } from "./frames.ts";

/** One token, or a function that gets a new one each time. It throws, or rejects, where there is none. */
export type TokenSource = string | (() => string | PromiseLike<string>);

/** What an application knows the user by, or a function that gets it each time: any JSON object. */
export type CredentialsSource = JsonObject | (() => JsonObject | PromiseLike<JsonObject>);

/** What can go up in a header or as a subprotocol; errors of what cannot would show the token. */
const SENDABLE = /^[\x21-\x7e]+$/;

/** How long a token may take. */
const TOKEN_DEADLINE_MS = 15_000;

interface AskEvents<Value> {
  /** @param value `undefined` where there is no source */
  then(value: Value | undefined): void;
  /** The source threw, rejected, took too long, or gave none. */
  failed(reason: string): void;
}

/** What is asked for. */
interface Wanted<Value> {
  /** As messages name it. */
  readonly what: string;
  /** What it has to be. */
  readonly noun: string;
  /** Reads what a function gave; `undefined` where that is none. */
  read(given: unknown): Value | undefined;
  /** What a function gave in place of it. */
  kindOf(given: unknown): string;
}

const TOKEN: Wanted<string> = {
  what: "a token",
  noun: "token",
  read(given) {
    const text = typeof given === "string" ? given.trim() : "";
    return SENDABLE.test(text) ? text : undefined;
  },
  kindOf,
};

const CREDENTIALS: Wanted<JsonObject> = {
  what: "credentials",
  noun: "JSON object",
  read: (given) => isObject(given) ? given : undefined,
  kindOf: (given) => Array.isArray(given) ? "a list" : given === null ? "null" : typeof given,
};

/**
 * Asks for a token, and tells one of the two events, once; at once where there is no need to wait.
 *
 * @returns ends the question, so that nothing is told any more
 */
export function askToken(
  source: TokenSource | undefined,
  clock: Clock,
  events: AskEvents<string>,
): () => void {
  if (typeof source === "function") return ask(source, clock, TOKEN, events);
  const token = source?.trim();
  if (token && !SENDABLE.test(token)) events.failed(`Cannot get a token: it is ${kindOf(token)}`);
  else events.then(token);
  return () => {};
}

/** As {@linkcode askToken}, for credentials. */
export function askCredentials(
  source: CredentialsSource | undefined,
  clock: Clock,
  events: AskEvents<JsonObject>,
): () => void {
  if (typeof source === "function") return ask(source as () => unknown, clock, CREDENTIALS, events);
  events.then(source);
  return () => {};
}

function ask<Value>(
  source: () => unknown,
  clock: Clock,
  { what, noun, read, kindOf }: Wanted<Value>,
  { then, failed }: AskEvents<Value>,
): () => void {
  let isOpen = true;
  const end = () => {
    isOpen = false;
    cancelDeadline();
  };
  const fail = (reason: unknown) => {
    if (!isOpen) return;
    end();
    failed(`Cannot get ${what}: ${reason}`);
  };
  const take = (given: unknown) => {
    const value = read(given);
    if (value === undefined) return fail(`the function gave ${kindOf(given)}, which is no ${noun}`);
    if (!isOpen) return;
    end();
    then(value);
  };
  const cancelDeadline = clock.after(
    TOKEN_DEADLINE_MS,
    () => fail(`the function took longer than ${TOKEN_DEADLINE_MS / 1000} seconds`),
  );
  let answer: unknown; // programs without types give anything
  try {
    const given: unknown = source();
    answer = isThenable(given) ? Promise.resolve(given) : given;
  } catch (error) {
    fail(error);
    return end;
  }
  if (answer instanceof Promise) void answer.then(take, fail);
  else take(answer);
  return end;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, without the value: it may be a secret all the same. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "string") return typeof value;
  return value.trim() === "" ? "an empty text" : "a text with spaces or other than ASCII";
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
