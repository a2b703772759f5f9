/** Sends webhook requests, and says what their answers mean. */
import { Outward, type PrivateTargets } from "../net/outward.ts";
import { retryAfterMs } from "../net/retry_after.ts";
import { VERSION } from "../base/version.ts";
import { tracer } from "../base/tracing.ts";
import { reasonOf } from "../base/reason.ts";
import { signatureHeaders } from "./signature.ts";

const TIMEOUT_MS = 10_000;

/** The statuses besides 5xx after which a request may succeed a little later. */
const TEMPORARY = new Set([408, 425, 429]);

/** What the answer to a request means. Of the URL, a `reason` holds the host alone, which may be logged. */
export type WebhookAnswer =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs?: number }
  /** No answer came, which may be so on this node alone. */
  | { readonly kind: "unreached"; readonly reason: string };

/** Where an endpoint is, and what its requests are signed with. */
export interface EndpointConfig {
  readonly url: string;
  /** One or two secrets, `whsec_…`, that requests are signed with. */
  readonly secrets: readonly string[];
  /** Where `url` may lead to besides public addresses. */
  readonly privateTargets: PrivateTargets;
}

/** One request, which is tried again under its id. `time` is Unix time in milliseconds. */
export interface HookRequest {
  readonly id: string;
  readonly body: string;
  readonly time: number;
}

export class WebhookEndpoint {
  readonly #url: URL;
  readonly #outward: Outward;
  readonly #secrets: readonly string[];

  constructor({ url, secrets, privateTargets }: EndpointConfig) {
    this.#url = new URL(url);
    this.#outward = new Outward(privateTargets);
    this.#secrets = secrets;
  }

  get host(): string {
    return this.#url.host;
  }

  /** Tells one batch. Never rejects. */
  post(request: HookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    if (tracer === undefined) return this.#post(request, signal);
    return tracer.run("hook", { kind: "client" }, async () => {
      const answer = await this.#post(request, signal);
      tracer?.note({ "notifyli.result": answer.kind, "server.address": this.#url.hostname });
      return answer;
    });
  }

  async #post({ id, body, time }: HookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    try {
      const response = await this.#outward.send(this.#url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": `notifyli/${VERSION}`,
          ...signatureHeaders(body, { id, time, secrets: this.#secrets }),
        },
        body,
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      await response.body?.cancel().catch(() => {}); // the status says it all
      return answerOf(response, time);
    } catch (error) {
      return { kind: "unreached", reason: timeout.signal.aborted ? TIMED_OUT : reasonOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

const TIMED_OUT = `no answer within ${TIMEOUT_MS / 1000} s`;

function answerOf({ status, headers }: Response, now: number): WebhookAnswer {
  if (status >= 200 && status <= 299) return { kind: "taken" };
  if (status >= 500 || TEMPORARY.has(status)) {
    const wait = retryAfterMs(headers.get("retry-after"), now);
    return { kind: "failed", reason: `status ${status}`, retryAfterMs: wait };
  }
  const isRedirect = status >= 300 && status <= 399;
  const reason = `status ${status}${isRedirect ? ", and redirects are not followed" : ""}`;
  return { kind: "refused", reason };
}
