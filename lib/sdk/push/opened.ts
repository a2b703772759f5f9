/** What the service worker and the tabs of its site say to each other when somebody has clicked a notification. */

/** Which notification was clicked, and what for. */
export interface OpenedNotification {
  readonly id: string;
  /** What the notification says to open, as its sender wrote it. */
  readonly url?: string;
  /** The action that wants an answer, where the browser has no field for it. */
  readonly reply?: string;
  /** The notification's data. */
  readonly data?: unknown;
}

/** What the worker sends to a tab, with a port on which the tab answers. */
export interface Asked {
  readonly notifyli: {
    /** Whose notification it is. */
    readonly user: string;
    readonly server: string;
    /** Absent in the question whether the tab would take it. */
    readonly open?: OpenedNotification;
  };
}

/** Reads what came to a tab; `undefined` where somebody else sent it. */
export function readAsked(data: unknown): Asked["notifyli"] | undefined {
  if (typeof data !== "object" || data === null || !("notifyli" in data)) return undefined;
  const { notifyli } = data as Asked;
  return typeof notifyli?.user === "string" ? notifyli : undefined;
}
