/** What goes out to many receivers: each encoded form is made once. */
import { Buffer } from "node:buffer";
import type { Channel } from "./channel.ts";
import type { Position } from "./publication.ts";

const encoder = new TextEncoder();

/** Where a text is in a channel's history. */
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

  /** @param place absent where the text is in no history */
  constructor(readonly text: string, readonly place?: Place) {}

  /** As one message, with line breaks between. */
  static joined(texts: readonly Outgoing[]): Outgoing {
    return new Outgoing(texts.map(({ text }) => text).join("\n"));
  }

  /** As one write of a message each; it has no text. */
  static sequence(texts: readonly Outgoing[]): Outgoing {
    const sequence = new Outgoing("");
    sequence.#wire = Buffer.concat(texts.map(({ wire }) => wire));
    return sequence;
  }

  /** The whole unmasked WebSocket text frame (RFC 6455, section 5.2). */
  get wire(): Uint8Array {
    return this.#wire ??= textFrame(this.text);
  }

  /** The rest of a Server-Sent Event, after its `id` if it has one. Frames hold no line break. */
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
