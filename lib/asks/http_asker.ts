/** Asks an application over HTTP: each question is one POST, signed as webhooks are, and the answer is JSON. */
import { randomBase64Url } from "../base/ids.ts";
import { VERSION } from "../base/version.ts";
import { signatureHeaders } from "../hooks/signature.ts";
import { Outward } from "../net/outward.ts";
import type { Asker, Question } from "./asker.ts";
import type { HttpAsks } from "./settings.ts";

/** How many bytes an answer may have. */
const MAX_ANSWER_BYTES = 65_536;

/** 128 random bits. */
const ID_BYTES = 16;

export function httpAsker({ kinds, rooms, topics, handshake, ...endpoint }: HttpAsks): Asker {
  const { url, secrets, privateTargets } = endpoint;
  const target = new URL(url);
  const outward = new Outward(privateTargets);
  return {
    ...{ rooms, topics, handshake },
    ...(kinds.includes("connect") ? { authenticate: ask } : {}),
    ...(kinds.includes("enter") ? { enter: ask } : {}),
    ...(kinds.includes("say") ? { say: ask } : {}),
    ...(kinds.includes("event") ? { event: ask } : {}),
    ...(kinds.includes("file") ? { file: ask } : {}),
  };

  /** Rejects where the answer is none. The reason has neither the URL nor what was asked. */
  async function ask(question: Question, signal: AbortSignal): Promise<object> {
    const body = JSON.stringify(question);
    const id = randomBase64Url(ID_BYTES);
    const response = await outward.send(target, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": `notifyli/${VERSION}`,
        ...signatureHeaders(body, { id, time: Date.now(), secrets }),
      },
      body,
      signal,
    });
    if (response.status === 200) return parsed(await readText(response.body));
    await response.body?.cancel();
    throw new Error(refusalOf(response.status));
  }
}

function refusalOf(status: number): string {
  if (status >= 300 && status <= 399) return `status ${status}, and redirects are not followed`;
  return `status ${status}: also a no is said by status 200, and {"allow": false}`;
}

function parsed(text: string): object {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error("the answer is not JSON");
  }
  if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) return answer;
  throw new Error("the answer is no JSON object");
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
