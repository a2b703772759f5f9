/** A WebSocket by hand: it upgrades, and then does only what the test does. */
import assert from "node:assert/strict";
import { join, readFrame, type ReceivedFrame } from "./wire_frame.ts";

export const UPGRADE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/**
 * Upgrades, and then neither reads nor writes.
 *
 * @param headers more of them, each with its line break
 */
export async function rawSocket(
  port: number,
  path: string,
  headers = "",
): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}${UPGRADE}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(12);
  await connection.read(answer);
  assert.equal(new TextDecoder().decode(answer), "HTTP/1.1 101");
  return connection;
}

/** Upgrades, and then reads and writes frames, each written as the test says. */
export class RawSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  /** What was received and not yet read. */
  #rest: Uint8Array = new Uint8Array();
  readonly #buffer = new Uint8Array(65536);
  #isClosed = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** @param headers more of them, each with its line break, as those of `upgrade`, which asks for the upgrade */
  static async open(
    port: number,
    path = "/ws",
    headers = "",
    upgrade = UPGRADE,
  ): Promise<RawSocket> {
    const socket = new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
    socket.#connection.setNoDelay(); // a byte that is written alone shall go alone
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}${upgrade}\r\n`;
    await socket.write(new TextEncoder().encode(request));
    const head = await socket.#head();
    assert.match(head, /^HTTP\/1\.1 101 /);
    return socket;
  }

  /** Writes bytes. Rejects where the server has ended the connection. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.#connection.write(rest));
    }
  }

  async writeByteByByte(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at++) await this.write(bytes.subarray(at, at + 1));
  }

  /** Ends what this side sends, without a close frame. */
  hangUp(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** Resolves with the next frame, or "end". Where nothing came for `ms`, it closes the connection and says "silence". */
  async read(ms = 60_000): Promise<ReceivedFrame | "end" | "silence"> {
    const silence = setTimeout(() => this.#close(), ms);
    try {
      for (;;) {
        const frame = readFrame(this.#rest);
        if (frame !== undefined) {
          this.#rest = this.#rest.slice(frame.size);
          return frame;
        }
        if (!await this.#receive()) return this.#isClosed ? "silence" : "end";
      }
    } finally {
      clearTimeout(silence);
    }
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  async #head(): Promise<string> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#rest);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#rest = this.#rest.slice(end + 4);
        return text.slice(0, end);
      }
      if (!await this.#receive()) return text;
    }
  }

  /** Says whether more came. A reset is an end like any other. */
  async #receive(): Promise<boolean> {
    const length = await this.#connection.read(this.#buffer).catch(() => null);
    if (length === null) return false;
    this.#rest = join([this.#rest, this.#buffer.subarray(0, length)]);
    return true;
  }
}

export interface KnockOptions {
  /** The address that a proxy would say it speaks for. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The server's answer to an upgrade; a connection that it took stays open until this is disposed of. */
export class Knock implements Disposable {
  constructor(readonly text: string, readonly connection: Deno.TcpConn) {}

  get status(): number {
    return Number(this.text.slice(9, 12));
  }

  /** The body of a refusal. */
  json(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.text.slice(this.text.indexOf("\r\n\r\n")));
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

/** Asks for an upgrade of `/ws`, and reads the whole answer. */
export async function knock(
  port: number,
  { from, headers = {} }: KnockOptions = {},
): Promise<Knock> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const all = from === undefined ? headers : { ...headers, "x-forwarded-for": from };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines}${UPGRADE}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!isWhole(text)) {
    const length = await connection.read(buffer);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return new Knock(text, connection);
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const [, length = "0"] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
  return end >= 0 && text.length >= end + 4 + Number(length);
}
