/** Speaks HTTP/1.1 by hand: what a test wrote is sent, with no path resolved and no header added. */

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends the lines of a request and an optional body, and reads until the other side closes. */
export async function rawRequest(
  port: number,
  lines: readonly string[],
  body = "",
): Promise<RawResponse> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = [...lines, "Connection: close", "", ""].join("\r\n");
  let rest = new TextEncoder().encode(head + body);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) break;
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return parse(text);
}

/** Sends a request on a connection that stays open, and reads the one answer, whose length it says. */
export async function rawExchange(
  port: number,
  lines: readonly string[],
  body = "",
): Promise<RawResponse> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode([...lines, "", ""].join("\r\n") + body));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  for (;;) {
    const answer = parse(text);
    const length = lines[0]?.startsWith("HEAD") ? 0 : answer.headers.get("content-length");
    if (answer.status !== 0 && answer.body.length >= Number(length ?? Infinity)) return answer;
    const read = await connection.read(buffer);
    if (read === null) return answer;
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
}

/** A status of 0 means that there was no answer at all. */
function parse(text: string): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(first.split(" ")[1] ?? 0), headers, body: text.slice(end + 4) };
}
