/** A connection by hand that stays, with TLS or without: it speaks HTTP, and WebSocket once it is upgraded. */
import assert from "node:assert/strict";
import { UPGRADE } from "./raw_socket.ts";
import { text as textFrame } from "./wire_frame.ts";

export class RawLink implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #decoder = new TextDecoder("latin1");
  #text = "";
  #isClosed = false;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** @param certificate of the authority that signed the server's; absent without TLS */
  static async open(port: number, certificate?: string): Promise<RawLink> {
    const to = { hostname: "127.0.0.1", port };
    return new RawLink(
      certificate === undefined
        ? await Deno.connect(to)
        : await Deno.connectTls({ ...to, caCerts: [certificate] }),
    );
  }

  /** Resolves with the status of the answer; the connection is kept. */
  async request(method: string, path: string, body = ""): Promise<number> {
    await this.#write(
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [, status, length] = await this.#read(
      /^HTTP\/1\.1 (\d+)[^]*?\r\ncontent-length: (\d+)(?=\r)[^]*?\r\n\r\n/i,
    );
    await this.#read(new RegExp(`^[^]{${length}}`));
    return Number(status);
  }

  async upgrade(path: string): Promise<void> {
    await this.#write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}\r\n`);
    await this.#read(/^HTTP\/1\.1 101 [^]*?\r\n\r\n/);
  }

  /** Sends a frame, and resolves when one with this text in it has come. */
  async say(frame: unknown, answer: string): Promise<void> {
    await this.#write(textFrame(JSON.stringify(frame)));
    await this.#read(new RegExp(`[^]*${answer}`));
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
  }

  async #write(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
  }

  /** Waits for text that matches, and takes it off what came. */
  async #read(pattern: RegExp): Promise<RegExpExecArray> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match;
      }
      const length = await this.#connection.read(buffer);
      assert.notEqual(length, null, `the connection ended before ${pattern}: ${this.#text}`);
      this.#text += this.#decoder.decode(buffer.subarray(0, length ?? 0), { stream: true });
    }
  }
}
