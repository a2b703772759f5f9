/** Stands between a program and a real Redis, and changes fields of what `INFO` answers, such as a version that cannot be had here. */

export class ChangedInfo implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #fields: Readonly<Record<string, string>>;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #pumps: Promise<unknown>[] = [];
  readonly #accepting: Promise<void>;

  /**
   * @param target port of the Redis, on 127.0.0.1
   * @param fields such as `{ redis_version: "6.2.14" }`
   */
  constructor(target: number, fields: Readonly<Record<string, string>>) {
    this.#fields = fields;
    this.#accepting = this.#accept(target);
  }

  /** Settings for a notifyli that takes it for its Redis. */
  get env(): Record<string, string> {
    return { REDIS_URL: `redis://127.0.0.1:${this.#listener.addr.port}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#open) this.#close(connection);
    await Promise.all(this.#pumps);
  }

  async #accept(target: number): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: target });
      this.#open.add(near).add(far);
      this.#pumps.push(
        this.#pump(near, far, (text) => [text, ""]),
        this.#pump(far, near, (text) => this.#changed(text)),
      );
    }
  }

  /** @param take of a text that came, says what goes on, and what waits for its rest */
  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    take: (text: string) => readonly [now: string, later: string],
  ): Promise<void> {
    const buffer = new Uint8Array(1 << 14);
    let rest = "";
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        // A character a byte, so that no answer is changed but the one.
        const [now, later] = take(rest + String.fromCharCode(...buffer.subarray(0, length)));
        rest = later;
        let bytes = Uint8Array.from(now, (character) => character.charCodeAt(0));
        while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
      }
    } catch {
      // One of the two ended the connection.
    }
    for (const connection of [from, to]) this.#close(connection);
  }

  /** Changes each answer to `INFO` that is whole, a text of RESP: `$5420\r\n# Server\r\n…`, or since RESP3 `=5424\r\ntxt:# Server\r\n…`. */
  #changed(text: string): readonly [now: string, later: string] {
    const found = /[$=](\d+)\r\n(?=(?:txt:)?# Server)/.exec(text);
    if (found === null) return [text, ""];
    const start = found.index + found[0].length;
    const end = start + Number(found[1]);
    if (text.length < end) return [text.slice(0, found.index), text.slice(found.index)];
    let info = text.slice(start, end);
    for (const [name, value] of Object.entries(this.#fields)) {
      info = info.replace(new RegExp(`^${name}:.*$`, "m"), `${name}:${value}`);
    }
    const [now, later] = this.#changed(text.slice(end));
    return [
      `${text.slice(0, found.index)}${text[found.index]}${info.length}\r\n${info}${now}`,
      later,
    ];
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#open.delete(connection)) connection.close();
  }
}
