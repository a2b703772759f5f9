/** The kernel and each capability bring their Lua as a list of functions, each of which is one atomic step. */

/** One function. It has no name of its own: `library.ts` names it after its text. */
export interface LuaFunction {
  readonly lua: string;
  readonly flags: readonly string[];
  /** Whether it only answers a question: where its answer is lost, nothing was to be accepted. */
  readonly isQuestion?: boolean;
}

/** The functions of the kernel or of one capability, by the names that it calls them by. */
export type Functions = Readonly<Record<string, LuaFunction>>;

/** Runs a function in Redis. Rejects with `unavailable`, or with `unconfirmed` where a change may have been made. */
export type FunctionCall = (
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A list of functions in a form that can be called. */
export type Calls<List extends Functions> = { readonly [Name in keyof List]: FunctionCall };

/** The flag of a function that takes hardly any memory, and so may run when Redis is full. */
export const ALLOW_OOM = "allow-oom";

/** The flag of a function that writes nothing, and so may run whatever Redis refuses to write. */
export const NO_WRITES = "no-writes";

/** @param text of the function's body; callers put code that functions share before it */
export function lua(text: string, ...flags: readonly string[]): LuaFunction {
  return { lua: text, flags };
}

/** A function that only answers a question. */
export function question(text: string, ...flags: readonly string[]): LuaFunction {
  return { ...lua(text, ...flags), isQuestion: true };
}
