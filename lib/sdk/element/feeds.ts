/** The feeds of a page's elements: those for the same user share one, and with the last of them its connection ends. */
import { systemClock } from "../core/clock.ts";
import { fallbackTransport } from "../core/fallback_transport.ts";
import { defaultUrl, openStorage, webSocketUrl } from "../core/options.ts";
import type { TokenSource } from "../core/token.ts";
import {
  CONNECTION_LOST,
  type OpenTransport,
  type Transport,
  webSocketTransport,
} from "../core/transport.ts";
import { systemWakeSources } from "../core/wake.ts";
import { httpAddress } from "../core/addresses.ts";
import { sharedTransportOver } from "../tabs/shared_transport.ts";
import { Feed, reasonOf } from "./feed.ts";
import { InboxClient, type InboxSource } from "./inbox_client.ts";

/** Whose inbox is shown, and how it is reached. */
export interface Wanted {
  /** The server's address, or that of its WebSocket; `undefined` for the one that this module is from. */
  readonly server: string | undefined;
  readonly token: TokenSource | undefined;
  readonly userId: string | undefined;
  /** The address of the shared worker's script; `off` for a connection of this page's own. */
  readonly worker: string | undefined;
}

interface OpenFeed extends Wanted {
  readonly feed: Feed;
  users: number;
}

/** All of this page. */
const open = new Set<OpenFeed>();

/** What is asked in place of the function that a feed was opened with. */
const replaced = new WeakMap<object, () => unknown>();

/** Has another function asked for tokens of the same user: frameworks make a new one each time they render. */
export function replaceSource(first: () => unknown, next: () => unknown): void {
  replaced.set(first, next);
}

/** Feeds over clients that the application has made, and ends. */
const given = new WeakMap<InboxSource, Pick<OpenFeed, "feed" | "users">>();

export interface Lease {
  readonly feed: Feed;
  /** The element needs it no more. */
  end(): void;
}

/**
 * Opens a feed, or joins the one that is there.
 *
 * @throws {TypeError} where an address is none
 */
export function openFeed(wanted: Wanted): Lease {
  const found = [...open].find((each) => isSame(each, wanted));
  const used: OpenFeed = found ?? { ...wanted, feed: new Feed(clientFor(wanted)), users: 0 };
  open.add(used);
  used.users++;
  return {
    feed: used.feed,
    // An element that is moved is taken out and put in within one task.
    end: () =>
      void setTimeout(() => {
        if (--used.users > 0) return;
        open.delete(used);
        used.feed.close();
        used.feed.client.close();
      }),
  };
}

/** The same over a client of the application's, which stays when the last element goes. */
export function feedOver(client: InboxSource): Lease {
  const used = given.get(client) ?? { feed: new Feed(client), users: 0 };
  given.set(client, used);
  used.users++;
  return {
    feed: used.feed,
    end: () =>
      void setTimeout(() => {
        if (--used.users > 0) return;
        given.delete(client);
        used.feed.close();
      }),
  };
}

/** Whether they are the same inbox by the same way. A client is the same as itself alone. */
export function isSame(
  one: Wanted | InboxSource | undefined,
  other: Wanted | InboxSource | undefined,
): boolean {
  if (one === undefined || other === undefined || "on" in one || "on" in other) {
    return one === other;
  }
  return one.server === other.server && one.token === other.token &&
    one.userId === other.userId && one.worker === other.worker;
}

function clientFor({ server, token, userId, worker }: Wanted): InboxClient {
  const url = webSocketUrl(server === undefined ? defaultUrl() : socketOf(server));
  return new InboxClient({
    ...{ urls: [url], userId, token: token && newest(token), clock: systemClock, fetch },
    ...{ credentials: undefined, name: undefined, device: undefined },
    storage: openStorage(() => localStorage),
    openTransport: transportFor(url, worker),
    random: Math.random,
    wakeSources: systemWakeSources(),
  });
}

function newest(token: TokenSource): TokenSource {
  if (typeof token !== "function") return token;
  return () => ((replaced.get(token) ?? token) as typeof token)();
}

/** The address of the WebSocket, where that of the server is given. */
function socketOf(server: string): URL {
  const address = new URL(server, location.href);
  if (address.protocol.startsWith("ws") || /\/ws\/?$/.test(address.pathname)) return address;
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return new URL("ws", address);
}

/** Browsers start shared workers of the page's own origin only. */
function transportFor(url: string, worker?: string): OpenTransport {
  const own = fallbackTransport(webSocketTransport(WebSocket), lateSse, systemClock);
  if (worker === "off") return own;
  const script = new URL(worker ?? httpAddress(url, "notifyli-worker.js"), location.href);
  const isOwn = script.origin === location.origin;
  return isOwn ? sharedTransportOver(script, own) ?? own : own;
}

/** A stream of events, by the server's whole library: few pages need it, since a WebSocket passes nearly everywhere. */
function lateSse(...[url, events, token]: Parameters<OpenTransport>): Transport {
  let transport: Transport | undefined;
  let isClosed = false;
  const loading: Promise<typeof import("../mod.ts")> = import(httpAddress(url, "notifyli.js"));
  loading.then(({ sseTransport }) => {
    if (!isClosed) transport = sseTransport(fetch)(url, events, token);
  }).catch((error) => isClosed || events.closed(CONNECTION_LOST, reasonOf(error)));
  return {
    send: (text) => transport?.send(text),
    close: () => {
      isClosed = true;
      transport?.close();
    },
  };
}
