/** Where a client gets its token from: it proves to the server who the user is. */
import type { Clock } from "./clock.ts";

/** One token, or a function that gets a new one each time. It throws, or rejects, where there is none. */
export type TokenSource = string | (() => string | PromiseLike<string>);

/** What can go up in a header or as a subprotocol; errors of what cannot would show the token. */
const SENDABLE = /^[\x21-\x7e]+$/;

/** How long a token may take. */
const TOKEN_DEADLINE_MS = 15_000;

interface TokenEvents {
  /** @param token `undefined` where there is no source */
  then(token: string | undefined): void;
  /** The source threw, rejected, took too long, or gave no token. */
  failed(reason: string): void;
}

/**
 * Asks for a token, and tells one of the two events, once; at once where there is no need to wait.
 *
 * @returns ends the question, so that nothing is told any more
 */
export function askToken(
  source: TokenSource | undefined,
  clock: Clock,
  { then, failed }: TokenEvents,
): () => void {
  if (typeof source !== "function") {
    const token = source?.trim();
    if (token && !SENDABLE.test(token)) failed(`Cannot get a token: it is ${kindOf(token)}`);
    else then(token);
    return () => {};
  }
  let isOpen = true;
  const end = () => {
    isOpen = false;
    cancelDeadline();
  };
  const fail = (reason: unknown) => {
    if (!isOpen) return;
    end();
    failed(`Cannot get a token: ${reason}`);
  };
  const take = (token: unknown) => {
    const text = typeof token === "string" ? token.trim() : "";
    if (!SENDABLE.test(text)) return fail(`the function gave ${kindOf(token)}, which is no token`);
    if (!isOpen) return;
    end();
    then(text);
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
