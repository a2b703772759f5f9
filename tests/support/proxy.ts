/** Stands between a client and the server: cuts connections in the middle of a frame, and may refuse WebSockets. */

export class Proxy implements AsyncDisposable {
  /** Whether an upgrade is answered as by a proxy that knows only plain HTTP. */
  refusesWebSockets = false;
  connections = 0;
  webSockets = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #pumps: Promise<unknown>[] = [];
  readonly #accepting: Promise<void>;

  constructor(port: number) {
    this.#accepting = this.#accept(port);
  }

  /** The address of the WebSocket behind the proxy. */
  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}/ws`;
  }

  cut(): void {
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    this.cut();
    await Promise.all(this.#pumps);
  }

  async #accept(port: number): Promise<void> {
    for await (const near of this.#listener) {
      this.connections++;
      this.#open.add(near);
      this.#pumps.push(this.#join(near, port).catch(() => {})); // the connection was cut
    }
  }

  async #join(near: Deno.TcpConn, port: number): Promise<void> {
    const head = new Uint8Array(4096);
    const length = await near.read(head) ?? 0;
    const isUpgrade = /\r\nupgrade: *websocket/i.test(new TextDecoder().decode(head));
    if (isUpgrade && this.refusesWebSockets) {
      await near.write(new TextEncoder().encode(REFUSAL));
      return this.#close(near);
    }
    if (isUpgrade) this.webSockets++;
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    if (!this.#open.has(near)) return far.close();
    this.#open.add(far);
    await write(far, head.subarray(0, length));
    await Promise.allSettled([this.#pump(near, far), this.#pump(far, near)]);
  }

  /** Passes bytes on in small pieces, so that a cut comes in the middle of something. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(50);
    for (;;) {
      const length = await from.read(buffer);
      if (length === null) break;
      await write(to, buffer.subarray(0, length));
    }
    for (const connection of [from, to]) this.#close(connection);
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#open.delete(connection)) connection.close();
  }
}

const REFUSAL = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

async function write(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await to.write(rest));
}
