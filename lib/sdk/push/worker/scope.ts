/** What a service worker finds in its global scope: the types of pages have none of it. */

export interface WorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: Tabs;
  readonly navigator: Partial<Badges>;

  addEventListener(type: "push", handler: (event: PushEvent) => void): void;
  addEventListener(type: "notificationclick", handler: (event: ClickEvent) => void): void;
  addEventListener(type: "pushsubscriptionchange", handler: (event: RenewalEvent) => void): void;
}

export interface Badges {
  setAppBadge(count: number): Promise<void>;
  clearAppBadge(): Promise<void>;
}

export interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}

export interface PushEvent extends Waiting {
  readonly data: { json(): unknown } | null;
}

export interface ClickEvent extends Waiting {
  readonly notification: Notification;
  /** Which of its buttons it was; empty for none. */
  readonly action: string;
  /** What was written, in browsers that have a field for it. */
  readonly reply?: string | null;
}

export interface RenewalEvent extends Waiting {
  readonly newSubscription?: PushSubscription | null;
}

interface Tabs {
  matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly Tab[]>;
  openWindow(url: string): Promise<Tab | null>;
}

export interface Tab {
  readonly url: string;
  readonly focused: boolean;
  focus(): Promise<Tab>;
  postMessage(message: unknown, transfer: readonly Transferable[]): void;
}

export const scope = globalThis as unknown as WorkerScope;
