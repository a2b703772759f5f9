/** Web Push (RFC 8030): browsers, and apps by UnifiedPush, each at an endpoint that the client has named. */
import { createPublicKey } from "node:crypto";
import { inSeconds } from "../../base/times.ts";
import { invalid } from "../../base/fields.ts";
import { VERSION } from "../../base/version.ts";
import { parseAddress } from "../../net/addresses.ts";
import { Outward, type PrivateTargets } from "../../net/outward.ts";
import { isPrivateAddress } from "../../net/private_addresses.ts";
import type { ProviderNote, PushProvider } from "../provider.ts";
import type { Device, DeviceMessage, PushResult } from "../types.ts";
import { collapseKey } from "./collapsing.ts";
import { browserMessage } from "./declarative.ts";
import { encrypted } from "./encryption.ts";
import { codeIn, objectIn, requesting, resultOf, shortAnswer } from "./requests.ts";
import type { VapidConfig } from "./settings.ts";
import { Vapid } from "./vapid.ts";
import type { VapidKeys } from "./vapid_keys.ts";

/** Endpoints are some 200 characters long. */
const LONGEST_ENDPOINT = 2000;

/** Four weeks: no push service keeps a message longer. */
const LONGEST_TTL_SECONDS = 28 * 24 * 3600;

/** Clients name endpoints, so that there may be any number of push services: so many are known. */
const MOST_REACHED = 1000;

/** By the priority of a notification, 1 to 5. */
const URGENCY = ["very-low", "low", "normal", "high", "high"] as const;

const ALLOWED = "a PushSubscription: {endpoint, keys: {p256dh, auth}}, with an https endpoint";

const ALLOWED_PLACE =
  "an https endpoint that is on no private address, unless APP_OUTGOING_PRIVATE_IPS has it";

/** Reasons that Apple and Google give with 400, where it is the key that is wrong. */
const OF_KEY = /jwt|vapid|unauthorized/i;

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

interface Subscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export interface WebPushOptions {
  readonly keys: VapidKeys;
  readonly vapid: VapidConfig;
  readonly privateTargets: PrivateTargets;
  /** Unix milliseconds. */
  now(): number;
}

export class WebPush implements PushProvider {
  readonly name = "web_push";
  readonly closes = true;
  readonly #options: WebPushOptions;
  readonly #vapid: Vapid;
  /** Push services that have taken something since the start for browsers that have subscribed with the key of now. */
  readonly #reached = new Set<string>();
  #outward: Outward | undefined;

  constructor(options: WebPushOptions) {
    this.#options = options;
    this.#vapid = new Vapid(options.keys, options.vapid.subject, options.now);
  }

  tokenOf(value: unknown): string {
    const { endpoint, keys: { p256dh, auth } } = subscriptionOf(value);
    if (!this.#mayAsk(endpoint)) throw invalid("token", "…", ALLOWED_PLACE);
    return JSON.stringify({ endpoint, keys: { p256dh, auth } });
  }

  async serverKey(): Promise<string> {
    return (await this.#options.keys.load()).publicKey;
  }

  originOf({ token }: Device): string {
    return new URL(subscriptionOf(token).endpoint).origin;
  }

  async send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult> {
    const { endpoint, keys } = subscriptionOf(device.token);
    const url = new URL(endpoint);
    if (message.what === "close" && isApple(url)) return { result: "refused", why: NOTHING_SHOWN };
    const now = this.#options.now();
    if (message.expiresAt <= now) return { result: "refused", why: "it has expired" };
    const plain = browserMessage(message);
    if (plain === undefined) return { result: "refused", why: "it is too large" };
    return await requesting(signal, async (signal) => {
      const [authorization, body] = await Promise.all([
        this.#vapid.header(url.origin),
        encrypted(plain, { p256dh: bytesIn(keys.p256dh), auth: bytesIn(keys.auth) }),
      ]);
      const response = await this.#outgoing.send(url, {
        method: "POST",
        headers: {
          ...headersOf(device, message, now),
          authorization,
          "content-length": String(body.length),
        },
        body,
        signal,
      });
      const answer = await shortAnswer(response);
      const { reason, errno } = objectIn(answer.text);
      const result = resultOf(answer, now, codeIn(reason) ?? codeIn(errno));
      return await this.#believed(device, url, ofPushService(result, answer.status));
    });
  }

  /**
   * A browser that has subscribed with another key of this server is gone where its push service says so, unless no other one was
   * reached there by the key of now: then that may be the wrong one.
   */
  async #believed({ serverKey }: Device, { origin }: URL, result: PushResult): Promise<PushResult> {
    if (serverKey === undefined) return result;
    const isOther = serverKey !== await this.serverKey();
    if (result.result === "taken" && !isOther) this.#noteReached(origin);
    const isDenied = result.result === "later" && result.isDenied === true;
    if (!isDenied || !isOther) return result;
    const why = `${result.why}: it has subscribed with another key of this server`;
    return this.#reached.has(origin) ? { result: "gone", why } : { ...result, why };
  }

  #noteReached(origin: string): void {
    this.#reached.delete(origin);
    this.#reached.add(origin);
    const [oldest = ""] = this.#reached;
    if (this.#reached.size > MOST_REACHED) this.#reached.delete(oldest);
  }

  /** Says that Apple would take nothing, where somebody has set the key and nothing says whose it is. */
  check(): Promise<readonly ProviderNote[]> {
    const { privateKey, subject } = this.#options.vapid;
    if (privateKey === undefined || subject !== undefined) return Promise.resolve([]);
    const text =
      "PUSH_VAPID_SUBJECT is not set, and Apple's push service (Safari) takes nothing without it";
    return Promise.resolve([{ level: "warning", text }]);
  }

  /** Loaded with the first device: a server without devices has no use for it. */
  get #outgoing(): Outward {
    return this.#outward ??= new Outward(this.#options.privateTargets);
  }

  /** Plain http goes to an address that a setting allows by name, and to no other. */
  #mayAsk(endpoint: string): boolean {
    const url = new URL(endpoint);
    if (this.#outgoing.refusedTarget(url) !== undefined) return false;
    return url.protocol === "https:" || isPrivate(url);
  }
}

const NOTHING_SHOWN =
  "Apple's push service takes no subscription any more that it gets nothing to show for";

/** Safari ends a subscription after three messages that show nothing, and what closes is such a message. */
function isApple({ hostname }: URL): boolean {
  return hostname === "web.push.apple.com" || hostname.endsWith(".push.apple.com");
}

function headersOf(device: Device, message: DeviceMessage, now: number): Record<string, string> {
  const seconds = inSeconds(message.expiresAt - now);
  const isShown = message.what === "show";
  return {
    "content-encoding": "aes128gcm",
    "content-type": isShown ? "application/notification+json" : "application/octet-stream",
    "ttl": String(Math.min(seconds, LONGEST_TTL_SECONDS)),
    "urgency": (isShown ? URGENCY[message.priority - 1] : "low") ?? "normal",
    "topic": collapseKey(device, message),
    "user-agent": `notifyli/${VERSION}`,
  };
}

function ofPushService(result: PushResult, status: number): PushResult {
  if (status === 404 || status === 410) return { result: "gone", why: `status ${status}` };
  if (status === 413) return { result: "refused", why: "status 413: it is too large" };
  const isOfKey = status === 401 || status === 403 ||
    status === 400 && "why" in result && OF_KEY.test(result.why);
  if (!isOfKey || !("why" in result)) return result;
  // Others need not be of the same key: the server may have got another one since.
  return { result: "later", why: result.why, isAlone: true, isDenied: true };
}

/** Throws `invalid_field` where it is no subscription. */
function subscriptionOf(value: unknown): Subscription {
  const given = typeof value === "string" ? objectIn(value) : value;
  const { endpoint, keys } = isRecord(given) ? given : {};
  const { p256dh, auth } = isRecord(keys) ? keys : {};
  const url = typeof endpoint === "string" && endpoint.length <= LONGEST_ENDPOINT
    ? URL.parse(endpoint)
    : null;
  const key = keyOf(p256dh, 65);
  const secret = keyOf(auth, 16);
  const isGood = url !== null && /^https?:$/.test(url.protocol) &&
    url.username + url.password === "" && secret !== undefined && key !== undefined && isPoint(key);
  if (!isGood) throw invalid("token", "…", ALLOWED);
  url.hash = "";
  return {
    endpoint: url.href,
    keys: { p256dh: key.toBase64(BASE64URL), auth: secret.toBase64(BASE64URL) },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Reads base64 of either alphabet, since there are apps that write the other one. */
function keyOf(value: unknown, bytes: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== "string" || value.length > 100) return undefined;
  try {
    const key = bytesIn(value.replaceAll("+", "-").replaceAll("/", "_"));
    return key.length === bytes ? key : undefined;
  } catch {
    return undefined;
  }
}

function bytesIn(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** Whether 65 bytes are a point of P-256: encrypting for another one fails each time. */
function isPoint(key: Uint8Array): boolean {
  const [x, y] = [key.slice(1, 33), key.slice(33)].map((each) => each.toBase64(BASE64URL));
  try {
    createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
    return key[0] === 4;
  } catch {
    return false;
  }
}

function isPrivate({ hostname }: URL): boolean {
  const address = parseAddress(hostname);
  return address === undefined ? /(^|\.)localhost$/.test(hostname) : isPrivateAddress(address);
}
