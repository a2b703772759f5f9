/** Reads a stream of events (`text/event-stream`) as it comes, which `EventSource` cannot where a header has to be sent. */

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Gives each event of a body once it is whole. @param heard is called with whatever comes, comments too */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<StreamEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value: bytes, done } = await reader.read();
    if (done) return;
    heard();
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r\n|\n/);
    // Whole events end with an empty line; what follows the last one is not whole yet.
    const end = lines.lastIndexOf("", lines.length - 2);
    if (end < 0) {
      rest = lines.join("\n");
      continue;
    }
    rest = lines.slice(end + 1).join("\n");
    yield* eventsIn(lines.slice(0, end + 1));
  }
}

function* eventsIn(lines: readonly string[]): Generator<StreamEvent, void> {
  let event = "message";
  let data: string[] = [];
  for (const line of lines) {
    if (line === "") {
      if (data.length > 0) yield { event, data: data.join("\n") };
      [event, data] = ["message", []];
      continue;
    }
    const [, name, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }
}
