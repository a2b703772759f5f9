/** What a client is made with, and what it takes from its surroundings when nothing else is given. */
import type { Device } from "../conversations/types.ts";
import { defaultTransport } from "./default_transport.ts";
import type { JsonObject } from "./frames.ts";
import type { OpenTransport, WebSocketConstructor } from "./transport.ts";
import type { CredentialsSource, TokenSource } from "./token.ts";
import { systemWakeSources, type WakeSource } from "./wake.ts";
import { type Clock, systemClock } from "./clock.ts";

/** The part of `Storage` (such as `sessionStorage`) that is used. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** What tests may replace. */
export interface Environment {
  readonly WebSocket: WebSocketConstructor;
  /** By it files go up. */
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Returns a number from 0 to 1, as `Math.random` does. */
  readonly random: () => number;
  /** Where `online`, `offline` and `visibilitychange` are heard. */
  readonly wakeSources: readonly WakeSource[];
}

export interface ConnectOptions {
  /** The server, such as `wss://example.org/ws`, or `/ws` in a page. @default `ws` beside `/notifyli.js`; "/ws" of the page where a bundle has this library */
  readonly url?: string | URL;
  /** The addresses of several servers of one cluster, which are tried in turn. They take the place of `url`. */
  readonly urls?: readonly (string | URL)[];
  /** The user's id. Without it, the token says who the user is; without a token, too, a guest (docs/rooms.md). */
  readonly userId?: string | number;
  /**
   * Proves who the user is, where the server asks for it (docs/auth.md): a token, or a function that gets one. The
   * function is called before each connection, and when the session is about to end. Where it throws, takes longer than 15
   * seconds or gives none, it is called again after a pause. A token is printable ASCII without spaces.
   */
  readonly token?: TokenSource;
  /**
   * What the application knows the user by, in place of a token, where the server asks it (docs/questions.md): any JSON object,
   * or a function that gets one. The function is called as the one of `token` is.
   */
  readonly credentials?: CredentialsSource;
  /** The name that others see. @default the user's id */
  readonly name?: string;
  /** What the client runs on, which those see beside the user's presence who may see it. */
  readonly device?: Device;
  /**
   * Keeps the position in the inbox, and the messages of conversations that wait to be sent, over a reload: `sessionStorage` for this tab alone, `localStorage` for
   * all of the browser's tabs together. A function that returns it may throw, as browsers do that forbid it; where there is
   * none, or `null` as in some web views, the position lasts as long as the client.
   */
  readonly storage?: KeyValueStore | null | (() => KeyValueStore | null | undefined);
  /** What carries the connection, such as `sharedTransport("/notifyli-worker.js")`. @default a WebSocket, and where none passes, Server-Sent Events */
  readonly transport?: OpenTransport | undefined;
  readonly environment?: Partial<Environment>;
}

/** Options with nothing left open. */
export interface ResolvedOptions {
  readonly urls: readonly string[];
  readonly userId: string | undefined;
  readonly token: TokenSource | undefined;
  readonly credentials: CredentialsSource | undefined;
  readonly name: string | undefined;
  /** As it is sent. */
  readonly device: JsonObject | undefined;
  readonly storage: KeyValueStore | undefined;
  readonly openTransport: OpenTransport;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly wakeSources: readonly WakeSource[];
}

export function resolveOptions(options: ConnectOptions): ResolvedOptions {
  const {
    url = defaultUrl(),
    urls = [url],
    userId,
    token,
    credentials,
    name,
    device,
    storage,
    transport,
    environment = {},
  } = options;
  const { clock = systemClock } = environment;
  if (token !== undefined && credentials !== undefined) {
    throw new TypeError("Cannot connect: 'credentials' are given beside 'token', which is enough");
  }
  if (urls.length === 0) throw new TypeError("Cannot connect: 'urls' is empty");
  return {
    urls: urls.map(webSocketUrl),
    userId: userIdOf(userId),
    token,
    credentials,
    name,
    device: device && deviceOnWire(device),
    storage: openStorage(storage),
    openTransport: transport ?? defaultTransport(clock, environment.WebSocket),
    fetch: environment.fetch ?? ((...request) => fetch(...request)), // browsers want it called on nothing
    clock,
    random: environment.random ?? Math.random,
    wakeSources: environment.wakeSources ?? systemWakeSources(),
  };
}

function deviceOnWire({ id, platform, appVersion }: Device): JsonObject {
  return {
    id,
    ...(platform === undefined ? {} : { platform }),
    ...(appVersion === undefined ? {} : { app_version: appVersion }),
  };
}

/** Programs without types give `null` for nobody, and numbers whose last digits are lost. */
function userIdOf(userId: ConnectOptions["userId"] | null): string | undefined {
  if (userId === undefined || userId === null) return undefined;
  if (typeof userId !== "number" || Number.isSafeInteger(userId)) return String(userId);
  throw new TypeError(
    `Cannot connect as user ${userId}: give a whole number below 2^53, or the id as text`,
  );
}

export function openStorage(storage: ConnectOptions["storage"]): KeyValueStore | undefined {
  try {
    return (typeof storage === "function" ? storage() : storage) ?? undefined;
  } catch {
    return undefined; // forbidden here, as in a sandboxed frame
  }
}

/** The server that this library is from, which may be of another site than the page, or have a path in front. */
export function defaultUrl(): string {
  const own = new URL(import.meta.url);
  return /^https?:$/.test(own.protocol) && /\/notifyli(-inbox)?\.js$/.test(own.pathname)
    ? new URL("ws", own).href
    : "/ws";
}

/** Makes an address absolute, and one of `http:` one of `ws:`. */
export function webSocketUrl(address: string | URL): string {
  const url = new URL(address, pageAddress());
  url.protocol = url.protocol.replace("http", "ws");
  if (!/^wss?:$/.test(url.protocol)) {
    throw new TypeError(`Cannot connect to "${address}": it is no ws, wss, http or https address`);
  }
  return url.href;
}

/** The address that a relative one is relative to; outside of a page there is none. */
function pageAddress(): string | undefined {
  return (globalThis as { location?: { readonly href: string } }).location?.href;
}
