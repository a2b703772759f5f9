/** Where the server answers HTTP, as seen from the address of its WebSocket. */

/** `https://example.org/chat/sse` for `sse` and `wss://example.org/chat/ws`, or for the same with a slash at the end. */
export function httpAddress(url: string, path: string): string {
  const { href } = new URL(url);
  const address = new URL(path, href.replace(/\/ws\/(?=$|[?#])/, "/ws"));
  address.protocol = address.protocol.replace("ws", "http");
  return address.href;
}
