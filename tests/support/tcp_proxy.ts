/** Stands between a program and its Redis, and can be cut, frozen, slowed and taken down. */
import { freePort } from "./free_port.ts";

/** How much of what a connection says first is remembered, in characters. */
const INTRODUCTION = 1_000;

export class TcpProxy implements AsyncDisposable {
  readonly port = freePort();
  /** How long bytes take in each direction, beside their own time. */
  delayMs = 0;
  /** The connections that {@linkcode TcpProxy.delayMs} delays are those that said this first, such as their name; absent: all. */
  delayed: string | undefined;
  /** How many pieces have gone to the target: what is written together is one, if it is not long. */
  pieces = 0;
  #target: number;
  readonly #open = new Set<Deno.TcpConn>();
  /** What the open connections said first. */
  readonly #introductions = new Map<Deno.TcpConn, string>();
  /** A connection that said this first is ended. */
  #refused: string | undefined;
  readonly #silenced = new Set<Deno.TcpConn>();
  /** A connection that said this first carries nothing. */
  #muted: string | undefined;
  readonly #pumps = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();
  /** The text of a command that is held once, and for how many milliseconds. */
  #held: { readonly text: string; readonly ms: number } | undefined;
  /** Resolved while bytes may pass. */
  #thaw = Promise.withResolvers<void>();
  /** The text of a command from which on no answer passes, but for so many bytes of its own. */
  #lastAnswered: { readonly text: string; readonly bytes: number } | undefined;
  /** How many bytes of answers may pass until {@linkcode TcpProxy.resume}. */
  #answerBytes = Infinity;
  /** Resolved while answers may pass. */
  #answersPass = Promise.withResolvers<void>();

  /** @param target port on 127.0.0.1 */
  constructor(target: number) {
    this.#target = target;
    this.#thaw.resolve();
    this.#answersPass.resolve();
    this.up();
  }

  /** Ends the connections that said this first, such as their name in Redis, and all that will, until `undefined` is refused. */
  refuse(text: string | undefined): void {
    this.#refused = text;
    const refused = [...this.#introductions].filter(([, said]) => this.#isRefused(said));
    for (const [connection] of refused) if (this.#open.delete(connection)) connection.close();
  }

  /** Lets nothing pass any more on connections that said this first, until `undefined` is muted; then they end. */
  mute(text: string | undefined): void {
    this.#muted = text;
    if (text !== undefined) return;
    for (const connection of this.#silenced) if (this.#open.delete(connection)) connection.close();
    this.#silenced.clear();
  }

  /** Ends all connections, in the middle of whatever they carry. New ones may come. */
  cut(): void {
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  /** Ends all connections, and leads new ones to another port, as after a failover. */
  leadTo(target: number): void {
    this.#target = target;
    this.cut();
  }

  /** Lets no byte pass, and tells nobody. What is sent meanwhile passes after {@linkcode TcpProxy.resume}. */
  freeze(): void {
    this.#thaw = Promise.withResolvers();
  }

  /**
   * From the next command on that has this text in it, lets what is asked pass, and no answer.
   *
   * @param bytes how much of answers still passes, or a little more
   */
  freezeAnswersFrom(text: string, bytes = 0): void {
    this.#lastAnswered = { text, bytes };
  }

  resume(): void {
    this.#thaw.resolve();
    this.#answersPass.resolve();
    this.#answerBytes = Infinity;
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
        this.#start(this.#pump(near, far, near));
        this.#start(this.#pump(far, near, near));
      } catch {
        near.close(); // there is nobody behind
      }
    }
  }

  #start(pump: Promise<void>): void {
    const running = pump.finally(() => this.#pumps.delete(running));
    this.#pumps.add(running);
  }

  async #hear(near: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
    this.pieces++;
    const before = this.#introductions.get(near) ?? "";
    if (before.length < INTRODUCTION) {
      const introduction = before + new TextDecoder().decode(bytes);
      this.#introductions.set(near, introduction);
      if (this.#isRefused(introduction)) throw new Error("refused");
    }
    await this.#hold(bytes);
  }

  #isRefused(introduction: string): boolean {
    return this.#refused !== undefined && introduction.includes(this.#refused);
  }

  #isDelayed(near: Deno.TcpConn): boolean {
    if (this.delayMs === 0 || this.delayed === undefined) return this.delayMs > 0;
    return this.#introductions.get(near)?.includes(this.delayed) ?? false;
  }

  #isSilenced(near: Deno.TcpConn): boolean {
    if (this.#muted !== undefined && this.#introductions.get(near)?.includes(this.#muted)) {
      this.#silenced.add(near);
    }
    return this.#silenced.has(near);
  }

  async #hold(bytes: Uint8Array): Promise<void> {
    const held = this.#held;
    if (held === undefined && this.#lastAnswered === undefined) return;
    const text = new TextDecoder().decode(bytes);
    if (this.#lastAnswered !== undefined && text.includes(this.#lastAnswered.text)) {
      this.#answerBytes = this.#lastAnswered.bytes;
      this.#lastAnswered = undefined;
      this.#answersPass = Promise.withResolvers();
    }
    if (held === undefined || !text.includes(held.text)) return;
    this.#held = undefined;
    await new Promise((resolve) => setTimeout(resolve, held.ms));
  }

  /** @param near the program's end of the connection, which is one of the two */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, near: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(1 << 14);
    let delayed = Promise.resolve();
    try {
      for (;;) {
        const length = await from.read(buffer);
        await this.#thaw.promise;
        if (length === null) break;
        const bytes = buffer.subarray(0, length);
        if (from === near) await this.#hear(near, bytes);
        else {
          if (this.#answerBytes <= 0) await this.#answersPass.promise;
          this.#answerBytes -= length;
        }
        if (this.#isSilenced(near)) continue;
        if (this.#isDelayed(near)) delayed = this.#writeLater(to, bytes.slice(), delayed);
        else await delayed.then(() => writeAll(to, bytes));
      }
    } catch {
      // The connection was cut, or reset.
    }
    await delayed;
    this.#introductions.delete(near);
    for (const connection of [from, to]) if (this.#open.delete(connection)) connection.close();
  }

  /** Bytes that come meanwhile are on their way at the same time. */
  async #writeLater(to: Deno.TcpConn, bytes: Uint8Array, before: Promise<void>): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    await before;
    await writeAll(to, bytes).catch(() => {}); // the connection was cut
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await to.write(rest));
}
