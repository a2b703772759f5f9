/** Where notifications lead within the page. */
import { serverAddress } from "../address.ts";
import { parsePlace, type Place } from "../state/place.ts";

/** The place of the page that an address is; `undefined` where it is another page's. */
export function placeAt(url: string): Place | undefined {
  const home = serverAddress();
  const { href, hash } = new URL(url, home);
  return href === `${home}${hash}` ? parsePlace(hash) : undefined;
}

/** The conversation that a notice of a message is about. */
export function conversationIn(data: unknown): number | undefined {
  const { conversation } = Object(data) as { conversation?: unknown };
  return typeof conversation === "number" ? conversation : undefined;
}
