/** One case of the WebSocket rules: what a client sends, and what must come of it. */
import { RawSocket } from "../support/raw_socket.ts";
import { bytes, OPCODES, type ReceivedFrame, text } from "../support/wire_frame.ts";

export type ListenerName = "deno" | "node";
export type Expected = readonly string[];

export interface WireCase {
  /** Begins with the section of RFC 6455 that asks for it. */
  readonly name: string;
  /** Written one after the other. */
  readonly send: readonly Uint8Array[];
  /** What comes back, in the words of {@linkcode outcome}; where the listeners differ, of each. */
  readonly expect: Expected | Readonly<Record<ListenerName, Expected>>;
  /**
   * How it is written.
   * @default "whole": all of it at once
   */
  readonly by?: "whole" | "frame" | "byte";
  /**
   * What the client does then.
   * @default "probe": it asks whether the connection lives
   *
   * `hang up`: it ends its side, where what was sent is not a whole frame. `wait`: nothing, where the server may
   * have ended the connection already: by what comes after that, the system would throw away what it said (RST).
   */
  readonly then?: "probe" | "hang up" | "wait";
}

/** The frame that shows that a connection has outlived its case, and what it is answered. */
const PROBE = text('{"type":"are you there"}');
const PROBE_ANSWER = "json error unknown_type";

/** A server that neither answers nor ends the connection is silent after that. */
const SILENT_AFTER_MS = 60_000;

/** Of a connection that ended without a close frame. */
export const DROPPED = "dropped";
/** Of a connection that goes on. */
export const LIVES = "lives";

/**
 * Sends a case, and says what came back, a word a frame: `json pong` or `json error invalid_json` (the server's own frames),
 * `pong abc`, `close 1002`, and at the end `lives`, `ended` (after a close frame), `dropped` (without) or `silent`.
 */
export async function outcome(
  port: number,
  { send, by, then = "probe" }: WireCase,
): Promise<string[]> {
  using socket = await RawSocket.open(port);
  try {
    for (const part of send) {
      if (by === "byte") await socket.writeByteByByte(part);
      else await socket.write(part);
    }
    if (then === "hang up") await socket.hangUp();
    if (then === "probe") await socket.write(PROBE);
  } catch {
    // The server has ended the connection before it had all: what it said first is there to read.
  }
  const words: string[] = [];
  for (;;) {
    const frame = await socket.read(SILENT_AFTER_MS);
    if (frame === "silence") return [...words, "silent"];
    if (frame === "end") {
      return [...words, words.at(-1)?.startsWith("close") ? "ended" : DROPPED];
    }
    const word = wordOf(frame);
    if (word === PROBE_ANSWER) return [...words, LIVES];
    words.push(word);
  }
}

function wordOf({ opcode, payload, fin, rsv, isMasked }: ReceivedFrame): string {
  if (!fin || rsv !== 0 || isMasked) return "a frame that breaks the rules itself";
  const text = new TextDecoder().decode(payload);
  switch (opcode) {
    case OPCODES.text: {
      const { type, code } = JSON.parse(text);
      return ["json", type, code].filter((each) => each !== undefined).join(" ");
    }
    case OPCODES.ping:
      return `ping ${text}`;
    case OPCODES.pong:
      return `pong ${text}`;
    case OPCODES.close: {
      const [high, low] = payload;
      return high === undefined || low === undefined ? "close" : `close ${high << 8 | low}`;
    }
    default:
      return `opcode ${opcode}`;
  }
}

/** A frame of the protocol's that is answered by `json pong`, of exactly `length` bytes. */
export function question(length: number): Uint8Array {
  const bare = '{"type":"ping","p":""}';
  return bytes(`{"type":"ping","p":"${"x".repeat(length - bare.length)}"}`);
}
