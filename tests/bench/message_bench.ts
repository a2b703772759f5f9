/** What is done for each message, and what for each of its receivers: `deno bench tests/bench/message_bench.ts`. */
import { readConfig } from "../../lib/configuration.ts";
import { parseObject } from "../../lib/base/fields.ts";
import { roomChannel } from "../../lib/core/channel.ts";
import type { Publication } from "../../lib/core/publication.ts";
import { JSON_DIALECT } from "../../lib/protocols/frames.ts";
import { messageFields } from "../../lib/protocols/v1/commands.ts";
import { publishFields } from "../../lib/rooms/commands.ts";
import { Outgoing } from "../../lib/core/outgoing.ts";

const { config: { limits } } = readConfig({});
const TEXT = JSON.stringify({
  type: "usermsg",
  user_id: 123,
  room: "lobby",
  message: "T=0000000000.000=T hello",
  name: "Alice",
});
const TEXT_V2 = JSON.stringify({ type: "publish", ref: 1, room: "lobby", message: "Hello!" });
const ID = "b1946ac92492d234";
const TIMESTAMP = 1_790_000_000;
const LOBBY = roomChannel("default", "lobby");
const MESSAGE: Publication = {
  kind: "message",
  id: ID,
  at: TIMESTAMP,
  from: { user: "123", name: "Alice" },
  message: "T=0000000000.000=T hello",
};
const frame = JSON_DIALECT.encode(LOBBY, MESSAGE, 12_345);
const shared = new Outgoing(frame);
let bytes = 0;

Deno.bench("each message: read and check its frame", () => {
  messageFields(parseObject(TEXT, "frame"), { limits, identity: undefined });
});

Deno.bench("each message: read and check its frame, version 2", () => {
  publishFields(parseObject(TEXT_V2, "frame"), { limits });
});

Deno.bench("each message: make the frame that goes out", () => {
  JSON_DIALECT.encode(LOBBY, MESSAGE, 12_345);
});

Deno.bench("each message: the bytes on the wire, node listener", () => {
  bytes += new Outgoing(frame).wire.length;
});

Deno.bench("each receiver: the bytes that are there, node listener", () => {
  bytes += shared.wire.length;
});
