/** Reads `GET /api/watch` as a script does. */
import assert from "node:assert/strict";
import type { Program } from "./program.ts";
import { waitFor } from "./wait.ts";

type Json = Readonly<Record<string, unknown>>;

export class Watch implements AsyncDisposable {
  readonly events: { readonly name: string; readonly data: Json }[] = [];
  isEnded = false;
  readonly #stopping = new AbortController();
  readonly #reading: Promise<void>;

  private constructor(response: Response, readonly stopping: AbortController) {
    this.#stopping = stopping;
    this.#reading = this.#read(response).catch(() => {});
  }

  static async open(program: Program, key: string, query: string): Promise<Watch> {
    const stopping = new AbortController();
    const response = await fetch(`${program.url}/api/watch?${query}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: stopping.signal,
    });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    return new Watch(response, stopping);
  }

  /** The data of the events of a name so far. */
  of(name: string): Json[] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** Resolves with the first event of a name that is meant. */
  async get(name: string, isMeant: (data: Json) => boolean = () => true): Promise<Json> {
    return await waitFor(`an event ${name}`, () => this.of(name).find(isMeant));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }

  async #read(response: Response): Promise<void> {
    let rest = "";
    try {
      for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
          if (name !== undefined) this.events.push({ name, data: JSON.parse(data ?? "") });
        }
      }
    } finally {
      this.isEnded = true;
    }
  }
}
