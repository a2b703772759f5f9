/** Reads where mails go through, and from whom they are, as settings give it. */
import { isIP } from "node:net";

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  /** `starttls` begins without TLS and demands it; `none` is for a server on this machine or behind a wall. */
  readonly tls: "implicit" | "starttls" | "none";
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface Sender {
  readonly name: string | undefined;
  readonly address: string;
}

const PORTS = { implicit: 465, starttls: 587, none: 25 } as const;

/** `undefined` if the text is no URL of a mail server. */
export function parseSmtpUrl(text: string): SmtpAddress | undefined {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return undefined;
  if (url.hash !== "" || !/^\/?$/.test(url.pathname) || !/^(\?tls=off)?$/.test(url.search)) {
    return undefined;
  }
  const isOff = url.search !== "";
  if (isOff && url.protocol === "smtps:") return undefined;
  const tls = url.protocol === "smtps:" ? "implicit" : isOff ? "none" : "starttls";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const login = loginOf(url);
  if (login === null || login !== undefined && tls === "none" && !isHere(host)) return undefined;
  return { host, port: Number(url.port) || PORTS[tls], tls, login };
}

/** `undefined` where there is none, `null` where it cannot be read. */
function loginOf({ username, password }: URL): SmtpAddress["login"] | null {
  if (username === "" && password === "") return undefined;
  if (username === "" || password === "") return null;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return null;
  }
}

/** Whether a password that is sent without TLS stays on this machine. */
function isHere(host: string): boolean {
  return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
}

/** `undefined` if the text is no sender. */
export function parseSender(text: string): Sender | undefined {
  const [, name = "", inner] = /^"?([^<>"]*?)"?\s*<([^<>]+)>$/.exec(text) ?? [];
  const address = parseMailAddress(inner ?? text);
  if (address === undefined || /[\p{Cc}\u2028\u2029]/u.test(name)) return undefined;
  return { name: name.trim() || undefined, address };
}

/** Most bytes of an address on the way of a mail (RFC 5321). */
const MOST_BYTES = 254;

/**
 * An address with its domain as the domain name system has it; `undefined` if the text is none. Quoted parts before the `@`
 * are not taken: hardly a server does, and what reads addresses differently at each end lets a mail go elsewhere.
 */
export function parseMailAddress(text: string): string | undefined {
  const [, local, domain = ""] =
    /^([^\s@"(),:;<>[\]\\\p{Cc}]{1,64})@([^\s@/?#:[\]\\%\p{Cc}]+)$/u.exec(text) ?? [];
  if (local === undefined || /^\.|\.\.|\.$/.test(local)) return undefined;
  const host = URL.parse(`http://${domain}`)?.hostname ?? "";
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(host)) {
    return undefined;
  }
  if (isIP(host) !== 0) return undefined;
  const address = `${local}@${host}`;
  return new TextEncoder().encode(address).length <= MOST_BYTES ? address : undefined;
}
