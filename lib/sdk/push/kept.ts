/**
 * What a page and its service worker know together of the browser's subscription: the page writes it, and the worker reads it while no
 * page is open. It has no secret that the browser's own subscription has not.
 */

export interface KeptSubscription {
  /** Where the server is: an address of http or https that ends with a slash. */
  readonly server: string;
  readonly site: string;
  /** Whose notifications the browser shows. */
  readonly user: string;
  /** The device's id at the server. */
  readonly device: string;
  /** The server's key that the browser has subscribed with, in base64url. */
  readonly key: string;
  /** The `PushSubscription` in JSON, which proves to the server that a new one is of the same browser. */
  readonly subscription: object;
}

const NAME = "notifyli-push";

/** @param scope of the registration that shows notifications: each keeps its own */
export async function readKept(scope: string): Promise<KeptSubscription | undefined> {
  const found = await (await caches.open(NAME)).match(addressOf(scope));
  return await found?.json();
}

export async function writeKept(scope: string, kept: KeptSubscription): Promise<void> {
  await (await caches.open(NAME)).put(addressOf(scope), Response.json(kept));
}

export async function forgetKept(scope: string): Promise<void> {
  await (await caches.open(NAME)).delete(addressOf(scope));
}

/** Nothing is at this address: it is the name of what is kept. */
function addressOf(scope: string): string {
  return new URL("?notifyli-push", scope).href;
}
