/** Reads a stream of events (`text/event-stream`) as it comes, which `EventSource` cannot where a header has to be sent. */
import { EventReader, type ServerEvent } from "../../sdk/core/event_reader.ts";

/** Gives each event of a body once it is whole. @param heard is called with whatever comes, comments too */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent, void> {
  const reader = body.getReader();
  const events = new EventReader();
  for (;;) {
    const { value: bytes, done } = await reader.read();
    if (done) return;
    heard();
    yield* events.read(bytes);
  }
}
