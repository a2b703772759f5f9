/** Calls the address of an action, and reads what it answers, as far as that is shown. */
import { createHash } from "node:crypto";
import { VERSION } from "../../base/version.ts";
import type { Outward } from "../../net/outward.ts";
import type { HttpAction } from "../details/actions.ts";
import type { ActName, Result } from "./types.ts";

const TIMEOUT_MS = 10_000;

/** Most bytes of an answer that are shown. */
const SHOWN_BYTES = 4096;

/**
 * Resolves with what the address answered, whatever it was; rejects where it did not answer. A call that is made again has the
 * same `Idempotency-Key`.
 */
export async function callAddress(
  outward: Outward,
  name: ActName,
  { id, url, method, headers, body }: HttpAction,
): Promise<Result> {
  const response = await outward.send(new URL(url), {
    method,
    headers: {
      "user-agent": `notifyli/${VERSION}`,
      ...(body !== undefined && { "content-type": "text/plain;charset=UTF-8" }),
      "idempotency-key": keyOf(name, id),
      ...lowered(headers),
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await startOf(response);
  return { status: response.status, ...(text !== "" && { text }) };
}

function keyOf({ site, user, id, sentAt }: ActName, action: string): string {
  const name = JSON.stringify([site, user, id, sentAt, action]);
  return createHash("sha256").update(name).digest("base64url").slice(0, 32);
}

function lowered(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** The first bytes of an answer that is a text. */
async function startOf({ body, headers }: Response): Promise<string> {
  const isText = /^(text\/|application\/([\w.-]+\+)?json\b)/i
    .test(headers.get("content-type") ?? "");
  if (body === null) return "";
  if (!isText) {
    await body.cancel().catch(() => {});
    return "";
  }
  const decoder = new TextDecoder();
  let text = "";
  let left = SHOWN_BYTES;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left <= 0) break; // which ends the answer
  }
  return text.trim();
}
