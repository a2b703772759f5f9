/** A WebSocket by hand: it upgrades, and then does only what the test does. */
import assert from "node:assert/strict";

export const UPGRADE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Upgrades, and then neither reads nor writes. */
export async function rawSocket(port: number, path: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${UPGRADE}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(12);
  await connection.read(answer);
  assert.equal(new TextDecoder().decode(answer), "HTTP/1.1 101");
  return connection;
}

export interface KnockOptions {
  /** Whom a proxy would say it speaks for. */
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
