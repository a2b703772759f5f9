/** What carries a connection where nothing else is said: a WebSocket, and where none passes, Server-Sent Events. */
import type { Clock } from "./clock.ts";
import { fallbackTransport } from "./fallback_transport.ts";
import { sseTransport } from "./sse_transport.ts";
import { type OpenTransport, type WebSocketConstructor, webSocketTransport } from "./transport.ts";

/** @param WebSocket by default the runtime's own; Node.js has one from version 22 on */
export function defaultTransport(
  clock: Clock,
  WebSocket: WebSocketConstructor | undefined = ownWebSocket(),
): OpenTransport {
  const sse = sseTransport(fetch);
  return WebSocket ? fallbackTransport(webSocketTransport(WebSocket), sse, clock) : sse;
}

function ownWebSocket(): WebSocketConstructor | undefined {
  return (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
}
