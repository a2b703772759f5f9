/** What requests to push services have in common: a time limit, answers that are read to a limit, and what statuses mean. */
import { reasonOf } from "../../base/reason.ts";
import { PrivateTargetError } from "../../net/private_addresses.ts";
import { retryAfterMs } from "../../net/retry_after.ts";
import type { PushResult } from "../types.ts";

const TIMEOUT_MS = 15_000;

/** Of an answer nothing is needed but a code and a sentence. */
const MOST_ANSWER_BYTES = 16_384;

const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

/** The statuses besides 5xx after which the same may succeed a little later. */
const TEMPORARY = new Set([408, 425, 429]);

/** An answer without more of its body than is of use. */
export interface ShortAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Makes a request within the time of a caller, and within a time of its own. What keeps it from an answer is `later`, since it
 * says nothing of the device; only an address that may not be asked is `refused`.
 *
 * @param request reads what it needs of the answer within the time
 */
export async function requesting(
  signal: AbortSignal,
  request: (signal: AbortSignal) => Promise<PushResult>,
): Promise<PushResult> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    return await request(either);
  } catch (error) {
    if (error instanceof PrivateTargetError) return { result: "refused", why: error.message };
    return { result: "later", why: either.aborted ? "no answer in time" : withoutUrls(error) };
  } finally {
    clearTimeout(timer);
  }
}

export async function shortAnswer(response: Response): Promise<ShortAnswer> {
  const { status, headers, body } = response;
  return { status, headers, text: await startOfBody(body) };
}

/** The JSON object in an answer; empty where there is none. */
export function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A code out of an answer, such as `BadDeviceToken`; nothing that could be a token or somebody's text. */
export function codeIn(value: unknown): string | undefined {
  const isCode = typeof value === "string" && /^[A-Za-z]\w{1,39}$/.test(value) ||
    typeof value === "number" && Number.isSafeInteger(value);
  return isCode ? String(value) : undefined;
}

/** What a status means that no table of a service has. @param now Unix milliseconds */
export function resultOf(
  { status, headers }: Pick<ShortAnswer, "status" | "headers">,
  now: number,
  code?: string,
): PushResult {
  const why = code === undefined ? `status ${status}` : `status ${status} ${code}`;
  if (status >= 200 && status <= 299) return { result: "taken" };
  if (status >= 500 || TEMPORARY.has(status)) return laterBy(headers, now, why);
  if (status === 401 || status === 403) return { result: "later", why, isDenied: true };
  const isRedirect = status >= 300 && status <= 399;
  return {
    result: "refused",
    why: `${why}${isRedirect ? ", and redirects are not followed" : ""}`,
  };
}

/** Later, when the service wants to be asked again. */
export function laterBy(
  headers: Headers,
  now: number,
  why: string,
): PushResult & { result: "later" } {
  const waitMs = retryAfterMs(headers.get("retry-after"), now, LONGEST_RETRY_AFTER_MS);
  return { result: "later", why, ...(waitMs !== undefined && { at: now + waitMs }) };
}

/** What keeps a request from its answer. The runtime's own words may have the whole URL in them, and so a token. */
function withoutUrls(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  const text = reasonOf(cause).replace(/\bhttps?:\/\/[^\s)]*/gi, "…");
  return (/client error \(\w+\): (.+)$/.exec(text)?.[1] ?? text).slice(0, 200);
}

async function startOfBody(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  // Leaving the loop cancels what is still to come.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > MOST_ANSWER_BYTES) break;
  }
  return text.slice(0, MOST_ANSWER_BYTES);
}
