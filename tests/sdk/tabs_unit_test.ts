/** A worker's hub with a server of the test's own: what cannot be had from the real one. */
import assert from "node:assert/strict";
import type { OpenTransport, TransportEvents } from "../../lib/sdk/mod.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import type { FromTab, FromWorker, Port } from "../../lib/sdk/tabs/shared_transport.ts";
import type { Frame } from "../support/fake_network.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("SharedHub lets nobody wait long for a tab that gets no answer", async () => {
  using world = new World();
  const stuck = world.tab("a");
  const next = world.tab("a");
  assert.equal(world.links.length, 1, "it may turn out to be the same one");
  await waitFor("it has a connection of its own", () => world.links.length === 2);
  world.links[1]?.accept("1");
  assert.equal(next.replies[0]?.["success"], true);
  assert.deepEqual(stuck.replies, []);
});

Deno.test("SharedHub shows a token anew where the connection ends that it was shown over", () => {
  using world = new World();
  const first = world.tab("a");
  world.links[0]?.accept("1");
  const second = world.tab("b");
  assert.deepEqual(world.links[0]?.sent.at(-1), { type: "identity", token: "b", ref: 2 });
  world.links[0]?.end(1006);
  assert.equal(first.closed?.code, 1006);
  assert.equal(second.closed, undefined);
  assert.deepEqual(world.links[1]?.token, "b");
  world.links[1]?.accept("1");
  assert.equal(second.replies[0]?.["success"], true);
});

Deno.test("SharedHub opens one connection for tabs of one new user that come at once", () => {
  using world = new World();
  world.tab("a");
  world.links[0]?.accept("1");
  const others = [world.tab("b"), world.tab("b"), world.tab("b")];
  for (const _ of others) world.links[0]?.answer("identity", { fingerprint: "2", user_id: 2 });
  assert.equal(world.links.length, 2);
  world.links[1]?.accept("2");
  for (const _ of others.slice(1)) {
    world.links[0]?.answer("identity", { fingerprint: "2", user_id: 2 });
  }
  for (const _ of others.slice(1)) world.links[1]?.answer("inbox", INBOX);
  assert.equal(world.links.length, 2);
  for (const tab of others) assert.equal(tab.replies[0]?.["success"], true);
});

Deno.test("SharedHub keeps a bounded number of commands of a tab that has no connection yet, in order", () => {
  using world = new World();
  const [patient, hasty] = [world.tab("a"), world.tab("b")];
  for (let number = 0; number < 100; number++) {
    for (const tab of [patient, hasty]) tab.send({ type: "publish", room: "r", id: `${number}` });
  }
  hasty.send({ type: "publish", room: "r", id: "one too many" });
  assert.equal(hasty.closed?.code, 1006);
  assert.equal(patient.closed, undefined);
  world.links[0]?.accept("1");
  const ids = world.links[0]?.sent.slice(1).map(({ id }) => id);
  assert.deepEqual(ids, Array.from({ length: 100 }, (_, number) => String(number)));
});

Deno.test("SharedHub does not take a room from a tab that asked again before it was refused", () => {
  using world = new World();
  const tab = world.tab("a");
  const [link = assert.fail()] = world.links;
  link.accept("1");
  for (const [type, ref] of [["subscribe", 1], ["unsubscribe", 2], ["subscribe", 3]] as const) {
    tab.send({ type, room: "r", ref });
  }
  link.refuse("subscribe");
  link.answer("subscribe", { room: "r", offset: 1, epoch: "e" });
  link.receive({ type: "usermsg", room: "r", offset: 2 });
  assert.equal(tab.frames.at(-1)?.["type"], "usermsg");
});

const INBOX = { offset: 0, epoch: "e", unread: 0, recovered: false, notifications: [] };

class World implements Disposable {
  readonly links: FakeLink[] = [];
  readonly #tabs: FakeTab[] = [];
  readonly #hub: SharedHub;

  constructor() {
    const open: OpenTransport = (_url, events, token) => {
      const link = new FakeLink(events, token);
      this.links.push(link);
      return { send: (text) => link.take(text), close() {} };
    };
    this.#hub = new SharedHub(open);
  }

  /** One that has introduced itself. */
  tab(token: string): FakeTab {
    const tab = new FakeTab();
    this.#hub.accept(tab);
    this.#tabs.push(tab);
    tab.tell({ open: "ws://one.test/ws", token });
    tab.send({ type: "connect", ref: 0 });
    return tab;
  }

  [Symbol.dispose](): void {
    for (const tab of this.#tabs) tab.tell({ close: true });
    assert.equal(this.#hub.size, 0);
  }
}

/** The worker's end of a connection to the server, which is the test. */
class FakeLink {
  readonly token: string | undefined;
  readonly sent: Frame[] = [];
  readonly #events: TransportEvents;
  readonly #answered = new Set<unknown>();

  constructor(events: TransportEvents, token: string | undefined) {
    this.#events = events;
    this.token = token;
  }

  take(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  accept(fingerprint: string): void {
    this.#events.opened();
    const user = { user_id: Number(fingerprint), site_id: "default", fingerprint };
    this.answer("connect", { ...user, inbox: INBOX });
  }

  answer(type: string, data: Frame): void {
    this.#reply(type, { success: true, data });
  }

  refuse(type: string): void {
    this.#reply(type, { success: false, code: "unavailable", error: "No" });
  }

  receive(frame: Frame): void {
    this.#events.received(JSON.stringify(frame));
  }

  end(code: number): void {
    this.#events.closed(code, "");
  }

  /** To the oldest command of the type that has no answer. */
  #reply(type: string, answer: Frame): void {
    const command = this.sent.find((each) => each.type === type && !this.#answered.has(each.ref));
    assert.ok(command, `a command '${type}' (there are ${JSON.stringify(this.sent)})`);
    this.#answered.add(command.ref);
    this.receive({ type: "reply", ref: command.ref, ...answer });
  }
}

/** The hub's end of a port, whose other end is the test. */
class FakeTab implements Port {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly frames: Frame[] = [];
  closed: { code: number } | undefined;

  get replies(): Frame[] {
    return this.frames.filter(({ type }) => type === "reply");
  }

  tell(data: FromTab): void {
    this.onmessage?.({ data } as MessageEvent);
  }

  send(command: Frame): void {
    this.tell(JSON.stringify(command));
  }

  postMessage(message: FromTab | FromWorker): void {
    if (typeof message === "string") this.frames.push(JSON.parse(message));
    else if ("closed" in message) this.closed = message.closed;
  }

  close(): void {}
}
