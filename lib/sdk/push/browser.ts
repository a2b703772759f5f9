/** What the browser does of Web Push: the permission, the service worker and the subscription. */
import { NotifyliError } from "../core/errors.ts";
import { httpAddress } from "../core/addresses.ts";
import { type KeptSubscription, readKept } from "./kept.ts";
import {
  type Subscription,
  surroundings,
  type WorkerRegistration,
  workers,
} from "./surroundings.ts";

/** Why nothing can be shown here while no page is open. */
export type WhyUnsupported =
  /** This is no browser, or one that has no Web Push. */
  | "browser"
  /** The page did not come by https (nor from this machine). */
  | "insecure"
  /** The system shows notifications of sites alone that were put on its home screen (iOS and iPadOS). */
  | "not_installed";

const MESSAGES: Readonly<Record<WhyUnsupported, string>> = {
  browser: "There is no Web Push here: it is for pages, in browsers that have a PushManager",
  insecure: "Browsers have Web Push for pages alone that come by https",
  not_installed: "This system has Web Push for pages alone that are on its home screen",
};

/** `undefined` where the browser can. */
export function whyUnsupported(): WhyUnsupported | undefined {
  const { window, isSecureContext, Notification, PushManager, navigator } = surroundings;
  if (window === undefined) return "browser";
  if (isSecureContext === false) return "insecure";
  if (navigator?.serviceWorker && Notification && PushManager) return undefined;
  return /iPhone|iPad|Macintosh.*Mobile/.test(navigator?.userAgent ?? "")
    ? "not_installed"
    : "browser";
}

export function unsupportedError(why: WhyUnsupported): NotifyliError {
  return new NotifyliError("unsupported", MESSAGES[why]);
}

/** Asks the user, where nobody did. Rejects with `denied`. */
export async function askPermission(): Promise<void> {
  const permission = await surroundings.Notification!.requestPermission();
  if (permission === "granted") return;
  const message = permission === "denied"
    ? "The user, or a rule of the browser, lets this site show no notifications"
    : "The user has not said whether this site may show notifications";
  throw new NotifyliError("denied", message);
}

/** The worker's registration, once the worker runs. @param server the WebSocket's address */
export async function registerWorker(
  worker: string | URL | WorkerRegistration | undefined,
  server: string,
): Promise<WorkerRegistration> {
  const registration = typeof worker === "object" && "pushManager" in worker
    ? worker
    : await workers().register(worker ?? ownWorker(server));
  await running(registration);
  return registration;
}

/** The registration that was subscribed for one of these servers, with what was kept then. */
export async function findKept(
  servers: readonly string[],
): Promise<{ registration: WorkerRegistration; kept: KeptSubscription } | undefined> {
  for (const registration of await workers().getRegistrations()) {
    const kept = await readKept(registration.scope);
    if (kept !== undefined && servers.includes(kept.server)) return { registration, kept };
  }
  return undefined;
}

/** The browser's subscription with this key: the one that it has, or a new one. */
export async function subscriptionWith(
  { pushManager }: WorkerRegistration,
  key: string,
): Promise<Subscription> {
  const there = await pushManager.getSubscription();
  const { applicationServerKey } = there?.options ?? {};
  if (there !== null && applicationServerKey && base64Url(applicationServerKey) === key) {
    return there;
  }
  await there?.unsubscribe(); // the server has another key now, and no browser lets two count
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (cause) {
    const message = `The browser's push service gives no subscription: ${cause}`;
    throw new NotifyliError("push_failed", message, { cause });
  }
}

/** Such as "Firefox on Linux", by which a user finds the device in a list. */
export function platformName(): string {
  const { userAgent } = surroundings.navigator!;
  const name = (words: readonly (readonly [RegExp, string])[]) =>
    words.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = name(BROWSERS) ?? "Browser";
  const system = name(SYSTEMS);
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** Each of them says that it is those after it, too. */
const BROWSERS = [
  [/Firefox|FxiOS/, "Firefox"],
  [/Edg/, "Edge"],
  [/OPR/, "Opera"],
  [/Chrom|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
] as const;

const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad|Macintosh.*Mobile/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
] as const;

function ownWorker(server: string): string {
  const worker = httpAddress(server, "notifyli-push.js");
  if (new URL(worker).origin === surroundings.location?.origin) return worker;
  const message = `'serviceWorker' is needed: ${worker} is of another site than this page, ` +
    "and browsers run workers of their own site alone";
  throw new NotifyliError("no_worker", message);
}

/** Browsers subscribe where a worker runs, and no earlier. */
async function running(registration: WorkerRegistration): Promise<void> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null || registration.active !== null) return;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      const message = "The service worker could not be installed";
      if (worker.state === "redundant") reject(new NotifyliError("no_worker", message));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

function base64Url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
