/**
 * Web Push in this browser: notifications are shown while no page is open. The service worker that shows them is
 * `worker/worker.ts`.
 */
import { httpAddress } from "../core/addresses.ts";
import { NotifyliError } from "../core/errors.ts";
import { Emitter, type Handler } from "../core/events.ts";
import type { Part } from "../core/part.ts";
import type { Link } from "../core/requests.ts";
import {
  askPermission,
  findKept,
  platformName,
  registerWorker,
  subscriptionWith,
  unsupportedError,
  type WhyUnsupported,
  whyUnsupported,
} from "./browser.ts";
import type { Devices } from "./devices.ts";
import { forgetKept, type KeptSubscription, writeKept } from "./kept.ts";
import { type OpenedNotification, readAsked } from "./opened.ts";
import { permission, surroundings, type WorkerRegistration, workers } from "./surroundings.ts";
import type { RegisteredDevice } from "./types.ts";

/** Whether this browser shows the user's notifications while no page is open. */
export type PushState =
  /** It is not known yet: the server has not said who the user is, or the browser what it has. */
  | { readonly kind: "unknown" }
  | { readonly kind: "unsupported"; readonly why: WhyUnsupported }
  /** The user, or a rule of the browser, lets this site show nothing; pages cannot ask again. */
  | { readonly kind: "denied" }
  | { readonly kind: "off" }
  /** `device` is this browser's id in `client.devices`. */
  | { readonly kind: "on"; readonly device: string };

export interface PushEvents {
  changed: PushState;
  /** Somebody has clicked one of the user's notifications, and this tab is in front: it shows what that is about. */
  open: OpenedNotification;
}

export interface PushOptions {
  /**
   * The service worker, as a script of the page's own site, or registered already. It has `notifyli-push.js` in it: see
   * docs/push.md. @default `notifyli-push.js` of the server, where the page is of the same site
   */
  readonly serviceWorker?: string | URL | WorkerRegistration;
}

export interface PushHost {
  readonly link: Pick<Link, "enqueue" | "online">;
  readonly devices: Pick<Devices, "register" | "remove">;
  /** The WebSocket's address, and those of the server's other nodes. */
  readonly url: string;
  readonly urls: readonly string[];
  readonly userId: string;
  readonly siteId: string;
  readonly isGuest: boolean;
  failed(error: NotifyliError): void;
}

type Found = Awaited<ReturnType<typeof findKept>>;

/** By which the tabs of a site tell each other that something has changed. */
const CHANNEL = "notifyli-push";

export class Push implements Part {
  readonly #host: PushHost;
  readonly #events: Emitter<PushEvents>;
  /** Ends what is heard outside of this client. */
  readonly #ended = new AbortController();
  readonly #tabs: BroadcastChannel | undefined;
  #state: PushState;
  /** What is done now: one thing after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Rises where the user wants no more: what was begun before is undone. */
  #round = 0;

  /** Programs read `client.push` instead. */
  constructor(host: PushHost) {
    this.#host = host;
    this.#events = new Emitter((error) => host.failed(error));
    const why = whyUnsupported();
    this.#state = why === undefined ? { kind: "unknown" } : { kind: "unsupported", why };
    if (why !== undefined) return;
    const { signal } = this.#ended;
    workers().addEventListener("message", (event) => this.#asked(event), { signal });
    workers().startMessages();
    this.#tabs = new BroadcastChannel(CHANNEL);
    this.#tabs.onmessage = () => this.#refresh();
    void surroundings.navigator?.permissions?.query({ name: "notifications" }).then((status) => {
      status.addEventListener("change", () => this.#refresh(), { signal });
    }, () => {}); // a browser that does not tell
  }

  get state(): PushState {
    return this.#state;
  }

  /** Calls `handler` at each `event`, until the function it returns is called. */
  on<E extends keyof PushEvents>(event: E, handler: Handler<PushEvents[E]>): () => void {
    return this.#events.on(event, handler);
  }

  /**
   * Has this browser show the user's notifications while no page is open: asks the user, subscribes, and registers the browser as
   * a device. To be called when the user has asked for that, by a button: browsers ask at no other time. Resolves when the server
   * has the device; while there is no connection, it waits. Where another user was shown theirs in this browser, they are no more.
   *
   * Rejects with a `NotifyliError`: `unsupported`, `denied`, `no_worker`, `push_failed`, or as `devices.register()` does.
   *
   * @example
   * ```ts ignore
   * button.onclick = () => client.push.subscribe({ serviceWorker: "/sw.js" });
   * ```
   */
  async subscribe({ serviceWorker }: PushOptions = {}): Promise<RegisteredDevice> {
    const why = whyUnsupported();
    if (why !== undefined) throw unsupportedError(why);
    if (this.#host.isGuest) throw new NotifyliError("forbidden", "A guest has no devices");
    try {
      await askPermission();
    } catch (error) {
      this.#refresh();
      throw error;
    }
    return await this.#next(async () => {
      const registration = await registerWorker(serviceWorker, this.#host.url);
      return await this.#register(registration, (await this.#find())?.kept);
    });
  }

  /**
   * Has this browser show nothing any more, and removes the device: pages call it when their user signs out. Another user's
   * subscription stays. Resolves when the server has done so; while there is no connection, it waits, and the browser shows nothing
   * meanwhile.
   *
   * Rejects as `devices.remove()` does.
   */
  async unsubscribe(): Promise<void> {
    if (whyUnsupported() !== undefined) return;
    this.#round++;
    const found = await this.#find();
    if (found === undefined || !this.#isOwn(found.kept)) return;
    const { registration, kept } = found;
    await forgetKept(registration.scope);
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    await closeAll(registration);
    this.#show({ kind: "off" });
    this.#tabs?.postMessage("changed");
    await this.#host.devices.remove(kept.device);
  }

  /** The client calls this and the next two. */
  connected(): void {
    this.#refresh();
  }

  interrupt(): void {}

  close(): void {
    this.#ended.abort();
    this.#tabs?.close();
  }

  get #server(): string {
    return serverAt(this.#host.url);
  }

  #find(): Promise<Found> {
    return findKept([...this.#host.urls, this.#host.url].map(serverAt));
  }

  /** Registers the browser again, as programs do whenever they start, and says how it is. */
  #refresh(): void {
    if (whyUnsupported() !== undefined || !this.#host.link.online) return;
    this.#next(async () => {
      const found = await this.#find();
      const isOwn = found !== undefined && this.#isOwn(found.kept);
      if (permission() === "granted" && isOwn) {
        return void await this.#register(found.registration, found.kept);
      }
      this.#show({ kind: permission() === "denied" ? "denied" : "off" });
      if (isOwn) await this.#forget(found);
    }).catch((error) => this.#failed(error));
  }

  /** The user has taken the permission back. */
  async #forget({ registration, kept }: NonNullable<Found>): Promise<void> {
    await forgetKept(registration.scope);
    await this.#host.devices.remove(kept.device);
  }

  async #register(
    registration: WorkerRegistration,
    before: KeptSubscription | undefined,
  ): Promise<RegisteredDevice> {
    const { link, devices, userId: user, siteId: site } = this.#host;
    const round = this.#round;
    const { public_key } = await link.enqueue({ type: "push_key" });
    const key = String(public_key);
    const subscription = await subscriptionWith(registration, key);
    const device = await devices.register({
      provider: "web_push",
      token: subscription.toJSON(),
      platform: platformName(),
      locale: surroundings.navigator!.language,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    if (round !== this.#round) {
      await subscription.unsubscribe();
      await devices.remove(device.id);
      throw new NotifyliError("ended", "The user wants no notifications here any more");
    }
    const kept = { key, user, site, device: device.id, server: this.#server };
    const wasKept = before !== undefined && before.device === device.id && this.#isOwn(before);
    await writeKept(registration.scope, { ...kept, subscription: subscription.toJSON() });
    this.#show({ kind: "on", device: device.id });
    if (!wasKept) this.#tabs?.postMessage("changed");
    // The server has another key, or the browser was given another subscription.
    if (!wasKept && before !== undefined && this.#isOwn(before)) {
      await devices.remove(before.device);
    }
    return device;
  }

  #isOwn({ user, site }: KeptSubscription): boolean {
    return user === this.#host.userId && site === this.#host.siteId;
  }

  /** The worker asks which tab takes a notification that was clicked, and then tells that tab. */
  #asked({ data, ports: [port] }: MessageEvent): void {
    const asked = readAsked(data);
    const { userId, url } = this.#host;
    if (asked === undefined || port === undefined || url === "") return;
    const servers = [...this.#host.urls, url].map(serverAt);
    if (asked.user !== userId || !servers.includes(asked.server)) return;
    if (asked.open === undefined) {
      if (this.#events.hasHandler("open")) port.postMessage("mine");
    } else if (this.#events.emit("open", asked.open)) port.postMessage("taken");
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }

  #show(state: PushState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#events.emit("changed", state);
  }

  /** What waits is done with the next connection. */
  #failed(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    if (!(error instanceof NotifyliError)) {
      error = new NotifyliError("push_failed", `The browser keeps no subscription: ${error}`);
    }
    const failed = error as NotifyliError;
    if (!failed.temporary && !["closed", "ended"].includes(failed.code)) this.#host.failed(failed);
  }
}

/** @param url of the WebSocket */
function serverAt(url: string): string {
  return httpAddress(url, ".");
}

/** Takes away what is shown of a user: somebody else may be the next one here. */
async function closeAll(registration: WorkerRegistration): Promise<void> {
  for (const each of await registration.getNotifications()) {
    if (Object(each.data).notifyli !== undefined) each.close();
  }
}
