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
