/** What those who watch a room are told, whenever a change comes: before, while or after their list is read. */
import assert from "node:assert/strict";
import { Arrival } from "../../lib/core/arrival.ts";
import { roomChannel } from "../../lib/core/channel.ts";
import type { Connection } from "../../lib/core/connection.ts";
import type { Outgoing } from "../../lib/core/outgoing.ts";
import { JSON_DIALECT } from "../../lib/protocols/frames.ts";
import { changePublication, readChangeId } from "../../lib/rooms/store/change.ts";
import type { PresencePage } from "../../lib/rooms/store/store.ts";
import { WatchedRoom } from "../../lib/rooms/watched_room.ts";

const CHANNEL = roomChannel("default", "lobby");

Deno.test("a change is told after a list that does not have it, and not where the list has it", async () => {
  const room = watched();
  const alice = new Listener();
  const lists = alice.ask(room);
  room.change(change("join", 5));
  room.change(change("leave", 7));
  lists.answer(6);
  const { sent } = await lists.asked;
  room.change(change("join", 6)); // it comes late, and is in the list
  room.change(change("join", 8));
  assert.deepEqual(alice.told, []);
  sent();
  room.change(change("join", 4));
  room.change(change("leave", 9));
  room.change(change("join", 0)); // by a node that knows no versions
  assert.deepEqual(alice.told, ["leave 7", "join 8", "leave 9", "join 0"]);
  room.forget(alice.connection);
});

Deno.test("who watches and asks again hears all that its new list has before the list", async () => {
  const room = watched();
  const alice = new Listener();
  await alice.list(room, 5);
  const again = alice.ask(room);
  room.change(change("join", 6));
  again.answer(8);
  await settled();
  assert.deepEqual(alice.told, [], "the list has more than what came by now");
  room.change(change("join", 9));
  room.change(change("leave", 8));
  const { sent } = await again.asked;
  assert.deepEqual(alice.told, ["join 6", "leave 8"]);
  sent();
  assert.deepEqual(alice.told, ["join 6", "leave 8", "join 9"]);
  room.forget(alice.connection);
});

Deno.test("a list that cannot be read ends no watching that began before, and begins none", async () => {
  const room = watched();
  const [alice, bob] = [new Listener(), new Listener()];
  await alice.list(room, 5);
  const [again, first] = [alice.ask(room), bob.ask(room)];
  room.change(change("join", 6));
  for (const { fail } of [again, first]) fail();
  await assert.rejects(again.asked, /away/);
  await assert.rejects(first.asked, /away/);
  room.change(change("leave", 7));
  assert.deepEqual([alice.told, bob.told], [["join 6", "leave 7"], []]);
  room.forget(alice.connection);
  assert.ok(room.isEmpty);
});

Deno.test("who was answered with names when the room became too large is told how many there are", async () => {
  const room = watched();
  const [alice, bob, carol] = [new Listener(), new Listener(), new Listener()];
  await alice.list(room, 5);
  const asking = bob.ask(room);
  asking.answer(5);
  const { sent, isCounted } = await asking.asked;
  assert.equal(isCounted, false);
  const late = carol.ask(room); // its list is read before, too
  room.change(change("join", 6, 4));
  sent();
  late.answer(5);
  const answer = await late.asked;
  assert.equal(answer.isCounted, true);
  answer.sent();
  room.change(change("leave", 7, 4));
  assert.deepEqual([alice.told, bob.told, carol.told], [["count 4"], ["count 4"], []]);
  for (const { connection } of [alice, bob, carol]) room.forget(connection);
});

function watched(): WatchedRoom {
  return new WatchedRoom({
    channel: CHANNEL,
    most: () => 3,
    list: () => assert.fail("nobody asks"),
  });
}

/** A connection that notes what it is told. */
class Listener {
  readonly told: string[] = [];

  readonly connection = {
    protocol: { dialect: JSON_DIALECT },
    send: (outgoing: Outgoing) => this.#note(outgoing),
    deliver: (_key: string, _offset: number, outgoing: Outgoing) => this.#note(outgoing),
  } as unknown as Connection;

  /** Asks who is there, and lets the test say when and how that is answered. */
  ask(room: WatchedRoom) {
    const { promise, resolve, reject } = Promise.withResolvers<PresencePage>();
    return {
      asked: room.ask(this.connection, () => promise),
      answer: (version: number) => resolve({ users: [], count: 2, version }),
      fail: () => reject(new Error("away")),
    };
  }

  async list(room: WatchedRoom, version: number): Promise<void> {
    const list = this.ask(room);
    list.answer(version);
    (await list.asked).sent();
  }

  #note({ text }: Outgoing): void {
    const { type, name, count } = JSON.parse(text);
    this.told.push(type === "presence" ? `count ${count}` : `${type} ${name}`);
  }
}

/** @param version is the user's name, too */
function change(kind: "join" | "leave", version: number, users = 2) {
  const id = version === 0 ? undefined : { version, users };
  const publication = changePublication(kind, { user: "1", name: String(version) }, id);
  return { ...readChangeId(publication), arrival: new Arrival(CHANNEL, publication, undefined) };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}
