/** Sends webhook requests, and says what their answers mean. */
import type { ReceiptBatch, ReceiptEvent } from "../inbox/store/store.ts";
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import { Outward } from "../net/outward.ts";
import { VERSION } from "../base/version.ts";
import { reasonOf } from "../base/reason.ts";
import { retryAfterMs } from "./retry.ts";
import type { WebhookConfig } from "./settings.ts";
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

export class WebhookEndpoint {
  readonly #url: URL;
  readonly #outward: Outward;
  readonly #secrets: readonly string[];

  constructor({ url, secrets, privateTargets }: WebhookConfig) {
    this.#url = new URL(url);
    this.#outward = new Outward(privateTargets);
    this.#secrets = secrets;
  }

  get host(): string {
    return this.#url.host;
  }

  /** Tells one batch. Never rejects. @param time Unix time in milliseconds */
  async post(batch: ReceiptBatch, time: number, signal: AbortSignal): Promise<WebhookAnswer> {
    const body = bodyOf(batch.events);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    try {
      const response = await this.#outward.send(this.#url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": `notifyli/${VERSION}`,
          ...signatureHeaders(body, { id: batch.id, time, secrets: this.#secrets }),
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

function bodyOf(events: readonly ReceiptEvent[]): string {
  const receipts = events.map(({ id, user, room, state, at }) => (
    { id, user_id: userIdOnWire(user), room, state, at: inSeconds(at) }
  ));
  return JSON.stringify({ type: "receipts", receipts });
}

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
