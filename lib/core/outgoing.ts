/** Texts that go out to many receivers. */
import { Buffer } from "node:buffer";
import type { Channel } from "./channel.ts";
import type { Position } from "./publication.ts";

const encoder = new TextEncoder();

/** The place of a text in a channel's history. */
export interface Place {
  readonly channel: Channel;
  readonly position: Position;
}

/**
 * Text for many receivers: each encoded form is made once, on first use, and shared by all of them.
 */
export class Outgoing {
  #wire: Uint8Array | undefined;
  #event: Uint8Array | undefined;

  /** @param place absent if the text is in no history */
  constructor(readonly text: string, readonly place?: Place) {}

  /** Joins the texts to one message, with line breaks in between. */
  static joined(texts: readonly Outgoing[]): Outgoing {
    return new Outgoing(texts.map(({ text }) => text).join("\n"));
  }

  /** Joins the frames of the texts to one write. The result has a `wire` and no text. */
  static sequence(texts: readonly Outgoing[]): Outgoing {
    const sequence = new Outgoing("");
    sequence.#wire = Buffer.concat(texts.map(({ wire }) => wire));
    return sequence;
  }

  /** The whole unmasked WebSocket text frame (RFC 6455, section 5.2). */
  get wire(): Uint8Array {
    return this.#wire ??= textFrame(this.text);
  }

  /** A Server-Sent Event without its `id`. Frames contain no line break, so one `data` line is enough. */
  get event(): Uint8Array {
    return this.#event ??= encoder.encode(`data: ${this.text}\n\n`);
  }
}

function textFrame(text: string): Uint8Array {
  const payload = encoder.encode(text);
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = new Uint8Array(head + length);
  frame[0] = 0x81; // FIN and opcode 1, text
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = 126;
    new DataView(frame.buffer).setUint16(2, length);
  } else {
    frame[1] = 127;
    new DataView(frame.buffer).setBigUint64(2, BigInt(length));
  }
  frame.set(payload, head);
  return frame;
}
