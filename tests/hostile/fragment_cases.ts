/** RFC 6455, section 5.4: messages in fragments, and what may come between them. */
import { join, OPCODES, ping, text, wireFrame } from "../support/wire_frame.ts";
import { DROPPED, LIVES, type WireCase } from "./wire_case.ts";

const { binary, continuation, pong, text: TEXT } = OPCODES;
const VIOLATION = ["close 1002", "ended"];
const BROKEN = { deno: [DROPPED], node: VIOLATION } as const;

const first = (payload: string) => wireFrame({ opcode: TEXT, payload, fin: false });
const next = (payload: string) => wireFrame({ opcode: continuation, payload, fin: false });
const last = (payload: string) => wireFrame({ opcode: continuation, payload });

export const FRAGMENT_CASES: readonly WireCase[] = [
  {
    name: "5.4 a text in two fragments",
    send: [first('{"type":'), last('"ping"}')],
    expect: ["json pong", LIVES],
  },
  {
    name: "5.4 a text in fragments of one byte",
    send: [first("{"), ...[...'"type":"ping"'].map(next), last("}")],
    expect: ["json pong", LIVES],
  },
  {
    name: "5.4 fragments written byte by byte",
    send: [first('{"type":'), next(""), last('"ping"}')],
    by: "byte",
    expect: ["json pong", LIVES],
  },
  {
    name: "5.4 a text in empty fragments",
    send: [first(""), next(""), last("")],
    expect: ["json error invalid_json", LIVES],
  },
  {
    name: "5.4 empty fragments around the text",
    send: [first(""), next('{"type":"ping"}'), last("")],
    expect: ["json pong", LIVES],
  },
  {
    name: "5.4 a binary message in fragments",
    send: [wireFrame({ opcode: binary, payload: "ab", fin: false }), last("cd")],
    expect: ["json error invalid_frame", LIVES],
  },
  {
    name: "5.4 a ping between fragments is answered before the message ends",
    send: [first('{"type":'), ping("between"), last('"ping"}')],
    expect: ["pong between", "json pong", LIVES],
  },
  {
    name: "5.4 pings and pongs between fragments, all in one write",
    send: [join([
      ...[first('{"type"'), ping("one"), wireFrame({ opcode: pong }), next(":"), ping("two")],
      last('"ping"}'),
    ])],
    expect: ["pong one", "pong two", "json pong", LIVES],
  },
  {
    name: "5.4 a continuation of nothing",
    send: [last("abc")],
    expect: BROKEN,
  },
  {
    name: "5.4 a continuation of nothing, that is not the last",
    send: [next("abc"), last("def")],
    expect: BROKEN,
  },
  {
    name: "5.4 a continuation after the message was whole",
    send: [first('{"type":'), last('"ping"}'), last("more")],
    expect: { deno: ["json pong", DROPPED], node: ["json pong", ...VIOLATION] },
  },
  {
    name: "5.4 a new text inside of a message",
    send: [first('{"type":'), text('{"type":"ping"}'), last('"ping"}')],
    expect: BROKEN,
  },
  {
    name: "5.4 the first fragment of a new message inside of a message",
    send: [first('{"type":'), wireFrame({ opcode: binary, fin: false }), last('"ping"}')],
    expect: { deno: ["json error invalid_frame", LIVES], node: VIOLATION },
  },
  {
    name: "5.4 a reserved bit in a continuation",
    send: [first('{"type":'), wireFrame({ opcode: continuation, rsv: 4, payload: '"ping"}' })],
    expect: BROKEN,
  },
  {
    name: "5.4 a reserved opcode inside of a message",
    send: [first('{"type":'), wireFrame({ opcode: 3 }), last('"ping"}')],
    expect: BROKEN,
  },
  {
    name: "5.4 the client hangs up inside of a message",
    send: [first('{"type":')],
    then: "hang up",
    expect: [DROPPED],
  },
];
