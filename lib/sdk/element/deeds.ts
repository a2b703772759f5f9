/** What a user does in the element, and the application may do otherwise: opens a notification, or has an action done. */
import type { Notification, NotificationAction } from "../core/types.ts";
import { linkTo } from "../view/links.ts";

/** What `notifyli-open` tells: the user opens a notification. Where it is prevented, no link is followed. */
export interface OpenDetail {
  readonly notification: Notification;
  /** Where it leads; `undefined` where it leads nowhere. */
  readonly url: string | undefined;
}

/** What `notifyli-action` tells: the user wants an action done. Where it is prevented, the server is not asked to do it. */
export interface ActionDetail {
  readonly notification: Notification;
  readonly action: NotificationAction;
  /** What the user answers, of `reply`. */
  readonly text: string | undefined;
}

/**
 * Goes to an address on the page's own site. The panel closes by that, unless it returns `true`.
 *
 * @param url its path, query and fragment
 */
export type Router = (url: string, notification: Notification) => unknown;

/** Tells the application. Returns whether it leaves the rest to the element; else the browser does nothing either. */
export function tells(
  element: Element,
  cause: Event,
  name: "notifyli-open" | "notifyli-action",
  detail: OpenDetail | ActionDetail,
): boolean {
  const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true });
  const goesOn = element.dispatchEvent(event);
  if (!goesOn) cause.preventDefault();
  return goesOn;
}

/**
 * Follows an address by the application's router, where that has one and the user wants it in this very place. Returns whether
 * the panel is to close.
 */
export function route(
  cause: Event,
  router: Router | undefined,
  { notification, url }: OpenDetail,
): boolean {
  if (router === undefined || !(cause instanceof MouseEvent) || cause.button !== 0) return false;
  if (cause.ctrlKey || cause.metaKey || cause.shiftKey || cause.altKey) return false;
  const link = linkTo(url);
  const address = link && URL.parse(link.href, location.href);
  if (!address || address.origin !== location.origin) return false;
  cause.preventDefault();
  return router(address.pathname + address.search + address.hash, notification) !== true;
}

/** What is of the page's own site opens in its place. */
export function here(link: NonNullable<ReturnType<typeof linkTo>>) {
  const isHere = URL.parse(link.href, location.href)?.origin === location.origin;
  return isHere ? { href: link.href } : link;
}
