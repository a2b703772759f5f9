/** Reads a stream of Server-Sent Events as `EventSource` does, and collects what comes. */
import assert from "node:assert/strict";
import type { Frame } from "./test_client.ts";
import { waitFor } from "./wait.ts";

export interface StreamEvent {
  readonly name: string;
  readonly data: Frame;
}

export class EventStream implements AsyncDisposable {
  readonly events: StreamEvent[] = [];
  /** The whole events as they came, byte for byte. */
  text = "";
  readonly headers: Headers;
  comments = 0;
  retryMs: number | undefined;
  /** The id of the last whole event. */
  lastEventId: string;
  hasEnded = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;

  private constructor({ headers, body }: Response, lastEventId: string) {
    this.headers = headers;
    this.lastEventId = lastEventId;
    this.#reader = body?.getReader() ?? assert.fail();
    this.#reading = this.#read().catch(() => {}) // the stream was cut
      .finally(() => this.hasEnded = true);
  }

  /** Opens `address` as a browser does. @param lastEventId of the stream before, if there was one */
  static async open(
    address: string,
    lastEventId = "",
    headers: Record<string, string> = {},
  ): Promise<EventStream> {
    const response = await fetch(address, {
      headers: lastEventId === "" ? headers : { ...headers, "last-event-id": lastEventId },
    });
    if (response.status !== 200) assert.fail(`${response.status}: ${await response.text()}`);
    return new EventStream(response, lastEventId);
  }

  /** The frames, which come as events without a name. */
  get frames(): Frame[] {
    return this.events.filter(({ name }) => name === "message").map(({ data }) => data);
  }

  ofType(type: string): Frame[] {
    return this.frames.filter((frame) => frame["type"] === type);
  }

  /** Resolves with the `count` first frames of a type, once they are there. */
  async get(type: string, count = 1): Promise<Frame[]> {
    await waitFor(
      `${count} of ${type} (there are ${JSON.stringify(this.events).slice(0, 500)})`,
      () => this.ofType(type).length >= count,
    );
    return this.ofType(type).slice(0, count);
  }

  async named(name: string): Promise<Frame> {
    const event = await waitFor(`the event '${name}'`, () => {
      return this.events.find((each) => each.name === name);
    });
    return event.data;
  }

  async ended(): Promise<void> {
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {}); // the stream was cut
    await this.#reading;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    this.text += `${block}\n\n`;
    const fields = new Map(
      block.split("\n").map((line) => {
        const [, name = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
        return [name, value];
      }),
    );
    if (fields.has("")) this.comments++;
    if (fields.has("retry")) this.retryMs = Number(fields.get("retry"));
    this.lastEventId = fields.get("id") ?? this.lastEventId;
    const data = fields.get("data");
    if (data === undefined) return;
    this.events.push({ name: fields.get("event") ?? "message", data: JSON.parse(data) });
  }
}
