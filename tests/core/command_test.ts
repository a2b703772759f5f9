/** How a frame finds its command: by its type, and by what it names where several commands have that type. */
import assert from "node:assert/strict";
import type { Fields } from "../../lib/base/fields.ts";
import {
  about,
  type Command,
  command,
  Commands,
  inLanes,
  weighed,
} from "../../lib/core/command.ts";

const plain = (type: string): Command => command(type, () => {}, () => {});
const ofRooms = about(["room"], plain("subscribe"));
const ofTopics = about(["topic", "sub"], plain("subscribe"));
const ping = plain("ping");
const commands = new Commands([ping, ofRooms, ofTopics]);

const FRAMES: readonly [frame: Fields, found: Command | undefined][] = [
  [{ type: "ping" }, ping],
  [{ type: "ping", topic: "T" }, ping],
  [{ type: "subscribe", room: "lobby" }, ofRooms],
  [{ type: "subscribe", topic: "T" }, ofTopics],
  [{ type: "subscribe", sub: 0 }, ofTopics],
  [{ type: "subscribe", room: null, topic: "T" }, ofTopics],
  [{ type: "subscribe", topic: "T", room: "lobby" }, ofRooms],
  [{ type: "subscribe" }, ofRooms],
  [{ type: "toString" }, undefined],
  [{ type: 7 }, undefined],
  [{}, undefined],
];
for (const [frame, found] of FRAMES) {
  Deno.test(`the command of ${JSON.stringify(frame)} is found`, () => {
    assert.equal(commands.of(frame), found);
  });
}

Deno.test("no frame can be for two commands", () => {
  const refused = (...both: Command[]) => assert.throws(() => new Commands(both), TypeError);
  refused(ping, ping);
  refused(ofRooms, plain("subscribe"));
  refused(ofRooms, ofTopics, about(["sub"], plain("subscribe")));
  assert.deepEqual(commands.types, ["ping", "subscribe"]);
});

Deno.test("a command keeps what it is about in lanes, and where it is weighed", () => {
  assert.deepEqual(weighed(inLanes(ofTopics, () => "T")).nouns, ["topic", "sub"]);
});
