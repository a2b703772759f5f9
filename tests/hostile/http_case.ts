/** A request as bytes, right or wrong, and how many answers of which status it gets. */

export interface HttpCase {
  readonly name: string;
  /** All that is sent on one connection. */
  readonly send: string;
  /** The status of each answer, and "open" where the connection still waits for more of the request. */
  readonly expect: Readonly<Record<"deno" | "node", readonly string[]>>;
}

/** A server that says nothing for so long waits for more. */
const OPEN_AFTER_MS = 3000;
/** Where more is expected of it, an answer or an end, only a server that is broken is silent for so long. */
const BROKEN_AFTER_MS = 60_000;

/** Sends a case, each character a byte, and says what came back until the connection ended or fell silent. */
export async function answers(
  port: number,
  { send, expect }: { send: string; expect: readonly string[] },
): Promise<string[]> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isOpen = true;
  const end = () => {
    if (isOpen) connection.close();
    isOpen = false;
  };
  const buffer = new Uint8Array(65_536);
  let text = "";
  const silenceMs = () =>
    [...statusesOf(text), "open"].join() === expect.join() ? OPEN_AFTER_MS : BROKEN_AFTER_MS;
  let timer = setTimeout(end, silenceMs());
  let hasEnded = false;
  try {
    let rest = Uint8Array.from(send, (character) => character.charCodeAt(0));
    while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) break;
      clearTimeout(timer);
      text += new TextDecoder("latin1").decode(buffer.subarray(0, length));
      timer = setTimeout(end, silenceMs());
    }
    hasEnded = true;
  } catch {
    hasEnded = isOpen; // reset by the server, else closed by the timer
  }
  clearTimeout(timer);
  end();
  return hasEnded ? statusesOf(text) : [...statusesOf(text), "open"];
}

function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status = ""]) => status);
}
