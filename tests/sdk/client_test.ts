/** The client library and the real server; `*_unit_test.ts` beside it have the faults that cannot be had from one. */
import assert from "node:assert/strict";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  type KeyValueStore,
  type Message,
  type Notification,
  NotifyliError,
  type OpenTransport,
} from "../../lib/sdk/mod.ts";
import { SharedHub } from "../../lib/sdk/tabs/shared_hub.ts";
import { portTransport } from "../../lib/sdk/tabs/shared_transport.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const test = (what: string, run: (program: Program) => Promise<void>) =>
    Deno.test(`SDK on the ${listener} listener: ${what}`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      await run(program);
    });

  test("two clients talk in a room", async (program) => {
    using alice = join(program, { userId: 1, name: "Alice" });
    using bob = join(program, { userId: "b", name: "Bob" });
    await waitFor("both are in", () => alice.isIn && bob.isIn);
    const published = await alice.client.publish("lobby", "Hello,\nBob! 🎉");
    await waitFor("both have it", () => alice.messages.length + bob.messages.length === 2);
    assert.deepEqual(alice.messages, bob.messages);
    const [{ timestamp, ...message } = assert.fail()] = bob.messages;
    assert.ok(Math.abs(timestamp - Date.now() / 1000) < 60);
    assert.deepEqual(message, {
      id: published.id,
      room: "lobby",
      userId: "1",
      name: "Alice",
      message: "Hello,\nBob! 🎉",
      offset: 1,
      replayed: false,
    });
    assert.equal(published.offset, 1);
  });

  test("presence is who is in the room", async (program) => {
    using alice = watch(program, { userId: 1, name: "Alice" });
    const subscription = alice.client.subscribe("lobby", () => {}, { presence: true });
    await waitFor("Alice sees herself", () => subscription.users.length === 1);
    const bob = join(program, { userId: 2, name: "Bob" });
    await waitFor("Bob comes", () => subscription.users.length === 2);
    assert.deepEqual(subscription.users.map(({ name }) => name).sort(), ["Alice", "Bob"]);
    bob.client.close();
    await waitFor("Bob goes", () => subscription.users.length === 1);
  });

  test("what was said while away comes first", async (program) => {
    using alice = join(program, { userId: 1 });
    await waitFor("she is in", () => alice.isIn);
    for (const text of ["a", "b", "c"]) await alice.client.publish("lobby", text);
    await waitFor("she has them", () => alice.messages.length === 3);
    using bob = watch(program, { userId: 2 });
    const { epoch = "" } = alice.subscription.position ?? {};
    const since = { offset: 1, epoch };
    const messages: Message[] = [];
    bob.client.subscribe("lobby", (message) => messages.push(message), { since });
    await waitFor("the rest is there", () => messages.length === 2);
    assert.deepEqual(messages.map(({ message }) => message), ["b", "c"]);
    using carol = watch(program, { userId: 3 });
    const last: Message[] = [];
    carol.client.subscribe("lobby", (message) => last.push(message), { replay: true });
    await waitFor("the last is there", () => last.length === 1);
    assert.equal(last[0]?.message, "c");
  });

  test("a message with the same id appears once", async (program) => {
    using alice = join(program, { userId: 1 });
    await waitFor("she is in", () => alice.isIn);
    const options = { id: "the-same-1" };
    const first = await alice.client.publish("lobby", "Hi", options);
    assert.deepEqual(await alice.client.publish("lobby", "Hi", options), first);
    await alice.client.publish("lobby", "and on");
    await waitFor("both are there", () => alice.messages.length === 2);
  });

  test("publish() rejects with what the server said", async (program) => {
    using alice = watch(program, { userId: 1 });
    await assert.rejects(alice.client.publish("lobby", ""), (error) => {
      assert.ok(error instanceof NotifyliError);
      return error.code === "missing_field" && error.field === "message";
    });
  });

  test("notifications come once, live and later, and are acknowledged", async (program) => {
    const waiting = await notify(program, 123, "while away");
    using alice = watch(program, { userId: 123 });
    await waitFor("the first comes", () => alice.notifications.length === 1);
    const live = await notify(program, 123, "live");
    await waitFor("the second comes", () => alice.notifications.length === 2);
    assert.deepEqual(alice.notifications.map(({ id }) => id), [waiting, live]);
    assert.deepEqual(alice.notifications.map(({ replayed }) => replayed), [true, false]);
    assert.equal(alice.client.notifications.unread, 2);
    const stored = await waitFor("they are delivered", async () => {
      const page = await alice.client.notifications.loadMore({ before: 1_000_000 });
      return page.length === 2 && page;
    });
    assert.deepEqual(stored.map(({ id }) => id), [live, waiting]);
  });

  test("what is read on one device is read on the other", async (program) => {
    using phone = watch(program, { userId: 123 });
    using desk = watch(program, { userId: 123 });
    await waitFor("both are online", () => phone.isOnline && desk.isOnline);
    const ids = [];
    for (const text of ["a", "b", "c"]) ids.push(await notify(program, 123, text));
    const [first = "", second = "", third = ""] = ids;
    await waitFor("the desk has them", () => desk.notifications.length === 3);
    assert.equal(await phone.client.notifications.markRead([first]), 2);
    assert.equal(await phone.client.notifications.archive([second]), 1);
    assert.equal(await phone.client.notifications.delete([third]), 0);
    const { notifications } = desk.client;
    await waitFor("the desk knows", () => notifications.unread === 0);
    assert.deepEqual(notifications.list.map(({ id, read }) => [id, read]), [[first, true]]);
  });
}

Deno.test("SDK: a server that is killed and starts anew loses no notification and doubles none", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_PORT: String(freePort()) };
  let program = await Program.start({ dataDir, env });
  const { webSocketUrl } = program;
  const storage = memoryStore();
  try {
    using alice = watchAt(webSocketUrl, { userId: 123, storage });
    await waitFor("she is online", () => alice.isOnline);
    const sent = [];
    for (let round = 0; round < 3; round++) {
      for (const text of ["a", "b"]) sent.push(await notify(program, 123, `${text}${round}`));
      const noticed = nextState(alice.client, "waiting");
      program.kill("SIGKILL");
      await program.ended();
      await noticed;
      program = await Program.start({ dataDir, env });
      sent.push(await notify(program, 123, "while she was away"));
      alice.client.reconnect();
      await waitFor("she is back", () => alice.isOnline);
    }
    sent.push(await notify(program, 123, "the last"));
    await waitFor("all are there", () => alice.notifications.length >= sent.length);
    assert.deepEqual(alice.notifications.map(({ id }) => id), sent);
    assert.deepEqual(alice.gaps, []);
    alice.client.close();

    sent.push(await notify(program, 123, "between two pages"));
    using reloaded = watchAt(webSocketUrl, { userId: 123, storage });
    await waitFor("she is back", () => reloaded.isOnline);
    sent.push(await notify(program, 123, "after the reload"));
    await waitFor("both are there", () => reloaded.notifications.length >= 2);
    assert.deepEqual(reloaded.notifications.map(({ id }) => id), sent.slice(-2));
  } finally {
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("SDK: what is published while the server restarts appears once, and a lost room is a gap", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_PORT: String(freePort()) };
  let program = await Program.start({ dataDir, env });
  try {
    using alice = joinAt(program.webSocketUrl, { userId: 1 });
    await waitFor("she is in", () => alice.isIn);
    await alice.client.publish("lobby", "before");
    program.kill("SIGKILL");
    await program.ended();
    const during = ["one", "two", "three"].map((text) => alice.client.publish("lobby", text));
    program = await Program.start({ dataDir, env });
    const ids = (await Promise.all(during)).map(({ id }) => id);
    await waitFor("all are there", () => alice.messages.length === 4);
    assert.deepEqual(alice.messages.slice(1).map(({ id }) => id), ids);
    // Rooms are kept in the server's memory: what others said before the end may be gone, and that is said.
    assert.deepEqual(alice.gaps.map(({ reason }) => reason), ["epoch"]);
  } finally {
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("SDK: connections that break under way lose no message and double none", async () => {
  await using program = await Program.start();
  await using proxy = new Proxy(program.port);
  using alice = joinAt(proxy.url, { userId: 1 });
  alice.client.on("state", ({ kind }) => {
    if (kind === "waiting") queueMicrotask(() => alice.client.reconnect()); // without a pause
  });
  using bob = joinAt(program.webSocketUrl, { userId: 2 });
  await waitFor("both are in", () => alice.isIn && bob.isIn);
  const publishing = [];
  for (let round = 0; round < 10; round++) {
    for (let number = 0; number < 20; number++) {
      const { client } = number % 2 === 0 ? alice : bob;
      publishing.push(client.publish("lobby", `${round}-${number}`));
    }
    const before = alice.messages.length;
    await waitFor("Alice hears something", () => alice.messages.length > before);
    proxy.cut();
  }
  await Promise.all(publishing);
  await waitFor("both have all", () => alice.messages.length + bob.messages.length >= 400);
  assert.deepEqual(alice.messages.map(({ id }) => id), bob.messages.map(({ id }) => id));
  assert.equal(new Set(alice.messages.map(({ message }) => message)).size, 200);
  assert.ok(proxy.connections > 5, String(proxy.connections));
  assert.deepEqual([alice.gaps, bob.gaps], [[], []]);
});

Deno.test("SDK: with several servers the next one is taken when one is gone", async () => {
  await using program = await Program.start();
  const gone = `ws://127.0.0.1:${freePort()}/ws`;
  using client = close(connect({ urls: [gone, program.webSocketUrl], userId: 1, name: "Alice" }));
  await waitFor("it is online", () => client.state.kind === "online");
});

Deno.test("SDK: tabs share one connection, and each has all of its own", async () => {
  await using program = await Program.start();
  const browser = new Browser();
  const waiting = await notify(program, 123, "while away");
  const tab = (room: string) => {
    const transport = browser.transport();
    const watched = watch(program, { userId: 123, name: "Alice", transport });
    const messages: Message[] = [];
    const subscription = watched.client.subscribe(room, (message) => messages.push(message));
    return { ...watched, messages, subscription };
  };
  const [first, second] = [tab("lobby"), tab("lobby")];
  await waitFor("both are in", () => first.subscription.position && second.subscription.position);
  await Promise.all(["a", "b"].map((text) => first.client.publish("lobby", text)));
  using third = tab("elsewhere");
  await waitFor("the third is in", () => third.subscription.position);
  const live = await notify(program, 123, "live");
  for (const { client, notifications, gaps } of [first, second, third]) {
    await waitFor("all notifications are there", () => notifications.length === 2);
    assert.deepEqual(notifications.map(({ id }) => id), [waiting, live]);
    assert.equal(client.notifications.unread, 2);
    assert.deepEqual(gaps, []);
  }
  await waitFor("both heard it", () => first.messages.length + second.messages.length === 4);
  first.client.close();
  await second.client.publish("lobby", "c");
  await waitFor("the one that stayed heard it", () => second.messages.length === 3);
  assert.deepEqual(third.messages, []);
  assert.equal(browser.sockets.length, 1);

  const noticed = [second, third].map(async ({ client }) => {
    await nextState(client, "waiting");
    client.reconnect();
  });
  browser.sockets[0]?.close();
  await Promise.all(noticed);
  await second.client.publish("lobby", "d");
  await waitFor("the room is there again", () => second.messages.length === 4);
  assert.deepEqual(second.messages.map(({ message }) => message), ["a", "b", "c", "d"]);
  assert.equal(browser.sockets.length, 2);
  second.client.close();
  third.client.close();
  await waitFor("nobody needs the connection", () => browser.hub.size === 0);
});

Deno.test("SDK: tabs of two users do not share a connection", async () => {
  await using program = await Program.start();
  const browser = new Browser();
  using alice = watch(program, { userId: 1, transport: browser.transport() });
  using bob = watch(program, { userId: 2, transport: browser.transport() });
  await waitFor("both are online", () => alice.isOnline && bob.isOnline);
  await notify(program, 1, "for Alice");
  await waitFor("she has it", () => alice.notifications.length === 1);
  assert.deepEqual(bob.notifications, []);
  alice.client.close();
  bob.client.close();
  await waitFor("nobody needs the connections", () => browser.hub.size === 0);
});

/** What a SharedWorker has, in this process. */
class Browser {
  readonly sockets: WebSocket[] = [];
  readonly hub: SharedHub;

  constructor() {
    const { sockets } = this;
    const Counted = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
    this.hub = new SharedHub(webSocketTransport(Counted));
  }

  transport(): OpenTransport {
    return portTransport(() => {
      const { port1, port2 } = new MessageChannel();
      this.hub.accept(port1);
      return port2;
    });
  }
}

// --- Watched clients ---

/** A client of the program's first URL, with all it was told. */
function watch(program: Program, options: Partial<ConnectOptions>) {
  return watchAt(program.webSocketUrl, options);
}

function watchAt(url: string, options: Partial<ConnectOptions>) {
  const client = connect({ url, userId: 1, ...options });
  const notifications: Notification[] = [];
  const gaps: Gap[] = [];
  client.on("notification", (notification) => notifications.push(notification));
  client.on("gap", (gap) => gaps.push(gap));
  return {
    client,
    notifications,
    gaps,
    get isOnline() {
      return client.state.kind === "online";
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** As `watch()`, and in the lobby. */
function join(program: Program, options: Partial<ConnectOptions>) {
  return joinAt(program.webSocketUrl, options);
}

function joinAt(url: string, options: Partial<ConnectOptions>) {
  const { client } = watchAt(url, options);
  const messages: Message[] = [];
  const gaps: Gap[] = [];
  const subscription = client.subscribe("lobby", (message) => messages.push(message));
  const joined = {
    client,
    subscription,
    messages,
    gaps,
    isIn: false,
    [Symbol.dispose]: () => client.close(),
  };
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("subscribed", () => joined.isIn = true);
  return joined;
}

function close(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

/** Sends a notification as another system does; resolves with its id. */
async function notify(program: Program, user: number, message: string): Promise<string> {
  const response = await fetch(`${program.url}/api/users/${user}/notifications?from=Shop`, {
    method: "POST",
    body: message,
  });
  assert.ok(response.ok, await response.clone().text());
  return (await response.json()).id;
}

function memoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}
