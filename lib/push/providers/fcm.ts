/** FCM (HTTP v1): Android, and other apps that have Firebase. */
import { invalid } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import type { ProviderNote, PushProvider } from "../provider.ts";
import type { Device, DeviceMessage, Push, PushResult } from "../types.ts";
import { collapseKey, tagOf } from "./collapsing.ts";
import { Connections } from "./connections.ts";
import { forPrograms, NO_TITLE } from "./declarative.ts";
import { type FcmAccount, readFcmAccount } from "./fcm_account.ts";
import { FcmTokens } from "./fcm_token.ts";
import { fitted } from "./fitting.ts";
import {
  codeIn,
  isObject,
  laterBy,
  objectIn,
  requesting,
  resultOf,
  type ShortAnswer,
  shortAnswer,
} from "./requests.ts";
import type { FcmConfig } from "./settings.ts";

/** FCM takes 4,096 bytes, by a count of its own: what our JSON has beside the texts is not all of it. */
const MOST_BYTES = 4096;

/** Four weeks. */
const LONGEST_TTL_SECONDS = 28 * 24 * 3600;

/** From this priority on a phone that sleeps is woken; below, it is told when it wakes up. */
const WAKES = 3;

/** How long FCM is left alone where it does not say. */
const PAUSE_MS = 60_000;

/** The token is of another project than this server's account. */
const OF_ANOTHER = "SENDER_ID_MISMATCH";

const ALLOWED = "the registration token that Firebase has given to the app";

export interface FcmOptions {
  readonly config: FcmConfig;
  readonly account: FcmAccount;
  /** Unix milliseconds. */
  now(): number;
}

export class Fcm implements PushProvider {
  readonly name = "fcm";
  readonly closes = true;
  readonly #options: FcmOptions;
  readonly #connections = new Connections();
  readonly #tokens: FcmTokens;
  #hasTaken = false;

  constructor(options: FcmOptions) {
    this.#options = options;
    this.#tokens = new FcmTokens({ ...options, connections: this.#connections });
  }

  tokenOf(value: unknown): string {
    if (typeof value === "string" && /^[\w:.~%+/=-]{20,4096}$/.test(value)) return value;
    throw invalid("token", "…", ALLOWED);
  }

  originOf(): string {
    return this.#options.config.server;
  }

  async send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult> {
    const now = this.#options.now();
    if (message.expiresAt <= now) return { result: "refused", why: "it has expired" };
    const body = bodyOf(device, message, now);
    if (body === undefined) return { result: "refused", why: "it is too large" };
    return await requesting(signal, async (signal) => {
      const first = await this.#post(body, signal);
      if (!("isStale" in first)) return this.#believed(first);
      await this.#tokens.forget(first.isStale);
      const second = await this.#post(body, signal);
      if (!("isStale" in second)) return this.#believed(second);
      return { result: "later", why: "status 401", isDenied: true };
    });
  }

  /**
   * A device of another project is gone, unless nothing was taken for any device so far: then it may be this server's account
   * that is of another project, and all devices would be removed.
   */
  #believed(result: PushResult): PushResult {
    this.#hasTaken ||= result.result === "taken";
    const isDoubtful = result.result === "gone" && result.why.includes(OF_ANOTHER);
    if (this.#hasTaken || !isDoubtful) return result;
    const why = `${result.why}: PUSH_FCM_CREDENTIALS may be of another project`;
    return { result: "later", why, isAlone: true, isDenied: true };
  }

  /** Says whether the file is as it was read, and whether Google gives a token for it. */
  async check(): Promise<readonly ProviderNote[]> {
    try {
      readFcmAccount(this.#options.config.credentials);
    } catch (error) {
      return [{ level: "error", text: error instanceof Error ? error.message : String(error) }];
    }
    const got = await this.#tokens.get();
    if ("token" in got) return [];
    const { failure } = got;
    const isLater = failure.result === "later" && !failure.isDenied;
    const level = isLater ? "warning" : "error";
    const why = "why" in got.failure ? got.failure.why : "";
    return [{ level, text: `PUSH_FCM_CREDENTIALS: ${why}` }];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]();
    return Promise.resolve();
  }

  async #post(body: string, signal: AbortSignal): Promise<PushResult | { isStale: string }> {
    const got = await this.#tokens.get();
    if ("failure" in got) return got.failure;
    const { config, account, now } = this.#options;
    const url = `${config.server}/v1/projects/${encodeURIComponent(account.project)}/messages:send`;
    const headers = { authorization: `Bearer ${got.token}`, "content-type": "application/json" };
    const request = { method: "POST", headers, body, signal } as const;
    const answer = await shortAnswer(await this.#connections.send(url, request));
    const result = resultIn(answer, now());
    return result ?? { isStale: got.token };
  }
}

/** What an answer means; `undefined` where the server's own token is not taken any more. */
function resultIn(answer: ShortAnswer, now: number): PushResult | undefined {
  const said = objectIn(answer.text);
  if (answer.status === 200) return taken(said["name"]);
  const error = isObject(said["error"]) ? said["error"] : {};
  const details = Array.isArray(error["details"]) ? error["details"].filter(isObject) : [];
  const code = codeIn(details.find((each) => each["errorCode"] !== undefined)?.["errorCode"]);
  const why = `status ${answer.status} ${code ?? codeIn(error["status"]) ?? ""}`.trim();
  switch (code) {
    case "UNREGISTERED":
    case OF_ANOTHER:
      return { result: "gone", why };
    case "QUOTA_EXCEEDED":
    case "UNAVAILABLE":
    case "INTERNAL":
      return { at: now + PAUSE_MS, ...laterBy(answer.headers, now, why) };
    case "INVALID_ARGUMENT":
      return { result: namesToken(details, error["message"]) ? "gone" : "refused", why };
    case "THIRD_PARTY_AUTH_ERROR":
      return {
        ...{ result: "later", isAlone: true, isDenied: true },
        why: `${why}: Firebase has no good key of APNs or Web Push`,
      };
  }
  if (answer.status === 401) return undefined;
  // Without a code of its own it is the project that there is not.
  if (answer.status === 404) return { result: "later", why, isDenied: true };
  return resultOf(answer, now, codeIn(error["status"]));
}

/** Whether a wrong argument is the device's token, and not another part of the message. */
function namesToken(
  details: readonly Readonly<Record<string, unknown>>[],
  message: unknown,
): boolean {
  const violations = details.flatMap(({ fieldViolations }) =>
    Array.isArray(fieldViolations) ? fieldViolations.filter(isObject) : []
  );
  if (violations.length > 0) return violations.some(({ field }) => field === "message.token");
  return /registration token/i.test(String(message));
}

/** The name ends with an id of the message. It begins with the project, which is nobody's affair. */
function taken(name: unknown): PushResult {
  const ref = typeof name === "string"
    ? /\/messages\/([\w:%.-]{1,100})$/.exec(name)?.[1]
    : undefined;
  return { result: "taken", ...(ref !== undefined && { ref }) };
}

function bodyOf(device: Device, message: DeviceMessage, now: number): string | undefined {
  const seconds = Math.min(inSeconds(message.expiresAt - now), LONGEST_TTL_SECONDS);
  const key = collapseKey(device, message);
  const whole = (parts: object) => JSON.stringify({ message: { token: device.token, ...parts } });
  if (message.what === "close") {
    const { id, badge } = message;
    return whole({
      data: { notifyli: JSON.stringify({ close: [id], badge }) },
      android: { priority: "NORMAL", ttl: `${seconds}s` },
      apns: {
        headers: { "apns-push-type": "background", "apns-priority": "5", "apns-collapse-id": key },
        payload: { aps: { "content-available": 1, badge } },
      },
      webpush: { headers: { TTL: String(seconds), Urgency: "low", Topic: key } },
    });
  }
  const shown = (push: Push, isCut: boolean) =>
    JSON.stringify(shownParts(push, { isCut, seconds, key, expiresAt: message.expiresAt }));
  const parts = fitted(message, shown, MOST_BYTES)?.body;
  return parts === undefined ? undefined : whole(JSON.parse(parts));
}

interface Frame {
  readonly isCut: boolean;
  readonly seconds: number;
  readonly key: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

function shownParts(push: Push, { isCut, seconds, key, expiresAt }: Frame): object {
  const { title = push.text ?? NO_TITLE, text, image, badge, isSilent, group, priority, url } =
    push;
  const isUrgent = priority >= WAKES;
  const tag = tagOf(push);
  return {
    notification: {
      title,
      ...(push.title !== undefined && text !== undefined && { body: text }),
      ...(isHttps(image) && { image }),
    },
    data: { notifyli: JSON.stringify(forPrograms(push, isCut)) },
    android: {
      priority: isUrgent ? "HIGH" : "NORMAL",
      ttl: `${seconds}s`,
      // FCM keeps no more than four different keys for a phone that is away, and drops what has another one: only what is
      // meant to be replaced has one. Of what came twice, the tag shows one.
      ...(group !== undefined && { collapse_key: key }),
      notification: {
        tag,
        notification_count: badge,
        default_sound: !isSilent,
        ...(isSilent && { notification_priority: "PRIORITY_LOW" }),
      },
    },
    apns: {
      headers: {
        "apns-priority": isUrgent ? "10" : "5",
        "apns-expiration": String(inSeconds(expiresAt)),
        "apns-collapse-id": key,
      },
      payload: {
        aps: {
          badge,
          "mutable-content": 1,
          ...(!isSilent && { sound: "default" }),
          ...(group !== undefined && { "thread-id": group }),
        },
      },
    },
    webpush: {
      headers: { TTL: String(seconds), Urgency: isUrgent ? "high" : "low", Topic: key },
      ...(isHttps(url) && { fcm_options: { link: url } }),
    },
  };
}

function isHttps(url: string | undefined): url is string {
  return url !== undefined && /^https:/i.test(url);
}
