/** The client's side of a WebSocket, by hand: no more than the loads need, and as cheap as can be. */
import { TcpSocket } from "./sockets.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Takes a text frame's payload: the bytes of `buffer` from `start` to `end`. */
export type FrameReader = (buffer: Uint8Array, start: number, end: number) => void;

export interface WebSocketOptions {
  readonly port: number;
  /** With query. */
  readonly path: string;
  /** Whole lines of more headers, without their ends. */
  readonly headers: readonly string[];
  /** Called with what the server refused the upgrade with, or closed with. */
  failed(why: string): void;
}

export class LoadSocket {
  /** Changes with what is expected next. */
  onText: FrameReader = () => {};
  onOpen: () => void = () => {};
  isUpgraded = false;
  readonly #socket: TcpSocket;
  readonly #failed: (why: string) => void;

  constructor({ port, path, headers, failed }: WebSocketOptions) {
    this.#failed = failed;
    this.#socket = new TcpSocket(port, (buffer, end) => this.#read(buffer, end));
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    ];
    this.#socket.send(encoder.encode(`${lines.join("\r\n")}\r\n\r\n`));
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  send(text: string): void {
    this.#socket.send(frame(TEXT, encoder.encode(text)));
  }

  close(): void {
    this.#socket.close();
  }

  #read(buffer: Uint8Array, end: number): number {
    let at = 0;
    if (!this.isUpgraded) {
      at = this.#readUpgrade(buffer, end);
      if (at === 0) return 0;
    }
    while (at + 2 <= end) {
      let start = at + 2;
      let length = buffer[at + 1]!; // a server masks nothing
      if (length === 126) {
        start = at + 4;
        length = buffer[at + 2]! * 256 + buffer[at + 3]!;
      } else if (length === 127) {
        start = at + 10;
        if (start > end) break;
        length = Number(new DataView(buffer.buffer).getBigUint64(at + 2));
      }
      if (start + length > end) break;
      const kind = buffer[at]! & 15;
      if (kind === TEXT) this.onText(buffer, start, start + length);
      else this.#control(kind, buffer.slice(start, start + length));
      at = start + length;
    }
    return at;
  }

  /** Returns where the first frame begins; 0 while the answer is not whole. */
  #readUpgrade(buffer: Uint8Array, end: number): number {
    const answer = decoder.decode(buffer.subarray(0, end));
    const length = answer.indexOf("\r\n\r\n");
    if (length === -1) return 0;
    if (!answer.startsWith("HTTP/1.1 101")) {
      this.#failed(answer);
      this.close();
      return end;
    }
    this.isUpgraded = true;
    this.onOpen();
    return length + 4;
  }

  #control(kind: number, payload: Uint8Array): void {
    if (kind === PING) this.#socket.send(frame(PONG, payload));
    if (kind !== CLOSE) return;
    this.#failed(`closed with ${(payload[0] ?? 0) * 256 + (payload[1] ?? 0)}`);
    this.close();
  }
}

/** A masked frame; the mask is zero, so that masking is no work. */
function frame(kind: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const isShort = length < 126;
  const bytes = new Uint8Array(length + (isShort ? 6 : 8));
  bytes[0] = 0x80 | kind;
  bytes[1] = 0x80 | (isShort ? length : 126);
  if (!isShort) new DataView(bytes.buffer).setUint16(2, length);
  bytes.set(payload, isShort ? 6 : 8);
  return bytes;
}
