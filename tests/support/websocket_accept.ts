/** The answer to a WebSocket's handshake, by hand (RFC 6455, section 4.2.2). */
import { createHash } from "node:crypto";

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** @param request the head of the handshake's request; the first subprotocol that it offers is taken */
export function accept(request: string): Uint8Array {
  const key = header(request, "sec-websocket-key");
  const [protocol = ""] = header(request, "sec-websocket-protocol").split(",");
  const accept = createHash("sha1").update(key + MAGIC).digest("base64");
  return new TextEncoder().encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol.trim()}\r\n\r\n`,
  );
}

function header(request: string, name: string): string {
  return new RegExp(`^${name}: *(.*)\r$`, "im").exec(request)?.[1] ?? "";
}
