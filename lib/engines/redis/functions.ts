/** How the kernel and each capability bring their Lua: as a list of functions, one atomic step each. */

/** One function, without a name of its own: `library.ts` names it after its text. */
export interface LuaFunction {
  readonly lua: string;
  readonly flags: readonly string[];
}

/** What one part brings, by the names it calls them by. */
export type Functions = Readonly<Record<string, LuaFunction>>;

/** Runs a function. Rejects with `unavailable`. */
export type Call = (
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** The same list, to be called. */
export type Calls<List extends Functions> = { readonly [Name in keyof List]: Call };

/** A function that takes no memory worth the name, so it goes on where Redis is full. */
export const ALLOW_OOM = "allow-oom";

/** @param text of the function's body; parts that functions share are put before it */
export function lua(text: string, ...flags: readonly string[]): LuaFunction {
  return { lua: text, flags };
}
