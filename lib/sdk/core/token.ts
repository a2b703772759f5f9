/** Where a client gets its token from: it proves to the server who the user is. */

/** One token, or a function that gets a new one each time. */
export type TokenSource = string | (() => string | Promise<string>);

/** Calls `then` at once where there is no need to wait; `failed` where the source throws or rejects. */
export function askToken(
  source: TokenSource | undefined,
  then: (token: string | undefined) => void,
  failed: (reason: string) => void,
): void {
  if (typeof source !== "function") return then(source?.trim());
  const fail = (error: unknown) => failed(`Cannot get a token: ${error}`);
  let token: string | Promise<string>;
  try {
    token = source();
  } catch (error) {
    return fail(error);
  }
  if (typeof token === "string") then(token.trim());
  else token.then((token) => then(token.trim())).catch(fail);
}
