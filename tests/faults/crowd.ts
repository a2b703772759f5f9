/**
 * Many healthy clients of one room, on raw TCP, in a process of their own. Arguments: port, clients, room. Prints
 * `ready`, and then what they have, one JSON of {@linkcode Heard} a line, whenever that changed.
 */

export interface Heard {
  /** Messages that every client has, each the next one after the one before. */
  readonly all: number;
  /** Messages that came out of order to somebody. */
  readonly misplaced: number;
}

const TELL_EVERY_MS = 100;
/** Connections that are being opened at once. */
const OPENING = 50;

/** Empty, as the pings are, and masked with zeros. */
const PONG = new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** What one client has. */
class Listener {
  last = 0;
  misplaced = 0;
  #rest = new Uint8Array();

  /** Takes bytes, in whatever pieces they come, and says whether there was a ping among them. */
  take(bytes: Uint8Array): boolean {
    let pinged = false;
    let data = bytes;
    if (this.#rest.length > 0) {
      data = new Uint8Array(this.#rest.length + bytes.length);
      data.set(this.#rest);
      data.set(bytes, this.#rest.length);
    }
    let at = 0;
    for (;;) {
      const [head, length] = headOf(data, at);
      if (head === 0 || at + head + length > data.length) break;
      if (data[at] === 0x81) this.#hear(data.subarray(at + head, at + head + Math.min(length, 40)));
      if (data[at] === 0x89) pinged = true;
      at += head + length;
    }
    this.#rest = data.slice(at);
    return pinged;
  }

  /** A message begins with its offset. */
  #hear(start: Uint8Array): void {
    const offset = /^\{"offset":(\d+),/.exec(decoder.decode(start))?.[1];
    if (offset === undefined) return;
    if (Number(offset) !== this.last + 1) this.misplaced++;
    this.last = Number(offset);
  }
}

/** Bytes of a frame's head and of its payload; 0 for a head that is not whole yet. */
function headOf(data: Uint8Array, at: number): [head: number, length: number] {
  const [, short, high = 0, low = 0] = data.subarray(at, at + 4);
  if (short === undefined) return [0, 0];
  if (short < 126) return [2, short];
  if (short === 127) throw new Error("a frame of over 64 KiB is not expected here");
  return data.length < at + 4 ? [0, 0] : [4, high * 256 + low];
}

async function open(port: number, query: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(encoder.encode(
    `GET /ws?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  const buffer = new Uint8Array(4096);
  let answer = "";
  while (!answer.includes("\r\n\r\n")) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error(`no upgrade: ${answer}`);
    answer += decoder.decode(buffer.subarray(0, length));
  }
  return connection;
}

async function listen(connection: Deno.TcpConn, listener: Listener): Promise<void> {
  const buffer = new Uint8Array(1 << 15);
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error("a healthy client was closed");
    if (listener.take(buffer.subarray(0, length))) await connection.write(PONG);
  }
}

if (import.meta.main) {
  const [port = "", clients = "", room = ""] = Deno.args;
  const listeners: Listener[] = [];
  while (listeners.length < Number(clients)) {
    const count = Math.min(OPENING, Number(clients) - listeners.length);
    await Promise.all(Array.from({ length: count }, async () => {
      const listener = new Listener();
      const user = listeners.push(listener);
      void listen(await open(Number(port), `user_id=${user}&room=${room}`), listener);
    }));
  }
  console.log("ready");
  let told = "";
  setInterval(() => {
    const heard: Heard = {
      all: Math.min(...listeners.map(({ last }) => last)),
      misplaced: listeners.reduce((sum, { misplaced }) => sum + misplaced, 0),
    };
    const text = JSON.stringify(heard);
    if (text !== told) console.log(text);
    told = text;
  }, TELL_EVERY_MS);
}
