/** What the server pushes to browsers: Declarative Web Push, with what it has no words for in `data.notifyli`. */

export interface Pushed {
  readonly title: string;
  readonly body?: string;
  readonly navigate?: string;
  readonly tag?: string;
  readonly silent?: boolean;
  readonly icon?: string;
  readonly image?: string;
  readonly timestamp?: number;
  readonly app_badge?: number;
  readonly data: { readonly notifyli: OwnData };
}

export interface OwnData {
  readonly id: string;
  readonly priority?: number;
  readonly url?: string;
  /** Where its text is, and where it is answered. */
  readonly answer?: string;
  readonly actions?: readonly PushedAction[];
  readonly data?: unknown;
  /** The text, or the end of it, is to be fetched. */
  readonly cut?: boolean;
}

export interface PushedAction {
  readonly id: string;
  readonly type: "view" | "http" | "reply";
  readonly label: string;
  readonly url?: string;
  readonly placeholder?: string;
}

/** What is not to be seen any more, and how many are unread. */
interface Closing {
  readonly close: readonly string[];
  readonly badge?: number;
}

/** Reads what came; `undefined` where it is not of this server's, and another part of the worker may know it. */
export function readPush(
  data: unknown,
): { readonly show: Pushed } | { readonly close: Closing } | undefined {
  const { notification, notifyli, app_badge } = objectIn(data);
  const { close, badge } = objectIn(notifyli);
  if (Array.isArray(close)) return { close: { close, badge: badge as number } };
  const shown = objectIn(notification);
  const own = objectIn(objectIn(shown["data"])["notifyli"]);
  if (typeof own["id"] !== "string" || typeof shown["title"] !== "string") return undefined;
  // The server writes what it has read itself: the rest is as it says.
  return { show: { app_badge, ...shown } as unknown as Pushed };
}

/** What is kept in a notification that is shown; `undefined` where it is not of this worker's. */
export function ownData({ data }: Notification): (OwnData & Shown) | undefined {
  const own = objectIn(objectIn(data)["notifyli"]);
  return typeof own["id"] === "string" ? own as unknown as OwnData & Shown : undefined;
}

export interface Shown {
  /** What a click opens. */
  readonly navigate?: string;
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
