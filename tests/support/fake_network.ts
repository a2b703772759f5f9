/** A clock and sockets that do what a test says, for the client library and the page. */
import assert from "node:assert/strict";
import type { Clock, WebSocketLike } from "../../lib/sdk/mod.ts";

/** A JSON object on the wire. */
export type Frame = Readonly<Record<string, unknown>>;

/** A clock whose time passes only when a test says so. */
export class FakeClock implements Clock {
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #now = 1_000_000;
  #last = 0;

  get size(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const id = ++this.#last;
    this.#timers.set(id, { at: this.#now + ms, callback });
    return () => void this.#timers.delete(id);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end)
        .sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      const [id, { at, callback }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      callback();
    }
    this.#now = end;
  }
}

/** A WebSocket whose server is the test. */
export class FakeSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: readonly string[];
  protocol = "notifyli.v2";
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: (() => void) | null = null;
  onsend = (_frame: Frame) => {};
  closed = false;
  readonly sent: Frame[] = [];
  readonly #answered = new Set<unknown>();

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    const frame = JSON.parse(text);
    this.sent.push(frame);
    this.onsend(frame);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.(new Event("open"));
  }

  drop(code: number, reason = ""): void {
    this.closed = true;
    this.onclose?.({ code, reason } as CloseEvent);
  }

  /** Has the client receive all frames in one text message. */
  receive(...frames: Frame[]): void {
    const data = frames.map((frame) => JSON.stringify(frame)).join("\n");
    this.onmessage?.({ data } as MessageEvent);
  }

  /** The frames of a type that the client sent, without their `ref`s. */
  ofType(type: string): Frame[] {
    return this.sent.filter((frame) => frame.type === type).map(({ ref: _, ...frame }) => frame);
  }

  /** Answers the oldest command of the type that has no answer yet. @param after comes in the same text message */
  reply(type: string, data: Frame, ...after: Frame[]): void {
    this.#answer(type, { success: true, data }, after);
  }

  refuse(type: string, code: string, more: Frame = {}): void {
    this.#answer(type, { success: false, code, error: `No: ${code}`, ...more });
  }

  #answer(type: string, answer: Frame, after: readonly Frame[] = []): void {
    const command = this.sent.find((frame) =>
      frame.type === type && !this.#answered.has(frame.ref)
    );
    assert.ok(command, `a command '${type}' (there are ${JSON.stringify(this.sent)})`);
    this.#answered.add(command.ref);
    this.receive({ type: "reply", ref: command.ref, ...answer }, ...after);
  }
}
