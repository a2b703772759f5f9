/** Writes and reads WebSocket frames bit by bit (RFC 6455, section 5.2), right ones and wrong ones. */

export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** In how many bits a length is written. */
type LengthForm = 7 | 16 | 64;

export interface WireFrame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly rsv?: number;
  /**
   * Four bytes, or `undefined` for a frame without a mask.
   * @default a fixed key
   */
  readonly mask?: Uint8Array | undefined;
  /**
   * The length that is announced.
   * @default the payload's own
   */
  readonly length?: number | bigint;
  /** @default the shortest that holds the length */
  readonly lengthForm?: LengthForm;
}

const KEY = new Uint8Array([0x37, 0xfa, 0x21, 0x3d]);
const encoder = new TextEncoder();

/** The bytes of a frame, as a client sends it. */
export function wireFrame(frame: WireFrame): Uint8Array<ArrayBuffer> {
  const payload = bytes(frame.payload ?? "");
  const key = "mask" in frame ? frame.mask : KEY;
  const length = BigInt(frame.length ?? payload.length);
  const first = (frame.fin === false ? 0 : 0x80) | (frame.rsv ?? 0) << 4 | frame.opcode;
  const head = lengthBytes(length, frame.lengthForm ?? shortestForm(length));
  head[0] = (head[0] ?? 0) | (key === undefined ? 0 : 0x80);
  const body = key === undefined ? payload : payload.map((byte, at) => byte ^ (key[at % 4] ?? 0));
  return join([new Uint8Array([first]), head, key ?? new Uint8Array(), body]);
}

export function text(payload: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return wireFrame({ opcode: OPCODES.text, payload });
}

export function ping(payload: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return wireFrame({ opcode: OPCODES.ping, payload });
}

/** A close frame; without a code its payload is empty. */
export function close(code?: number, reason: string | Uint8Array = ""): Uint8Array<ArrayBuffer> {
  const payload = code === undefined
    ? new Uint8Array()
    : join([new Uint8Array([code >> 8, code & 0xff]), bytes(reason)]);
  return wireFrame({ opcode: OPCODES.close, payload });
}

export function bytes(value: Uint8Array | string): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A frame that came from the server. */
export interface ReceivedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Uint8Array;
  /** Bytes of the whole frame. */
  readonly size: number;
}

/** The first frame in `buffer`; `undefined` while it is not all there. */
export function readFrame(buffer: Uint8Array): ReceivedFrame | undefined {
  const [first, second] = buffer;
  if (first === undefined || second === undefined) return undefined;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const short = second & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (buffer.length < head) return undefined;
  const length = short < 126
    ? short
    : short === 126
    ? view.getUint16(2)
    : Number(view.getBigUint64(2));
  if (buffer.length < head + length) return undefined;
  return {
    fin: (first & 0x80) !== 0,
    rsv: first >> 4 & 7,
    opcode: first & 15,
    isMasked: (second & 0x80) !== 0,
    payload: buffer.slice(head, head + length),
    size: head + length,
  };
}

function shortestForm(length: bigint): LengthForm {
  return length < 126n ? 7 : length < 65536n ? 16 : 64;
}

function lengthBytes(length: bigint, form: LengthForm): Uint8Array {
  if (form === 7) return new Uint8Array([Number(length)]);
  const head = new Uint8Array(form === 16 ? 3 : 9);
  head[0] = form === 16 ? 126 : 127;
  const view = new DataView(head.buffer);
  if (form === 16) view.setUint16(1, Number(length));
  else view.setBigUint64(1, length);
  return head;
}
