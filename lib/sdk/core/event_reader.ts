/** Reads Server-Sent Events from the bytes of a stream. */

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

export class EventReader {
  readonly #decoder = new TextDecoder();
  /** A line that has not ended yet. */
  #rest = "";
  #name = "";
  #data: string[] = [];

  /** The events that end in these bytes. */
  read(bytes: Uint8Array): ServerEvent[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#take(line.replace(/\r$/, "")))
      .filter((event) => event !== undefined);
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") return this.#finish();
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
  }

  #finish(): ServerEvent | undefined {
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    return isEmpty ? undefined : event;
  }
}
