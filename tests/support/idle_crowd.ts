/** A crowd of TCP connections that do nothing, more than a server has descriptors for. */
export class IdleCrowd implements Disposable {
  readonly #connections: Deno.TcpConn[] = [];
  readonly #port: number;
  /** How many connections were refused. */
  refused = 0;
  /** How many connections the server has ended. */
  ended = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Tries to open so many more, one after the other. */
  async grow(count: number): Promise<void> {
    for (let tried = 0; tried < count; tried++) await this.#add();
  }

  /** Closes all connections. */
  leave(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  async #add(): Promise<void> {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.#connections.push(connection);
      void this.#watch(connection);
    } catch {
      this.refused++;
    }
  }

  async #watch(connection: Deno.TcpConn): Promise<void> {
    const length = await connection.read(new Uint8Array(1)).catch(() => null);
    if (length === null && this.#connections.includes(connection)) this.ended++;
  }
}
