/** Calls a Redis command without a process for it, and prints the answer as `redis-cli` does into a pipe. */

const CARRIAGE_RETURN = 13;

/** Opens a connection, sends the command, and resolves with the answer's text; `""` where there is no answer. */
export async function callRedis(port: number, command: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(connection, encode(command));
  const chunk = new Uint8Array(65_536);
  let received = new Uint8Array();
  for (;;) {
    const length = await connection.read(chunk);
    if (length === null) return "";
    const longer = new Uint8Array(received.length + length);
    longer.set(received);
    longer.set(chunk.subarray(0, length), received.length);
    received = longer;
    const answer = readAnswer(received, 0);
    if (answer !== undefined) return answer.text.trim();
  }
}

/** A command as an array of bulk strings. */
function encode(command: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts = command.map((each) => `$${encoder.encode(each).length}\r\n${each}\r\n`);
  return encoder.encode(`*${parts.length}\r\n${parts.join("")}`);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** The answer that begins at `start`, and where it ends; `undefined` where not all of it is there yet. */
function readAnswer(bytes: Uint8Array, start: number): { text: string; end: number } | undefined {
  const lineEnd = bytes.indexOf(CARRIAGE_RETURN, start);
  if (lineEnd < 0 || lineEnd + 2 > bytes.length) return undefined;
  const line = decode(bytes.subarray(start + 1, lineEnd));
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "$":
      return readBulk(bytes, end, Number(line));
    case "*":
      return readArray(bytes, end, Number(line));
    default: // a status, an error or a number
      return { text: line, end };
  }
}

function readBulk(bytes: Uint8Array, start: number, length: number) {
  if (length < 0) return { text: "", end: start };
  const end = start + length;
  if (end + 2 > bytes.length) return undefined;
  return { text: decode(bytes.subarray(start, end)), end: end + 2 };
}

function readArray(bytes: Uint8Array, start: number, count: number) {
  const texts: string[] = [];
  let end = start;
  for (let index = 0; index < count; index++) {
    const item = readAnswer(bytes, end);
    if (item === undefined) return undefined;
    texts.push(item.text);
    end = item.end;
  }
  return { text: texts.join("\n"), end };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
