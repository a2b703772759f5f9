/** What one watcher is sent, as Server-Sent Events. Of what a slow reader leaves waiting, some is lost, and it is told how much. */
const ENCODER = new TextEncoder();

/** Most characters that wait for a reader; what comes meanwhile is lost. */
const MOST_WAITING = 1_000_000;

const KEEPALIVE_MS = 15_000;

/** A reader that takes nothing for so long has its stream ended: it would take up a place for as long as its connection lives. */
const STALLED_MS = 60_000;

const COMMENT = ":\n\n";

export class EventStream {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  readonly #ended: () => void;
  readonly #keepalive: ReturnType<typeof setInterval>;
  #waiting: string[] = ["retry: 1000\n\n"];
  #characters = 0;
  #lost = 0;
  #isAsked = false;
  /** When something was given to the reader last. */
  #givenAt = performance.now();
  #isEnded = false;

  /** @param ended is called once, when the reader has gone or the stream was ended */
  constructor(ended: () => void) {
    this.#ended = ended;
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        this.#isAsked = true;
        this.#give();
      },
      cancel: () => this.#end(),
    }, { highWaterMark: 0 });
    this.#keepalive = setInterval(() => this.#stayAlive(), KEEPALIVE_MS);
  }

  send(name: string, data: object): void {
    if (this.#characters > MOST_WAITING) return void this.#lost++;
    this.#push(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Notes that something was lost on its way here. */
  lose(count: number): void {
    this.#lost += count;
    if (count > 0) this.#push("");
  }

  end(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#controller.close();
  }

  #stayAlive(): void {
    const isStalled = this.#waiting.length > 0 && performance.now() - this.#givenAt >= STALLED_MS;
    if (isStalled) this.end();
    else this.#push(COMMENT);
  }

  #push(text: string): void {
    if (this.#isEnded) return;
    this.#characters += text.length;
    if (this.#waiting.push(text) === 1) queueMicrotask(() => this.#give());
  }

  #give(): void {
    if (this.#isEnded || !this.#isAsked || this.#waiting.length === 0) return;
    if (this.#lost > 0) {
      this.#waiting.push(`event: lost\ndata: {"lost":${this.#lost}}\n\n`);
      this.#lost = 0;
    }
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#characters = 0;
    if (text === "") return;
    this.#isAsked = false;
    this.#givenAt = performance.now();
    this.#controller.enqueue(ENCODER.encode(text));
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#keepalive);
    this.#waiting = [];
    this.#ended();
  }
}
