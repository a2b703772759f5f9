/** TCP connections that do nothing, as many as a server gives descriptors to, and some more. */
export class IdleCrowd implements Disposable {
  readonly #connections: Deno.TcpConn[] = [];
  readonly #port: number;
  /** Connects that were refused. */
  refused = 0;
  /** Connections that the server has ended. */
  ended = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens so many more, one after the other: refused ones count. */
  async grow(count: number): Promise<void> {
    for (let tried = 0; tried < count; tried++) await this.#add();
  }

  /** All leave. */
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
