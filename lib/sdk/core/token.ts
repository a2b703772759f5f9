/** Where a client gets its token from: it proves to the server who the user is. */
import type { Clock } from "./clock.ts";

/** One token, or a function that gets a new one each time. It throws, or rejects, where there is none. */
export type TokenSource = string | (() => string | PromiseLike<string>);

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
    then(source?.trim());
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
    if (!isText(token)) return fail(`the function gave ${kindOf(token)}, which is no token`);
    if (!isOpen) return;
    end();
    then(token.trim());
  };
  const cancelDeadline = clock.after(
    TOKEN_DEADLINE_MS,
    () => fail(`the function took longer than ${TOKEN_DEADLINE_MS / 1000} seconds`),
  );
  let given: unknown; // programs without types give anything
  try {
    given = source();
  } catch (error) {
    fail(error);
    return end;
  }
  if (isThenable(given)) void Promise.resolve(given).then(take, fail);
  else take(given);
  return end;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

/** What a value is, without the value: it may be a secret all the same. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "string" ? "an empty text" : typeof value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
