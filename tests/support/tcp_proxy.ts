/** Stands between a program and its Redis, and can be cut, frozen and taken down. */
import { freePort } from "./free_port.ts";

export class TcpProxy implements AsyncDisposable {
  readonly port = freePort();
  readonly #target: number;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #pumps = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();
  /** The text of a command that is held once, and for how many milliseconds. */
  #held: { readonly text: string; readonly ms: number } | undefined;
  /** Resolved while bytes may pass. */
  #thaw = Promise.withResolvers<void>();

  /** @param target port on 127.0.0.1 */
  constructor(target: number) {
    this.#target = target;
    this.#thaw.resolve();
    this.up();
  }

  /** Ends all connections, in the middle of whatever they carry. New ones may come. */
  cut(): void {
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  /** Lets no byte pass, and tells nobody. What is sent meanwhile passes after {@linkcode TcpProxy.resume}. */
  freeze(): void {
    this.#thaw = Promise.withResolvers();
  }

  resume(): void {
    this.#thaw.resolve();
  }

  /** Holds the next command with this text in it, and what comes behind it, for so long. */
  holdOnce(text: string, ms: number): void {
    this.#held = { text, ms };
  }

  /** Cuts, and refuses connections until {@linkcode TcpProxy.up}. */
  down(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.cut();
  }

  up(): void {
    if (this.#listener !== undefined) return;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accepting = this.#accept(this.#listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    this.down();
    await this.#accepting;
    this.cut(); // connections that were just being accepted
    await Promise.all(this.#pumps);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const near of listener) {
      try {
        const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
        this.#open.add(near).add(far);
        this.#start(this.#pump(near, far, (bytes) => this.#hold(bytes)));
        this.#start(this.#pump(far, near, () => {}));
      } catch {
        near.close(); // there is nobody behind
      }
    }
  }

  #start(pump: Promise<void>): void {
    const running = pump.finally(() => this.#pumps.delete(running));
    this.#pumps.add(running);
  }

  async #hold(bytes: Uint8Array): Promise<void> {
    const held = this.#held;
    if (held === undefined || !new TextDecoder().decode(bytes).includes(held.text)) return;
    this.#held = undefined;
    await new Promise((resolve) => setTimeout(resolve, held.ms));
  }

  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    hold: (bytes: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    const buffer = new Uint8Array(1 << 14);
    try {
      for (;;) {
        const length = await from.read(buffer);
        await this.#thaw.promise;
        if (length === null) break;
        let rest = buffer.subarray(0, length);
        await hold(rest);
        while (rest.length > 0) rest = rest.subarray(await to.write(rest));
      }
    } catch {
      // The connection was cut, or reset.
    }
    for (const connection of [from, to]) if (this.#open.delete(connection)) connection.close();
  }
}
