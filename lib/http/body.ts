/** Reads a request's body as text, up to a limit, for a limited time. */
import { NotifyliError } from "../errors.ts";

/**
 * Rejects with `too_long` as soon as the body is known to be over `limit` bytes, with `too_slow` where it is not there
 * after `seconds`, and with `invalid_field` where it is not UTF-8 or does
 * not come whole.
 */
export async function readBody(request: Request, limit: number, seconds: number): Promise<string> {
  if (Number(request.headers.get("content-length")) > limit) throw tooLong(limit);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of chunksOf(request, seconds)) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLong(limit);
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

async function* chunksOf({ body }: Request, seconds: number): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let isLate = false;
  const timer = Number.isFinite(seconds)
    ? setTimeout(() => {
      isLate = true;
      reader.cancel().catch(() => {}); // it ended in the same moment
    }, seconds * 1000)
    : undefined;
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((cause) => {
        throw new NotifyliError("invalid_field", "The body did not come whole", { cause });
      });
      if (isLate) throw tooSlow(seconds);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {}); // it broke off
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new NotifyliError("invalid_field", "The body is not UTF-8 text", { cause });
  }
}

function tooSlow(seconds: number): NotifyliError {
  return new NotifyliError("too_slow", `The body took too long: the limit is ${seconds} s`);
}

function tooLong(limit: number): NotifyliError {
  return new NotifyliError("too_long", `The body is too long: the limit is ${limit} bytes`);
}
