/** RFC 6455, sections 5.1 to 5.5: frames, lengths, masks, reserved bits and opcodes, pings and pongs. */
import { join, OPCODES, ping, text, wireFrame } from "../support/wire_frame.ts";
import { DROPPED, LIVES, question, type WireCase } from "./wire_case.ts";

const { binary, close, continuation, ping: PING, pong } = OPCODES;
const PONG = ["json pong", LIVES];
const VIOLATION = ["close 1002", "ended"];
/** The deno listener ends the connection where the rules are broken, and says no code. */
const BROKEN = { deno: [DROPPED], node: VIOLATION } as const;
const QUESTION = '{"type":"ping"}';

export const FRAME_CASES: readonly WireCase[] = [
  ...[22, 125, 126, 127, 128, 65_535, 65_536].map((length): WireCase => ({
    name: `5.2 a text of ${length} bytes`,
    send: [text(question(length))],
    expect: PONG,
  })),
  ...[0, 125, 126, 127, 128, 65_535, 65_536].map((length): WireCase => ({
    name: `5.2 a binary message of ${length} bytes`,
    send: [wireFrame({ opcode: binary, payload: new Uint8Array(length) })],
    expect: ["json error invalid_frame", LIVES],
  })),
  {
    name: "5.2 an empty text",
    send: [text("")],
    expect: ["json error invalid_json", LIVES],
  },
  ...([22, 126, 300] as const).map((length): WireCase => ({
    name: `5.2 a text of ${length} bytes, written byte by byte`,
    send: [text(question(length))],
    by: "byte",
    expect: PONG,
  })),
  {
    name: "5.2 two frames in one write, and the end of the second alone",
    send: [join([text(QUESTION), text(QUESTION).subarray(0, 9)]), text(QUESTION).subarray(9)],
    expect: ["json pong", "json pong", LIVES],
  },
  {
    name: "5.2 a length of 5 bytes in the 16-bit form, which is not the shortest",
    send: [wireFrame({ opcode: 1, payload: "12345", lengthForm: 16 })],
    expect: ["json error invalid_frame", LIVES],
  },
  {
    name: "5.2 a length of 5 bytes in the 64-bit form, which is not the shortest",
    send: [wireFrame({ opcode: 1, payload: "12345", lengthForm: 64 })],
    expect: ["json error invalid_frame", LIVES],
  },
  {
    name: "5.2 a 64-bit length with the top bit set",
    send: [wireFrame({ opcode: 1, payload: "12345", length: 1n << 63n, lengthForm: 64 })],
    expect: { deno: [DROPPED], node: ["close 1009", "ended"] },
  },
  {
    name: "5.2 the longest 64-bit length there is",
    send: [wireFrame({ opcode: 1, payload: "12345", length: (1n << 63n) - 1n, lengthForm: 64 })],
    expect: { deno: [DROPPED], node: ["close 1009", "ended"] },
  },
  {
    name: "5.2 a length that lies: less is sent, then nothing",
    send: [wireFrame({ opcode: 1, payload: "12345", length: 1000 })],
    then: "hang up",
    expect: [DROPPED],
  },
  {
    name: "5.2 a length that lies: more is sent, whose first byte is no frame's",
    send: [wireFrame({ opcode: 1, payload: `${QUESTION}zzzz`, length: QUESTION.length })],
    expect: { deno: ["json pong", DROPPED], node: ["json pong", ...VIOLATION] },
  },
  {
    name: "5.1 a text without a mask",
    send: [wireFrame({ opcode: 1, payload: QUESTION, mask: undefined })],
    expect: { deno: PONG, node: VIOLATION },
  },
  {
    name: "5.1 a ping without a mask",
    send: [wireFrame({ opcode: PING, payload: "", mask: undefined })],
    expect: { deno: ["pong ", LIVES], node: VIOLATION },
  },
  {
    name: "5.1 a close without a mask",
    send: [wireFrame({ opcode: close, mask: undefined })],
    expect: { deno: ["close", "ended"], node: VIOLATION },
  },
  {
    name: "5.3 a mask of zeros, as good as any",
    send: [wireFrame({ opcode: 1, payload: QUESTION, mask: new Uint8Array(4) })],
    expect: PONG,
  },
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv): WireCase => ({
    name: `5.2 reserved bits ${rsv.toString(2).padStart(3, "0")} in a text`,
    send: [wireFrame({ opcode: 1, payload: QUESTION, rsv })],
    expect: BROKEN,
  })),
  ...[PING, pong, close, binary].map((opcode): WireCase => ({
    name: `5.2 a reserved bit in a frame of opcode ${opcode}`,
    send: [wireFrame({ opcode, rsv: 4 })],
    expect: BROKEN,
  })),
  {
    name: "5.2 a reserved bit after a good text: what came before is answered",
    send: [text(QUESTION), wireFrame({ opcode: 1, payload: QUESTION, rsv: 2 }), text(QUESTION)],
    expect: { deno: ["json pong", DROPPED], node: ["json pong", ...VIOLATION] },
  },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): WireCase[] => [
    { name: `5.2 reserved opcode ${opcode}`, send: [wireFrame({ opcode })], expect: BROKEN },
    {
      name: `5.2 reserved opcode ${opcode} with a payload`,
      send: [wireFrame({ opcode, payload: QUESTION })],
      expect: BROKEN,
    },
  ]),
  { name: "5.5.2 an empty ping", send: [ping("")], expect: ["pong ", LIVES] },
  { name: "5.5.2 a ping with a payload", send: [ping("abc")], expect: ["pong abc", LIVES] },
  {
    name: "5.5.2 a ping of 125 bytes, the most there may be",
    send: [ping("x".repeat(125))],
    expect: [`pong ${"x".repeat(125)}`, LIVES],
  },
  {
    name: "5.5.2 a ping whose payload is no UTF-8",
    send: [ping(new Uint8Array([0xff, 0xfe]))],
    expect: ["pong \ufffd\ufffd", LIVES],
  },
  {
    name: "5.5.2 ten pings, each answered",
    send: Array.from({ length: 10 }, (_, each) => ping(String(each))),
    expect: [...Array.from({ length: 10 }, (_, each) => `pong ${each}`), LIVES],
  },
  {
    name: "5.5.2 a ping written byte by byte",
    send: [ping("abc")],
    by: "byte",
    expect: ["pong abc", LIVES],
  },
  {
    name: "5.5.3 a pong that nobody asked for",
    send: [wireFrame({ opcode: pong })],
    expect: [LIVES],
  },
  {
    name: "5.5.3 pongs that nobody asked for, that look like answers to the server's own pings",
    send: ["1", "2", "999999999999999", "-1"].map((payload) =>
      wireFrame({ opcode: pong, payload })
    ),
    expect: [LIVES],
  },
  ...[126, 65_536].flatMap((length): WireCase[] => [
    {
      name: `5.5 a ping of ${length} bytes, where 125 are the most`,
      send: [ping("x".repeat(length))],
      expect: BROKEN,
    },
    {
      name: `5.5 a pong of ${length} bytes`,
      send: [wireFrame({ opcode: pong, payload: "x".repeat(length) })],
      expect: { deno: [LIVES], node: VIOLATION },
    },
    {
      name: `5.5 a close of ${length} bytes`,
      send: [wireFrame({ opcode: close, payload: "x".repeat(length) })],
      then: length > 126 ? "wait" : "probe",
      expect: VIOLATION,
    },
  ]),
  ...[PING, pong, close].map((opcode): WireCase => ({
    name: `5.5 a control frame of opcode ${opcode} in fragments`,
    send: [wireFrame({ opcode, fin: false }), wireFrame({ opcode: continuation })],
    expect: BROKEN,
  })),
];
