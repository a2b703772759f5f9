/** RFC 6455, sections 5.5.1 and 7: how a connection is closed. */
import { close, join, OPCODES, ping, text, wireFrame } from "../support/wire_frame.ts";
import { DROPPED, type WireCase } from "./wire_case.ts";

const QUESTION = text('{"type":"ping"}');
/** Codes that a client may send: the registered ones, and those of libraries and programs. */
const VALID = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011],
  ...[3000, 3001, 3999, 4000, 4999],
];
/** Codes that are none, are reserved, or never go over the wire. */
const INVALID = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 65535];

export const CLOSE_CASES: readonly WireCase[] = [
  {
    name: "5.5.1 a close without a code",
    send: [close()],
    expect: ["close", "ended"],
  },
  ...VALID.map((code): WireCase => ({
    name: `7.4 close code ${code} is answered with the same`,
    send: [close(code)],
    expect: [`close ${code}`, "ended"],
  })),
  ...INVALID.map((code): WireCase => ({
    name: `7.4 close code ${code} may not be sent`,
    send: [close(code)],
    expect: ["close 1002", "ended"],
  })),
  {
    name: "5.5.1 a close with a reason",
    send: [close(1000, "Grüß Gott 🎉")],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a close with the longest reason there may be",
    send: [close(1000, "x".repeat(123))],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a close with a reason that is too long",
    send: [close(1000, "x".repeat(124))],
    expect: { deno: ["close 1000", "ended"], node: ["close 1002", "ended"] },
  },
  {
    name: "5.5.1 a close of one byte, half a code",
    send: [wireFrame({ opcode: OPCODES.close, payload: new Uint8Array([3]) })],
    expect: { deno: [DROPPED], node: ["close 1002", "ended"] },
  },
  {
    name: "5.5.1 a reason that is no UTF-8",
    send: [close(1000, new Uint8Array([0xff, 0xfe]))],
    expect: { deno: [DROPPED], node: ["close 1007", "ended"] },
  },
  {
    name: "5.5.1 a text after the close is not taken",
    send: [join([close(1000), QUESTION])],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a ping after the close is not answered",
    send: [join([close(1000), ping("late")])],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a second close is not answered",
    send: [join([close(1000), close(1001)])],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a ping and a text in one write with the close",
    send: [join([ping("early"), QUESTION, close(1000)])],
    expect: ["pong early", "json pong", "close 1000", "ended"],
  },
  {
    name: "5.5.1 a close between fragments ends all",
    send: [wireFrame({ opcode: OPCODES.text, payload: "{", fin: false }), close(1000)],
    expect: ["close 1000", "ended"],
  },
  {
    name: "5.5.1 a close, written byte by byte",
    send: [close(1000, "bye")],
    by: "byte",
    expect: ["close 1000", "ended"],
  },
  {
    name: "7.1 the client hangs up without a close",
    send: [],
    then: "hang up",
    expect: [DROPPED],
  },
];
