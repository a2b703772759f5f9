/** The page's session on the client library, with sockets of the test's own: rooms, written messages, and how many notifications are unread. */
import assert from "node:assert/strict";
import { Session } from "../../lib/page/session/session.ts";
import {
  loadSettings,
  SETTINGS_KEY,
  storeOrMemory,
  writtenKey,
} from "../../lib/page/storage/storage.ts";
import { Store } from "../../lib/page/state/store.ts";
import { connect } from "../../lib/sdk/mod.ts";
import { FakeClock, FakeSocket, type Frame } from "../support/fake_network.ts";

const ME = { user_id: "123", name: "Alice" };

Deno.test("Session joins its rooms with their last messages, and the silent ones without a tab", () => {
  using page = signedIn();
  page.online();
  assert.deepEqual(page.socket.ofType("subscribe").map(({ room }) => room), [
    "lobby",
    "/user/123",
    "1",
  ]);
  page.join("lobby", [said("m1", 1), said("m2", 2)]);
  assert.deepEqual(page.socket.ofType("presence"), [
    { type: "presence", room: "lobby", limit: 1000 },
  ]);
  page.socket.reply("presence", { room: "lobby", users: [{ user_id: 123, name: "Alice" }] });
  const { messages, users, unread } = page.room("lobby");
  assert.deepEqual(messages.map(({ id }) => id), ["m1", "m2"]);
  assert.deepEqual(users, [{ userId: "123", name: "Alice" }]);
  assert.equal(unread, 0, "what was said before we came is no news");
});

Deno.test("Session counts what is said in other rooms, also while it was away, and marks gaps", () => {
  using page = signedIn();
  page.session.openRoom("orders");
  page.online();
  page.join("lobby", [said("m1", 1)]);
  page.join("orders", []);
  page.socket.receive(said("m2", 2), { ...said("own", 3), user_id: 123 });
  assert.equal(page.room("lobby").unread, 1);
  page.comeBack();
  page.socket.reply("subscribe", inRoom("lobby", [said("m4", 4)], { recovered: true }));
  assert.equal(page.room("lobby").unread, 2);
  assert.deepEqual(page.room("lobby").gaps, []);
  page.comeBack();
  const lost = { recovered: false, reason: "epoch", epoch: "e2" };
  page.socket.reply("subscribe", inRoom("lobby", [], lost));
  page.socket.reply("history", { ...inRoom("lobby", [said("m5", 5)]), epoch: "e2" });
  assert.deepEqual(page.room("lobby").gaps, ["m4 7"]);
});

Deno.test("Session stays in a silent room whose tab is closed, and leaves others", () => {
  using page = signedIn();
  page.session.openRoom("/user/123");
  page.online();
  for (const room of ["lobby", "/user/123", "1"]) page.join(room);
  page.session.closeRoom("/user/123");
  page.session.closeRoom("lobby");
  const changes = page.socket.sent.filter(({ type }) => /subscribe/.test(String(type)));
  assert.deepEqual(changes.slice(3).map(({ type, room }) => [type, room]), [
    ["unsubscribe", "/user/123"],
    ["subscribe", "/user/123"],
    ["unsubscribe", "lobby"],
  ]);
});

Deno.test("Session shows what it sends until its room does, and sends again what was not confirmed", async () => {
  using page = signedIn();
  page.online();
  page.join("lobby");
  for (const text of ["one", "two"]) page.session.say("lobby", text);
  const [one = "", two = ""] = page.writtenIds();
  page.socket.receive({ ...said(one, 1), user_id: 123 });
  page.socket.reply("publish", { id: one, offset: 1, epoch: "e1" });
  await settled();
  assert.deepEqual(page.writtenIds(), [two]);
  assert.deepEqual(page.room("lobby").messages.map(({ id }) => id), [one]);
  page.socket.drop(1006);
  page.session.say("lobby", "three");
  page.session.reconnect();
  page.online();
  assert.deepEqual(page.socket.ofType("publish").map(({ id }) => id), page.writtenIds());
});

Deno.test("Session fails a message that is refused, and sends it again under its id when told to", async () => {
  using page = signedIn();
  page.online();
  page.join("lobby");
  page.session.say("lobby", "one");
  const [id = ""] = page.writtenIds();
  page.socket.refuse("publish", "too_fast");
  await settled();
  assert.equal(page.store.state.written[0]?.failure, "No: too_fast");
  page.session.retryMessage(id);
  assert.deepEqual(page.socket.ofType("publish").map(({ id }) => id), [id, id]);
  page.socket.refuse("publish", "too_fast");
  await settled();
  page.session.discardMessage(id);
  assert.deepEqual(page.writtenIds(), []);
});

Deno.test("Session keeps what waits when the server stops it, and sends it when told to come back", async () => {
  using page = signedIn();
  page.online();
  page.session.say("lobby", "one");
  page.socket.drop(3500, "mend something");
  await settled();
  assert.equal(page.store.state.connection.kind, "stopped");
  page.session.say("lobby", "two");
  await settled();
  assert.deepEqual(page.store.state.written.map(({ failure }) => failure), [undefined, undefined]);
  page.session.reconnect();
  page.online();
  assert.deepEqual(page.socket.ofType("publish").map(({ message }) => message), ["one", "two"]);
});

Deno.test("Session goes on after a reload where it was, with what was not sent", () => {
  using first = signedIn();
  first.session.openRoom("orders");
  first.session.say("orders", "kept");
  const [id] = first.writtenIds();

  using second = new PageWorld(first.storage);
  assert.ok(second.session.resume());
  assert.deepEqual(second.store.state.rooms.map(({ room }) => room), ["lobby", "orders"]);
  assert.equal(second.store.state.activeRoom, "orders");
  second.online();
  assert.deepEqual(second.socket.ofType("publish"), [
    { type: "publish", room: "orders", message: "kept", id },
  ]);
  second.session.signOut();

  using third = new PageWorld(first.storage);
  assert.ok(!third.session.resume());
  const { signed_in: _, ...remembered } = loadSettings(first.storage);
  assert.deepEqual(remembered, { ...ME, rooms: ["lobby", "orders"], active_room: "orders" });
});

Deno.test("what was stored is not believed when it is broken", () => {
  using page = new PageWorld();
  page.storage.setItem(
    SETTINGS_KEY,
    '{"signed_in":true,"user_id":5,"rooms":[1,"lobby"],"name":{}}',
  );
  assert.deepEqual(loadSettings(page.storage).rooms, ["lobby"]);
  assert.ok(!page.session.resume());
  page.storage.setItem(writtenKey({ userId: "123", site: "" }), '[{"id":1},null,"x"]');
  page.session.signIn({ ...ME, room: "lobby", token: "" });
  assert.deepEqual(page.store.state.written, []);
});

Deno.test("Session closes the client of a user who signs out or is another, and hears nothing of it", async () => {
  using page = signedIn();
  page.online();
  page.session.say("lobby", "mine");
  const alices = page.socket;
  page.session.signIn({ user_id: "7", name: "Bob", room: "lobby", token: "" });
  assert.ok(alices.closed);
  await settled();
  assert.equal(page.store.state.connection.kind, "connecting");
  assert.deepEqual(page.store.state.written, []);
  page.session.signOut();
  await settled();
  assert.ok(page.socket.closed);
  assert.equal(page.store.state.identity, null);
  assert.equal(page.clock.size, 0, "no timer is left");
  page.session.signIn({ ...ME, room: "lobby", token: "" });
  page.online();
  assert.equal(page.writtenIds().length, 1, "what she wrote waits for her");
  assert.equal(page.socket.ofType("publish").length, 1, "and is sent");
});

Deno.test("Session says nothing as the same user of another site, nor before it knows which", () => {
  using page = signedIn();
  page.session.say("lobby", "before the first connection");
  assert.deepEqual(page.socket.ofType("publish"), []);
  page.online({ user_id: 123, site_id: "default" });
  page.session.say("lobby", "one's own");
  page.socket.drop(3500, "mend something");
  page.session.signOut();

  page.session.signIn({ ...ME, room: "lobby", token: "of another site" });
  page.session.say("lobby", "the other's own");
  assert.equal(page.writtenIds().length, 1);
  page.online({ user_id: 123, site_id: "shop" });
  assert.deepEqual(said(), ["the other's own"]);
  page.session.signOut();

  page.session.signIn({ ...ME, room: "lobby", token: "the first one's" });
  page.online({ user_id: 123, site_id: "default" });
  assert.deepEqual(said(), ["before the first connection", "one's own"]);

  using reloaded = new PageWorld(page.storage);
  reloaded.session.resume();
  assert.equal(reloaded.writtenIds().length, 2, "it is the same token");

  function said() {
    return page.socket.ofType("publish").map(({ message }) => message);
  }
});

Deno.test("Session counts unread notifications as the server does", () => {
  using page = signedIn();
  page.online({ unread: 3 });
  assert.equal(page.store.state.unread, 3);
  page.socket.receive({ type: "inbox", event: "read", ids: ["n1"], unread: 2 });
  assert.equal(page.store.state.unread, 2);
  page.session.signOut();
  assert.equal(page.store.state.unread, 0, "the next user has none of them");
});

class PageWorld implements Disposable {
  readonly store = new Store();
  readonly clock = new FakeClock();
  readonly session: Session;
  readonly #sockets: FakeSocket[] = [];

  /** @param storage what the browser has kept */
  constructor(readonly storage = memory()) {
    const sockets = this.#sockets;
    const WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
    const environment = { WebSocket, clock: this.clock, random: () => 0.5, wakeSources: [] };
    this.session = new Session(this.store, {
      showNotification: () => {},
      shared: storage,
      own: storage,
      connect: ({ user_id, name }) =>
        connect({ url: "ws://one.test/ws", userId: user_id, name, environment }),
      isWatched: () => true,
    });
  }

  /** The newest one. */
  get socket(): FakeSocket {
    const socket = this.#sockets.at(-1);
    assert.ok(socket);
    return socket;
  }

  online(data: Frame = {}): void {
    this.socket.open();
    const connected = {
      client_id: "c1",
      site_id: "default",
      ping: 25,
      unread: 0,
      inbox: inbox(0),
    };
    this.socket.reply("connect", { ...connected, ...data });
  }

  comeBack(data?: Frame): void {
    this.socket.drop(1006);
    this.session.reconnect();
    this.online(data);
  }

  /** Lets the page into a room, which has these messages. */
  join(name: string, messages: Frame[] = []): void {
    this.#reply("subscribe", name, { ...inRoom(name, messages), publications: [] });
    this.#reply("history", name, inRoom(name, messages));
  }

  /** Answers the last such command about a room, if there is one. */
  #reply(type: string, room: string, data: Frame): void {
    const command = this.socket.sent.findLast((each) => each.type === type && each.room === room);
    if (command !== undefined) {
      this.socket.receive({ type: "reply", ref: command.ref, success: true, data });
    }
  }

  room(name: string) {
    const room = this.store.state.rooms.find(({ room }) => room === name);
    assert.ok(room !== undefined);
    return room;
  }

  writtenIds(): string[] {
    return this.store.state.written.map(({ id }) => id);
  }

  [Symbol.dispose](): void {
    if (this.store.state.identity !== null) this.session.signOut();
  }
}

function signedIn(): PageWorld {
  const page = new PageWorld();
  page.session.signIn({ ...ME, room: "lobby", token: "" });
  return page;
}

/** What was promised is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function memory() {
  return storeOrMemory(() => {
    throw new Error("forbidden");
  });
}

function said(id: string, offset: number): Frame {
  const room = "lobby";
  return {
    type: "usermsg",
    id,
    room,
    user_id: 7,
    name: "Bob",
    message: "Hi",
    timestamp: 7,
    offset,
  };
}

function inbox(offset: number, notifications: Frame[] = []): Frame {
  return { offset, epoch: "e1", recovered: false, reason: "new", notifications };
}

function inRoom(room: string, publications: Frame[], more: Frame = {}): Frame {
  const offset = Number(publications.at(-1)?.offset ?? 0);
  return { room, offset, epoch: "e1", recovered: false, reason: "new", publications, ...more };
}
