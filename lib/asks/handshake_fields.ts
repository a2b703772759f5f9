/**
 * What a handshake shows of the headers and cookies that an asker wants to see. Browsers send cookies for pages of other
 * sites, too, which could come in as the user by that: a cookie counts only where the server's own page asks. A header
 * counts for programs as well, since a proxy in front may have made it of a cookie.
 */
import { CodedError } from "../base/errors.ts";
import { isOwnPage } from "../net/origin.ts";

/** What is passed on of a handshake. */
export interface HandshakeNames {
  /** In small letters. */
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
}

interface Shown {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
}

/** Most characters of the values together. */
const MAX_LENGTH = 8192;

/** What the handshake shows; `undefined` where it shows nothing of that. Throws `too_long`. */
export function shownAtHandshake(request: Request, names: HandshakeNames): Shown | undefined {
  const isOwn = isOwnPage(request);
  const headers = isOwn || !isOfPage(request) ? headersOf(request, names.headers) : {};
  const cookies = isOwn ? cookiesOf(request, names.cookies) : {};
  const values = [...Object.values(headers), ...Object.values(cookies)];
  if (values.length === 0) return undefined;
  requireShort(values);
  return {
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(Object.keys(cookies).length > 0 ? { cookies } : {}),
  };
}

/** Whether a browser sends the request for some page. */
function isOfPage({ headers }: Request): boolean {
  return headers.has("origin") || headers.has("sec-fetch-site");
}

function headersOf({ headers }: Request, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = headers.get(name);
    return value === null || value === "" ? [] : [[name, value]];
  }));
}

/** The first cookie of each name, as browsers send first the one that is meant for this path. */
function cookiesOf({ headers }: Request, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const each of headers.get("cookie")?.split(";") ?? []) {
    const [name = "", ...rest] = each.split("=");
    const [key, value] = [name.trim(), rest.join("=").trim()];
    if (value !== "" && names.includes(key) && !Object.hasOwn(found, key)) found[key] = value;
  }
  return found;
}

function requireShort(values: readonly string[]): void {
  const length = values.reduce((sum, value) => sum + value.length, 0);
  if (length <= MAX_LENGTH) return;
  throw new CodedError(
    "too_long",
    "The headers and cookies that say who this is are too long: current length is " +
      `${length}, the limit is ${MAX_LENGTH}`,
  );
}
