/** A server that accepts connections and never answers: as a process that hangs, or the system before one that is stopped. */
import { accept } from "./websocket_accept.ts";
import { waitFor } from "./wait.ts";

/** The first byte of the frame by which a client closes; no request begins with it. */
const CLOSE_FRAME = 0x88;

export class SilentServer implements AsyncDisposable {
  /** What came from the clients, connection by connection. */
  readonly heard: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #hearsClose: boolean;
  readonly #accepting: Promise<void>;
  readonly #reading: Promise<void>[] = [];

  /**
   * @param options.upgrades whether the handshake of a WebSocket is answered, and only what comes after it is not
   * @param options.hearsClose whether it ends a connection that is closed by a WebSocket's frame
   */
  constructor({ upgrades = false, hearsClose = true } = {}) {
    this.#hearsClose = hearsClose;
    this.#accepting = this.#accept(upgrades);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}/ws`;
  }

  /** Resolves when so many connections have come. */
  async accepted(count: number): Promise<void> {
    await waitFor("clients come", () => this.heard.length >= count);
  }

  /** Resolves when all clients have gone. Rejects after `ms`. */
  async left(ms?: number): Promise<void> {
    await waitFor("clients go", () => this.#open.size === 0, ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await Promise.all(this.#reading);
  }

  async #accept(upgrades: boolean): Promise<void> {
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      this.#reading.push(this.#read(connection, upgrades, this.heard.push("") - 1));
    }
  }

  async #read(connection: Deno.TcpConn, upgrades: boolean, index: number): Promise<void> {
    const buffer = new Uint8Array(1 << 12);
    try {
      for (;;) {
        const length = await connection.read(buffer);
        if (length === null) break;
        if (buffer[0] === CLOSE_FRAME && this.#hearsClose) break;
        const before = this.heard[index] ?? "";
        const heard = this.heard[index] = before +
          new TextDecoder().decode(buffer.subarray(0, length));
        if (upgrades && before === "") await connection.write(accept(heard));
      }
    } catch {
      // The connection was ended, here or there.
    }
    if (this.#open.delete(connection)) connection.close();
  }
}
