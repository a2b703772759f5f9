/** Reads a request's body as text, up to a limit. */
import { NotifyliError } from "../errors.ts";

/**
 * Rejects with `too_long` as soon as the body is known to be over `limit` bytes, and with `invalid_field` where it is
 * not UTF-8 or does not come whole.
 */
export async function readBody(request: Request, limit: number): Promise<string> {
  if (Number(request.headers.get("content-length")) > limit) throw tooLong(limit);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLong(limit);
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

/** A body that breaks off, or whose chunks are no chunks, is the caller's doing. */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const next = await reader?.read().catch((cause) => {
      throw new NotifyliError("invalid_field", "The body did not come whole", { cause });
    });
    if (next?.value === undefined) return;
    yield next.value;
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new NotifyliError("invalid_field", "The body is not UTF-8 text", { cause });
  }
}

function tooLong(limit: number): NotifyliError {
  return new NotifyliError("too_long", `The body is too long: the limit is ${limit} bytes`);
}
