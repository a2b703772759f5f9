/** Stands in for a Redis that cannot be had here: it answers `INFO` with a text, and everything else with `OK`. */

export class OldRedis implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  /** The commands that came, in capitals. */
  readonly commands: string[] = [];

  constructor(info: string) {
    this.#accepting = this.#accept(info);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#accepting;
  }

  async #accept(info: string): Promise<void> {
    const answering: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      answering.push(this.#answer(connection, info).catch(() => {})); // the peer ended the connection
    }
    await Promise.all(answering);
  }

  async #answer(connection: Deno.TcpConn, info: string): Promise<void> {
    const bytes = new TextEncoder().encode(info).length;
    const decoder = new TextDecoder();
    try {
      for await (const chunk of connection.readable) {
        // Each command is an array of texts: `*2\r\n$6\r\nCLIENT\r\n…`.
        for (
          const [, name = ""] of decoder.decode(chunk).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)
        ) {
          this.commands.push(name.toUpperCase());
          const answer = name.toUpperCase() === "INFO" ? `$${bytes}\r\n${info}\r\n` : "+OK\r\n";
          await connection.write(new TextEncoder().encode(answer));
        }
      }
    } finally {
      this.#connections.delete(connection);
    }
  }
}
