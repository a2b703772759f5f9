/** Apple's push service (APNs): iPhones, iPads and Macs. */
import type { KeyObject } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { invalid } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import type { ProviderNote, PushProvider } from "../provider.ts";
import type { Device, DeviceMessage, Push, PushResult } from "../types.ts";
import { readApnsKey } from "./apns_key.ts";
import { collapseKey } from "./collapsing.ts";
import { Connections } from "./connections.ts";
import { forPrograms, NO_TITLE } from "./declarative.ts";
import { fitted } from "./fitting.ts";
import {
  codeIn,
  laterBy,
  objectIn,
  requesting,
  resultOf,
  type ShortAnswer,
  shortAnswer,
} from "./requests.ts";
import type { ApnsConfig } from "./settings.ts";

const MOST_BYTES = 4096;

/** Apple takes a token for an hour, and does not want another one within 20 minutes. */
const RENEWED_AFTER_MS = 40 * 60_000;
const LEAST_BETWEEN_MS = 20 * 60_000;

/** From this priority on a device is told at once; below, when it suits its battery. */
const AT_ONCE = 3;

/** Reasons by which there is no such device any more. */
const GONE = new Set(["BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken"]);

/** Of these, what a wrong setting of this server's comes to as well: of all devices, then. */
const DOUBTFUL = new Set(["BadDeviceToken", "DeviceTokenNotForTopic"]);

/** Reasons by which the server's settings are wrong. */
const OF_SETTINGS = new Set(["BadTopic", "MissingTopic", "TopicDisallowed"]);

const ALLOWED = "a device token in hexadecimal, as the app gets it from Apple";

export interface ApnsOptions {
  readonly config: ApnsConfig;
  readonly key: KeyObject;
  /** Authorities in PEM besides the known ones. */
  readonly caCerts?: readonly string[];
  /** Unix milliseconds. */
  now(): number;
}

interface Token {
  readonly madeAt: number;
  readonly text: Promise<string>;
}

export class Apns implements PushProvider {
  readonly name = "apns";
  readonly closes = true;
  readonly #options: ApnsOptions;
  readonly #connections: Connections;
  /** The applications for which something was taken since the start. */
  readonly #reached = new Set<string>();
  #token: Token | undefined;

  constructor(options: ApnsOptions) {
    this.#options = options;
    this.#connections = new Connections(options.caCerts);
  }

  tokenOf(value: unknown): string {
    const isToken = typeof value === "string" && /^([0-9a-f]{2}){32,100}$/i.test(value);
    if (!isToken) throw invalid("token", "…", ALLOWED);
    return value.toLowerCase();
  }

  originOf(): string {
    return this.#options.config.server;
  }

  async send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult> {
    if (message.expiresAt <= this.#options.now()) {
      return { result: "refused", why: "it has expired" };
    }
    const body = bodyOf(message);
    if (body === undefined) return { result: "refused", why: "it is too large" };
    return await requesting(signal, async (signal) => {
      const first = await this.#post(device, message, body, signal);
      if (!isExpired(first.answer) || !this.#forget(first.token)) {
        return this.#believed(device, first.answer);
      }
      return this.#believed(device, (await this.#post(device, message, body, signal)).answer);
    });
  }

  /**
   * What Apple calls no device is gone, unless it has taken nothing for the application so far: then the settings may be wrong,
   * and all devices would be removed.
   */
  #believed(device: Pick<Device, "app">, answer: ShortAnswer): PushResult {
    const result = this.#resultOf(answer);
    const topic = this.#topicOf(device);
    if (result.result === "taken") this.#reached.add(topic);
    const reason = codeIn(objectIn(answer.text)["reason"]) ?? "";
    const isDoubtful = result.result === "gone" && answer.status !== 410 && DOUBTFUL.has(reason);
    if (!isDoubtful || this.#reached.has(topic)) return result;
    const why = `${result.why}: PUSH_APNS_SERVER or PUSH_APNS_TOPIC may be wrong`;
    return { result: "later", why, isAlone: true, isDenied: true };
  }

  #topicOf({ app }: Pick<Device, "app">): string {
    const { topics } = this.#options.config;
    return topics.find((topic) => topic === app) ?? topics[0];
  }

  /**
   * Says whether the file is as it was read, and whether Apple knows the key: it is asked to reach a device that there is not,
   * which it denies only to those whom it knows.
   */
  async check(): Promise<readonly ProviderNote[]> {
    const { config, now } = this.#options;
    try {
      readApnsKey(config.key);
    } catch (error) {
      return [{ level: "error", text: error instanceof Error ? error.message : String(error) }];
    }
    const nobody = { token: "0".repeat(64), app: undefined };
    const message = { what: "close", id: "check", badge: 0, expiresAt: now() + 60_000 } as const;
    const result = await requesting(new AbortController().signal, async (signal) => {
      const { answer } = await this.#post(nobody, message, bodyOf(message) ?? "", signal);
      return this.#resultOf(answer);
    });
    if (result.result === "gone" || result.result === "taken") return [];
    const level = result.result === "later" && !result.isDenied ? "warning" : "error";
    return [{ level, text: `PUSH_APNS_KEY, _KEY_ID, _TEAM, _TOPIC: Apple answers ${result.why}` }];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]();
    return Promise.resolve();
  }

  async #post(
    device: Pick<Device, "token" | "app">,
    message: DeviceMessage,
    body: string,
    signal: AbortSignal,
  ): Promise<{ answer: ShortAnswer; token: Token }> {
    const { config: { server } } = this.#options;
    const token = this.#tokenNow();
    const headers = {
      ...headersOf(device, message),
      "apns-topic": this.#topicOf(device),
      "authorization": `bearer ${await token.text}`,
      "content-type": "application/json",
    };
    const request = { method: "POST", headers, body, signal } as const;
    const response = await this.#connections.send(`${server}/3/device/${device.token}`, request);
    return { answer: await shortAnswer(response), token };
  }

  #resultOf(answer: ShortAnswer): PushResult {
    const { status, headers } = answer;
    const now = this.#options.now();
    const reason = codeIn(objectIn(answer.text)["reason"]);
    const why = `status ${status} ${reason ?? ""}`.trim();
    if (status === 200) {
      const ref = headers.get("apns-id") ?? "";
      return { result: "taken", ...(/^[\w-]{1,64}$/.test(ref) && { ref }) };
    }
    if (status === 410 || GONE.has(reason ?? "")) return { result: "gone", why };
    // Apple counts by device here, and by sender where it wants less of other tokens.
    if (reason === "TooManyRequests") return { ...laterBy(headers, now, why), isAlone: true };
    if (isExpired(answer)) return laterBy(headers, now, why);
    if (OF_SETTINGS.has(reason ?? "")) {
      return { result: "later", why, isAlone: true, isDenied: true };
    }
    return resultOf(answer, now, reason);
  }

  #tokenNow(): Token {
    const now = this.#options.now();
    const kept = this.#token;
    if (kept !== undefined && now >= kept.madeAt && now < kept.madeAt + RENEWED_AFTER_MS) {
      return kept;
    }
    return this.#token = { madeAt: now, text: this.#sign(now) };
  }

  /** Has the next request use another token; `false` where this one is too young for that. */
  #forget(token: Token): boolean {
    if (this.#token !== token) return true;
    if (this.#options.now() - token.madeAt < LEAST_BETWEEN_MS) return false;
    this.#token = undefined;
    return true;
  }

  async #sign(now: number): Promise<string> {
    const { config: { keyId, team }, key } = this.#options;
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    return await new SignJWT()
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .setIssuer(team)
      .setIssuedAt(inSeconds(now))
      .sign(await importPKCS8(pem, "ES256"));
  }
}

function isExpired({ status, text }: ShortAnswer): boolean {
  return status === 403 && objectIn(text)["reason"] === "ExpiredProviderToken";
}

function headersOf(device: Pick<Device, "token">, message: DeviceMessage): Record<string, string> {
  const isShown = message.what === "show";
  return {
    "apns-push-type": isShown ? "alert" : "background",
    "apns-priority": isShown && message.priority >= AT_ONCE ? "10" : "5",
    "apns-expiration": String(inSeconds(message.expiresAt)),
    "apns-collapse-id": collapseKey(device, message),
  };
}

function bodyOf(message: DeviceMessage): string | undefined {
  if (message.what === "show") return fitted(message, shown, MOST_BYTES)?.body;
  const { id, badge } = message;
  return JSON.stringify({
    aps: { "content-available": 1, badge },
    notifyli: { close: [id], badge },
  });
}

function shown(push: Push, isCut: boolean): string {
  const { title = push.text ?? NO_TITLE, text, badge, isSilent, group, priority, image } = push;
  return JSON.stringify({
    aps: {
      alert: { title, ...(push.title !== undefined && text !== undefined && { body: text }) },
      badge,
      // An extension of the app may then fetch a text or an image before it is shown.
      "mutable-content": 1,
      ...(!isSilent && { sound: "default" }),
      ...(priority === 1 && { "interruption-level": "passive" }),
      ...(group !== undefined && { "thread-id": group }),
    },
    notifyli: { ...forPrograms(push, isCut), ...(image !== undefined && { image }) },
  });
}
