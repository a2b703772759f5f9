/** RFC 6455, section 8.1: a text is UTF-8, over all of its fragments. */
import { bytes, OPCODES, text, wireFrame } from "../support/wire_frame.ts";
import { DROPPED, LIVES, type WireCase } from "./wire_case.ts";

const { continuation, text: TEXT } = OPCODES;
const INVALID = { deno: [DROPPED], node: ["close 1007", "ended"] } as const;

/** Valid UTF-8 at its edges, as code points. */
const VALID: readonly number[] = [
  ...[0x20, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xfffe, 0xffff],
  ...[0x10000, 0x1fffe, 0x1ffff, 0x10fffe, 0x10ffff],
];

/** No UTF-8, and why. */
const BAD: readonly [why: string, payload: readonly number[]][] = [
  ["a continuation byte alone", [0x80]],
  ["64 continuation bytes", Array.from({ length: 64 }, (_, each) => 0x80 + each)],
  ["a first byte of two alone", [0xc3]],
  ["a first byte of two, then a letter", [0xc3, 0x41]],
  ["three bytes of four", [0xf0, 0x9f, 0x98]],
  ["two bytes of three", [0xe2, 0x82]],
  ["'/' in two bytes, which is too many", [0xc0, 0xaf]],
  ["'/' in three bytes, which is too many", [0xe0, 0x80, 0xaf]],
  ["'/' in four bytes, which is too many", [0xf0, 0x80, 0x80, 0xaf]],
  ["U+0000 in two bytes, which is too many", [0xc0, 0x80]],
  ["U+FFFF in four bytes, which is too many", [0xf0, 0x8f, 0xbf, 0xbf]],
  ["a high surrogate", [0xed, 0xa0, 0x80]],
  ["a low surrogate", [0xed, 0xbf, 0xbf]],
  ["two surrogates, a pair in UTF-16", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["past U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ["six bytes", [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ["0xFE", [0xfe]],
  ["0xFF", [0xff]],
];

const SMILE = bytes("😀");

/** A text with these bytes in a string of its JSON. */
function withBytes(payload: readonly number[]): Uint8Array {
  return new Uint8Array([...bytes('{"type":"ping","p":"'), ...payload, ...bytes('"}')]);
}

/** A message whose fragments end inside of a code point. */
function split(payload: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [0, ...at, payload.length];
  return edges.slice(1).map((end, index) =>
    wireFrame({
      opcode: index === 0 ? TEXT : continuation,
      payload: payload.subarray(edges[index], end),
      fin: index === edges.length - 2,
    })
  );
}

const PREFIX = '{"type":"ping","p":"'.length;

export const UTF8_CASES: readonly WireCase[] = [
  ...VALID.map((codePoint): WireCase => ({
    name: `8.1 U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`,
    send: [text(withBytes([...bytes(String.fromCodePoint(codePoint))]))],
    expect: ["json pong", LIVES],
  })),
  ...BAD.map(([why, payload]): WireCase => ({
    name: `8.1 no UTF-8: ${why}`,
    send: [text(withBytes(payload))],
    expect: INVALID,
  })),
  ...[1, 2, 3].map((at): WireCase => ({
    name: `8.1 a code point of four bytes, cut after ${at} by a fragment`,
    send: split(withBytes([...SMILE]), [PREFIX + at]),
    expect: ["json pong", LIVES],
  })),
  {
    name: "8.1 a code point with each of its bytes in a fragment of its own",
    send: split(withBytes([...SMILE]), [PREFIX, PREFIX + 1, PREFIX + 2, PREFIX + 3, PREFIX + 4]),
    expect: ["json pong", LIVES],
  },
  {
    name: "8.1 no UTF-8 over two fragments: the second half is missing",
    send: split(withBytes([0xf0, 0x9f]), [PREFIX + 2]),
    expect: INVALID,
  },
  {
    name: "8.1 no UTF-8 in the first fragment, the message whole",
    send: split(withBytes([0xff, 0x41]), [PREFIX + 1]),
    expect: INVALID,
  },
  {
    name: "8.1 the message ends inside of a code point",
    send: [text(new Uint8Array([...bytes("abc"), 0xe2, 0x82]))],
    expect: INVALID,
  },
  {
    name: "8.1 no UTF-8 in a binary message, where it need not be",
    send: [wireFrame({ opcode: OPCODES.binary, payload: new Uint8Array([0xff]) })],
    expect: ["json error invalid_frame", LIVES],
  },
];
