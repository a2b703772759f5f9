/** One keep-alive HTTP/1.1 connection with several requests under way; what is not answered in time breaks it. */

/** How an answer or its absence is told: the status, or `undefined` where there was none. */
export type Answered = (status: number | undefined) => void;

interface UnderWay {
  readonly sentAt: number;
  readonly answered: Answered;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

export class Pipeline {
  readonly #connection: Deno.TcpConn;
  readonly #depth: number;
  readonly #underWay: UnderWay[] = [];
  readonly #reading: Promise<void>;
  #writing: Promise<unknown> = Promise.resolve();
  #unsent = "";
  #isBroken = false;

  private constructor(connection: Deno.TcpConn, depth: number) {
    this.#connection = connection;
    this.#depth = depth;
    this.#reading = this.#read();
  }

  /** @param depth requests that may be under way; the answers come in their order */
  static async open(port: number, depth: number): Promise<Pipeline> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new Pipeline(connection, depth);
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  get isFull(): boolean {
    return this.#isBroken || this.#underWay.length >= this.#depth;
  }

  /** Those of one tick leave in one write. */
  send(request: string, answered: Answered): void {
    this.#underWay.push({ sentAt: performance.now(), answered });
    if (this.#unsent === "") this.#writing = this.#writing.then(() => this.#write());
    this.#unsent += request;
  }

  /** Gives up where the oldest request waits longer than this. */
  expire(ms: number): void {
    const [oldest] = this.#underWay;
    if (oldest !== undefined && performance.now() - oldest.sentAt > ms) this.#break();
  }

  async close(): Promise<void> {
    this.#break();
    await this.#reading;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const text = this.#unsent;
    this.#unsent = "";
    let rest = encoder.encode(text);
    try {
      while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
    } catch {
      this.#break();
    }
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    let text = "";
    try {
      for (;;) {
        const length = await this.#connection.read(buffer);
        if (length === null) break;
        text = this.#answer(text + decoder.decode(buffer.subarray(0, length)));
      }
    } catch {
      // It was reset, or given up.
    }
    this.#break();
  }

  /** Tells the whole answers in the text, and returns the rest. */
  #answer(text: string): string {
    let at = 0;
    for (;;) {
      const headEnd = text.indexOf("\r\n\r\n", at);
      if (headEnd < 0) return text.slice(at);
      const head = text.slice(at, headEnd);
      const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (length === undefined) throw new Error(`An answer without a length: ${head}`);
      const end = headEnd + 4 + Number(length);
      if (end > text.length) return text.slice(at);
      this.#underWay.shift()?.answered(Number(head.split(" ", 2)[1]));
      at = end;
    }
  }

  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#connection.close();
    for (const { answered } of this.#underWay.splice(0)) answered(undefined);
  }
}
