/** ntfy: a topic on one of the servers that the settings allow. */
import { invalid } from "../../base/fields.ts";
import type { Action } from "../../inbox/details/actions.ts";
import { Outward, type PrivateTargets } from "../../net/outward.ts";
import type { ProviderNote, PushProvider } from "../provider.ts";
import type { Device, DeviceMessage, Push, PushResult } from "../types.ts";
import { absoluteUrl, imageUrl } from "./addresses.ts";
import { shownKey } from "./collapsing.ts";
import { NO_TITLE } from "./declarative.ts";
import { fitted } from "./fitting.ts";
import {
  codeIn,
  objectIn,
  requesting,
  resultOf,
  type ShortAnswer,
  shortAnswer,
} from "./requests.ts";
import type { NtfyConfig } from "./settings.ts";
import { certificateNote } from "./tls_end.ts";

/** A longer message would become a file. What stands beside its text is counted as well, so that little is beyond. */
const MOST_BYTES = 4096;

export interface NtfyOptions {
  readonly config: NtfyConfig;
  readonly privateTargets: PrivateTargets;
  /** Unix milliseconds. */
  now(): number;
}

export class Ntfy implements PushProvider {
  readonly name = "ntfy";
  readonly closes = true;
  readonly #options: NtfyOptions;
  #outward: Outward | undefined;

  constructor(options: NtfyOptions) {
    this.#options = options;
  }

  tokenOf(value: unknown): string {
    const { servers } = this.#options.config;
    const place = typeof value === "string" && value.length <= 500 ? placeOf(value) : undefined;
    if (place === undefined || !servers.includes(place.origin)) {
      throw invalid("token", "…", `the URL of a topic on ${servers.join(" or ")}`);
    }
    return `${place.origin}/${place.topic}`;
  }

  originOf({ token }: Device): string {
    return new URL(token).origin;
  }

  async send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult> {
    const place = placeOf(device.token);
    const { config: { servers }, now } = this.#options;
    if (place === undefined || !servers.includes(place.origin)) {
      return { result: "refused", why: "its server is not in PUSH_NTFY_SERVERS" };
    }
    if (message.expiresAt <= now()) return { result: "refused", why: "it has expired" };
    const request = requestOf(device, place, message);
    if (typeof request === "string") return { result: "refused", why: request };
    return await requesting(signal, async (signal) => {
      const response = await this.#outgoing.send(new URL(request.path, place.origin), {
        method: request.method,
        headers: { "content-type": "application/json", ...this.#authorization(place.origin) },
        ...("body" in request && { body: request.body }),
        signal,
      });
      return resultIn(await shortAnswer(response), now());
    });
  }

  /** Says how long the certificates of the servers are good. */
  async check(now: number): Promise<readonly ProviderNote[]> {
    const notes = await Promise.all(
      this.#options.config.servers.filter((each) => each.startsWith("https:")).map((each) => {
        const { hostname, port } = new URL(each);
        const place = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || 443 };
        return certificateNote(each, place, now);
      }),
    );
    return notes.flat();
  }

  get #outgoing(): Outward {
    return this.#outward ??= new Outward(this.#options.privateTargets);
  }

  /** The token is one server's: the others must not see it. */
  #authorization(origin: string): { authorization?: string } {
    const { servers: [first], token } = this.#options.config;
    return origin === first && token !== undefined ? { authorization: `Bearer ${token}` } : {};
  }
}

interface Place {
  readonly origin: string;
  readonly topic: string;
}

function placeOf(token: string): Place | undefined {
  const url = URL.parse(token);
  const [, topic] = /^\/([-_A-Za-z0-9]{1,64})\/?$/.exec(url?.pathname ?? "") ?? [];
  if (url === null || topic === undefined || url.username + url.password + url.search !== "") {
    return undefined;
  }
  return { origin: url.origin, topic };
}

function resultIn(answer: ShortAnswer, now: number): PushResult {
  const { id, code } = objectIn(answer.text);
  const ref = codeIn(id);
  // ntfy has more room later, once what it keeps is old.
  const result = resultOf(answer, now, codeIn(code));
  // Of a topic that is another one's ntfy says the same as of a wrong token.
  if (result.result === "later" && result.isDenied) return { ...result, isAlone: true };
  return result.result === "taken" && ref !== undefined ? { result: "taken", ref } : result;
}

/** A request, or why there is none to make. */
function requestOf(device: Device, { topic }: Place, message: DeviceMessage) {
  if (message.what === "close") {
    // The newest of a group may be another one, which nobody has read.
    if (message.group !== undefined && message.badge > 0) {
      return "a newer one of its group may be shown";
    }
    // Servers before 2.16 have no such address: they say 404, and the message stays.
    const path = `/${topic}/${shownKey(device, message)}/clear`;
    return { method: "PUT", path } as const;
  }
  const body = fitted(message, (push) => bodyOf(push, topic, shownKey(device, push)), MOST_BYTES)
    ?.body;
  return body === undefined ? "it is too large" : { method: "POST", path: "/", body } as const;
}

function bodyOf(push: Push, topic: string, sequence: string): string {
  const { title, text, priority } = push;
  const click = absoluteUrl(push.url, push);
  const icon = imageUrl(push.icon, push);
  const attach = imageUrl(push.image, push);
  const actions = push.actions?.flatMap((each) => actionOf(each, push)) ?? [];
  return JSON.stringify({
    topic,
    // The newest with this id takes the place of the others on the device.
    sequence_id: sequence,
    message: text ?? title ?? NO_TITLE,
    ...(text !== undefined && title !== undefined && { title }),
    priority,
    ...(click !== undefined && { click }),
    ...(icon !== undefined && { icon }),
    ...(attach !== undefined && { attach }),
    ...(actions.length > 0 && { actions }),
  });
}

/** An action as ntfy does it: by a request to this server's own address, for which nobody signs in. */
function actionOf(action: Action, push: Push): object[] {
  const { id, label, clear = false, type } = action;
  if (type === "view") {
    const url = absoluteUrl(action.url, push);
    return url === undefined ? [] : [{ action: "view", label, url, clear }];
  }
  if (type === "reply" || push.answerUrl === undefined) return []; // ntfy cannot ask for a text
  return [{
    ...{ action: "http", label, url: push.answerUrl, method: "POST", clear },
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ do: "act", action: id }),
  }];
}
