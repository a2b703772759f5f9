/**
 * Reads where Redis is: a URL, or a host that somebody gave with a scheme, as other programs write them. What cannot be
 * taken is refused, and no message shows a part of a password.
 */
import { isIP } from "node:net";

/** Where Redis is, and how the server logs in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket, in place of host and port. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly tls: boolean;
  /** Path of a PEM file with the authority that signed Redis' certificate; absent if it is a known one. */
  readonly tlsCa?: string;
  /** Paths of PEM files with this server's own certificate and its key, for a Redis that asks clients for one. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What a URL says; what it leaves out is `undefined`. */
export interface UrlParts {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  readonly tls: boolean;
}

/** The schemes that programs have for Redis, and whether each means TLS. */
const TCP_SCHEMES: ReadonlyMap<string, boolean> = new Map([
  ["redis:", false],
  ["valkey:", false],
  ["tcp:", false],
  ["rediss:", true],
  ["valkeys:", true],
  ["tls:", true],
  ["ssl:", true],
]);

const SOCKET_SCHEMES: ReadonlySet<string> = new Set([
  "unix:",
  "redis+unix:",
  "redis+socket:",
  "redis-socket:",
]);

/** The parameters that can stand behind a `?`, and what each stands for. */
const PARAMETERS: ReadonlyMap<string, "database" | "username" | "password"> = new Map([
  ["db", "database"],
  ["database", "database"],
  ["username", "username"],
  ["password", "password"],
]);

/** Reads a URL, or the path of a Unix socket; `undefined` where a part of it is not known. */
export function parseRedisUrl(text: string): UrlParts | undefined {
  const url = URL.parse(withHost(text.startsWith("/") ? `unix://${text}` : text));
  if (url === null || url.hash !== "") return undefined;
  const asked = parametersOf(url.searchParams);
  const [username, password] = [decoded(url.username), decoded(url.password)];
  if (asked === undefined || username === undefined || password === undefined) return undefined;
  const login = {
    username: username || asked.username,
    password: password || asked.password,
  };
  if (SOCKET_SCHEMES.has(url.protocol)) {
    const path = decoded(url.pathname);
    const isPath = [NO_HOST, ""].includes(url.host) && path !== undefined && /^\/+[^/]/.test(path);
    return isPath ? { path, ...login, database: asked.database, tls: false } : undefined;
  }
  const tls = TCP_SCHEMES.get(url.protocol);
  const [, inPath] = /^\/?(\d*)$/.exec(url.pathname) ?? [];
  if (tls === undefined || inPath === undefined) return undefined;
  if (inPath !== "" && asked.database !== undefined) return undefined; // which of the two is meant?
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || undefined,
    port: url.port === "" ? undefined : Number(url.port),
    ...login,
    database: inPath === "" ? asked.database : Number(inPath),
    tls,
  };
}

/** Reads a host: a name, an address, the path of a Unix socket, or a host with one of the schemes of URLs. */
export function parseRedisHost(text: string): UrlParts | undefined {
  if (text.startsWith("/") || text.includes("://")) return parseRedisUrl(text);
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) return { host, tls: false };
  return /^[^\s:/?#@[\]\p{Cc}]+$/u.test(text) ? { host: text, tls: false } : undefined;
}

/**
 * A URL or host as messages show it. All that may be a part of a password is hidden: one that was not encoded may contain
 * `:`, `/`, `?`, `#` and `@`, and somebody may have left out the host behind it.
 */
export function shownAddress(text: string): string {
  const [, scheme = "", rest = ""] = /^([\w+-]+:\/\/)?(.*)$/s.exec(text) ?? [];
  const at = rest.lastIndexOf("@");
  const behind = rest.slice(at + 1)
    .replace(/([?#]).*$/s, "$1***")
    .replace(/^([^:/]*|\[[^\]]*\]):(?!\d*(?:[/?#]|$)).*$/s, "$1:***");
  return `${scheme}${at < 0 ? "" : "***@"}${behind}`;
}

/** Where Redis is, in the words of the log: without user and password. */
export function placeOf({ host, port, path }: RedisAddress): string {
  return path ?? `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Stands for a host where there is none: a URL with a user and without a host is none. */
const NO_HOST = "none.invalid";

function withHost(text: string): string {
  return text.replace(
    /^((?:unix|redis[+-](?:unix|socket)):\/\/(?:[^/@?#]*@)?)(?=\/)/,
    (start) => start + NO_HOST,
  );
}

interface Parameters {
  readonly database?: number;
  readonly username?: string;
  readonly password?: string;
}

/** `undefined` where a parameter is not known, or is there twice: it would have no effect, and nobody would be told. */
function parametersOf(query: URLSearchParams): Parameters | undefined {
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    const meant = PARAMETERS.get(name);
    if (meant === undefined || meant in found) return undefined;
    found[meant] = value;
  }
  const { database, ...login } = found;
  if (database === undefined) return login;
  return /^\d+$/.test(database) ? { ...login, database: Number(database) } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
