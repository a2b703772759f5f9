/** The origins of web pages and apps as settings name them, and whether the origin in a request is one of them. */

/** The URL schemes of web pages. Browsers never send an origin with one of the other special schemes. */
const PAGE = /^(https?:\/\/)(\*\.(?=[^.:/]))?([^*]+)$/i;
const NO_PAGE = /^(ws|wss|ftp|https?):/i;

/** An app's scheme, and maybe its host: `capacitor://localhost`, `tauri://localhost`, `file://`. */
const APP = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@\\*,]*$/i;

/**
 * The form that browsers send of `https://shop.example`, of an app's `capacitor://localhost` and of `null`, and the form of
 * patterns: `https://*.shop.example` for sub-domains, `capacitor://` for all of a scheme, `*` for any. `undefined` if the
 * text is none of these.
 */
export function parseOriginPattern(text: string): string | undefined {
  if (text === "*" || text === "null") return text;
  const [, scheme, wildcard, name] = PAGE.exec(text) ?? [];
  if (scheme === undefined) {
    return APP.test(text) && !NO_PAGE.test(text) ? text.toLowerCase() : undefined;
  }
  const url = URL.parse(scheme + (wildcard === undefined ? "" : "x.") + name);
  if (url === null || url.href !== `${url.origin}/` || /^\.|\.\.|^$/.test(url.hostname)) {
    return undefined;
  }
  return wildcard === undefined ? url.origin : `${url.protocol}//*.${url.host.slice("x.".length)}`;
}

/** Whether an origin, as a browser sends it, is one of those that are allowed. Only `*` and `null` allow `null`. */
export function isListedOrigin(origin: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern === "*" || pattern === origin || matches(origin, pattern)
  );
}

function matches(origin: string, pattern: string): boolean {
  if (pattern.endsWith("://")) return origin.startsWith(pattern) && APP.test(origin);
  const [before = "", after] = pattern.split("*");
  return after !== undefined && origin.length > before.length + after.length &&
    origin.startsWith(before) && origin.endsWith(after) &&
    URL.parse(origin)?.origin === origin; // what is no origin, such as one with a path, ends in a name only by chance
}
