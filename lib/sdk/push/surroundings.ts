/** What browsers have for Web Push, as far as it is used: programs without the types of browsers import this library, too. */

/** The part of a `ServiceWorkerRegistration` that is used. */
export interface WorkerRegistration {
  readonly scope: string;
  readonly active: Worker | null;
  readonly waiting: Worker | null;
  readonly installing: Worker | null;
  readonly pushManager: {
    getSubscription(): Promise<Subscription | null>;
    subscribe(options: {
      readonly userVisibleOnly: boolean;
      readonly applicationServerKey: string;
    }): Promise<Subscription>;
  };
  getNotifications(): Promise<readonly { readonly data?: unknown; close(): void }[]>;
}

interface Worker {
  readonly state: string;
  addEventListener(type: "statechange", handler: () => void): void;
}

/** The part of a `PushSubscription` that is used. */
export interface Subscription {
  readonly options: { readonly applicationServerKey: ArrayBuffer | null };
  toJSON(): object;
  unsubscribe(): Promise<boolean>;
}

interface Hearing {
  readonly signal: AbortSignal;
}

/** Absent are those that this surrounding does not have. */
interface Surroundings {
  readonly window?: object;
  readonly isSecureContext?: boolean;
  readonly PushManager?: object;
  readonly Notification?: {
    readonly permission: Permission;
    requestPermission(): Promise<Permission>;
  };
  readonly location?: { readonly origin: string };
  readonly navigator?: {
    readonly userAgent: string;
    readonly language: string;
    readonly serviceWorker?: {
      register(script: string | URL): Promise<WorkerRegistration>;
      getRegistrations(): Promise<readonly WorkerRegistration[]>;
      addEventListener(
        type: "message",
        handler: (event: MessageEvent) => void,
        options: Hearing,
      ): void;
      startMessages(): void;
    };
    readonly permissions?: {
      query(of: { readonly name: "notifications" }): Promise<{
        addEventListener(type: "change", handler: () => void, options: Hearing): void;
      }>;
    };
  };
}

type Permission = "default" | "granted" | "denied";

export const surroundings = globalThis as Surroundings;

/** The browser's, where {@linkcode whyUnsupported} has found nothing missing. */
export function workers() {
  return surroundings.navigator!.serviceWorker!;
}

export function permission(): Permission {
  return surroundings.Notification?.permission ?? "denied";
}
