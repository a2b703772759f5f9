/** Conversations of the client library with the real server, on both listeners and both transports, and tabs that share a worker. */
import assert from "node:assert/strict";
import {
  type ChatMessage,
  type Client,
  connect,
  type ConnectOptions,
  type NotifyliError,
  type OpenConversation,
} from "../../lib/sdk/mod.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { freePort } from "../support/free_port.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { TabBrowser } from "../support/tab_browser.ts";
import { waitFor } from "../support/wait.ts";

const [ALICE, BOB, CAROL] = [1, 2, 3];

/** More messages a second than people write. */
const FAST = { APP_RATE_CHAT: "off", APP_RATE_LIMIT: "off" };

for (const listener of ["deno", "node"]) {
  Deno.test(`SDK conversations on the ${listener} listener`, async (t) => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...FAST } });
    using alice = new Person(program.webSocketUrl, ALICE, "Alice");
    using bob = new Person(program.webSocketUrl, BOB, "Bob");

    await t.step("two people write each other, and see what was read", async () => {
      const { id } = await alice.client.conversations.private(BOB);
      const here = alice.open(id);
      await bob.online();
      assert.equal(bob.list.items.length <= 1, true);
      const sent = here.send({ text: "Hello!", id: "hello-bob" });
      assert.equal(here.messages.at(-1)?.status, "pending");
      assert.equal((await sent).ownId, "hello-bob");
      await waitFor("Bob is told", () => bob.list.unread.messages === 1);
      const [info] = bob.list.items;
      assert.deepEqual([info?.name, info?.lastMessage?.text, info?.unread], ["Alice", "Hello!", 1]);
      await waitFor("it has come", () => here.messages.at(-1)?.status === "delivered");
      const there = bob.open(id);
      await there.ready;
      const typists = typistsIn(here);
      there.typing();
      await waitFor("she sees that", () => typists.has("Bob"));
      const question = there.messages[0] ?? assert.fail();
      await there.send({ text: "Hi, Alice", replyTo: question });
      await waitFor("she has it", () => here.messages.at(-1)?.replyTo?.text === "Hello!");
      assert.deepEqual(here.typingUsers, []);
      there.markRead();
      await waitFor("it was read", () => here.messages[0]?.status === "read");
      assert.deepEqual(bob.list.unread, { conversations: 0, messages: 0, mentions: 0 });
      const answer = here.messages.at(-1) ?? assert.fail();
      await here.react(answer, "👍");
      await there.edit(there.messages.at(-1) ?? assert.fail(), { text: "Hi, Alice!" });
      await here.unsend(here.messages[0] ?? assert.fail());
      await waitFor("both see it", () => {
        return [here, there].every(({ messages: [first, second] }) =>
          first?.deleted && second?.text === "Hi, Alice!" && second.reactions[0]?.count === 1
        );
      });
      const found = await alice.list.search("Alice", { conversation: id });
      assert.deepEqual(found.messages.map(({ text }) => text), ["Hi, Alice!"]);
      await assert.rejects(here.send(""), { code: "invalid_field" });
      assert.equal(here.messages.at(-1)?.status, "failed");
      here.discard(here.messages.at(-1) ?? assert.fail());
      assertSame(here, there);
    });

    await t.step("a group has members, who come and go", async () => {
      using carol = new Person(program.webSocketUrl, CAROL, "Carol");
      await carol.online();
      const info = await alice.list.createGroup({ name: "Team", members: [BOB], history: "all" });
      const here = alice.open(info.id);
      await here.send({ text: "Welcome, Bob", mentions: [BOB] });
      await waitFor("Bob is named", () => bob.list.unread.mentions === 1);
      await here.add([CAROL]);
      await waitFor("she is in", () => carol.list.items[0]?.name === "Team");
      await waitFor("all are named", () => here.members.length === 3);
      const there = carol.open(info.id);
      await there.ready;
      await waitFor("she sees all", () => there.messages.length === here.messages.length);
      const renamed = await here.rename("The team");
      assert.equal(renamed.name, "The team");
      await waitFor("she sees that", () => there.info?.name === "The team");
      await waitFor("it is said", () => there.messages.at(-1)?.system?.event === "renamed");
      const receipts = await here.receipts(here.messages.find(({ text }) => text !== "") ?? 0);
      assert.deepEqual(receipts.delivered.map(({ userId }) => userId), [String(BOB)]);
      await here.mute();
      await here.pin();
      await waitFor("it is the first", () => alice.list.items[0]?.pinned === true);
      assert.ok((here.info?.mutedUntil ?? 0) > 2_000_000_000);
      await here.remove([CAROL]);
      await waitFor("she is out", () => there.state === "gone" && carol.list.items.length === 0);
      await bob.open(info.id).leave();
      await waitFor("Bob is gone", () => here.members.length === 1);
      await here.archive();
      await waitFor("it is put away", () => alice.list.items.every(({ id }) => id !== info.id));
      const { archived } = alice.list;
      await waitFor("it is there", () => archived.items[0]?.id === info.id);
    });

    await t.step("who is there is told, and whom the user knows", async () => {
      await bob.client.contacts.add(ALICE); // by which she may see him
      await alice.client.contacts.add(BOB, "Bobby");
      await waitFor("she sees him", () => alice.client.contacts.items[0]?.status === "online");
      assert.equal(alice.client.contacts.items[0]?.name, "Bobby");
      assert.equal((await alice.client.privacy.get()).readReceipts, true);
      const seen: string[] = [];
      const watch = alice.client.presence([BOB], ({ status }) => seen.push(status));
      await waitFor("he is there", () => seen.at(-1) === "online");
      watch.end();
    });

    await t.step("nothing is lost and nothing is there twice where connections break", async () => {
      await using proxy = new Proxy(program.port);
      using away = new Person(proxy.url, CAROL, "Carol");
      away.client.on("state", ({ kind }) => {
        if (kind === "waiting") queueMicrotask(() => away.client.reconnect()); // without a pause
      });
      const { id } = await bob.list.createGroup({ name: "Storm", members: [CAROL] });
      const [here, there] = [bob.open(id), away.open(id)];
      await Promise.all([here.ready, there.ready]);
      const heard = heardBy(there);
      const sent: Promise<ChatMessage>[] = [];
      for (let round = 0; round < 6; round++) {
        for (let number = 0; number < 10; number++) {
          sent.push((number % 2 === 0 ? here : there).send(`${round}-${number}`));
        }
        const before = there.messages.filter(({ id }) => id > 0).length;
        await waitFor("something comes", () => {
          return there.messages.filter(({ id }) => id > 0).length > before;
        });
        proxy.refusesWebSockets = round % 2 === 0; // so that the next connection is by event streams
        proxy.cut();
      }
      await Promise.all(sent);
      await waitFor("both have all", () =>
        [here, there].every(({ messages }) => {
          return messages.filter(({ text }) => text !== "").length === 60;
        }));
      await waitFor("both are alike", () =>
        here.messages.every(({ changed }, index) => {
          return there.messages[index]?.changed === changed;
        }));
      assertSame(here, there);
      const texts = there.messages.map(({ text }) => text).filter((text) => text !== "");
      assert.equal(new Set(texts).size, 60);
      for (const parity of [0, 1]) {
        const own = texts.filter((text) => Number(text.split("-")[1]) % 2 === parity);
        assert.deepEqual(own, [...own].sort(), "in the order of sending");
      }
      assert.deepEqual(heard, texts, "each was told of once, in order");
    });
  });
}

Deno.test("SDK conversations: a server that is killed loses no message and doubles none", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_PORT: String(freePort()), ...FAST };
  let program = await Program.start({ dataDir, env });
  try {
    using alice = new Person(program.webSocketUrl, ALICE, "Alice");
    using bob = new Person(program.webSocketUrl, BOB, "Bob");
    const { id } = await alice.list.private(BOB);
    const [here, there] = [alice.open(id), bob.open(id)];
    await Promise.all([here.ready, there.ready]);
    const heard = heardBy(there);
    const sent: Promise<ChatMessage>[] = [];
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 10; number++) sent.push(here.send(`${round} before ${number}`));
      await waitFor("some are stored", () => here.messages.at(-5)?.status !== "pending");
      const noticed = Promise.all([alice, bob].map(({ client }) => nextState(client, "waiting")));
      program.kill("SIGKILL");
      await program.ended();
      await noticed;
      sent.push(here.send(`${round} while it was away`));
      program = await Program.start({ dataDir, env });
      for (const { client } of [alice, bob]) client.reconnect();
      await Promise.all(sent);
    }
    await waitFor("he has all", () => there.messages.length === 22);
    assertSame(here, there);
    assert.deepEqual(heard, there.messages.map(({ text }) => text));
    assert.deepEqual(there.messages.map(({ text }) => text), here.messages.map(({ text }) => text));
    await waitFor("all are counted", () => bob.list.unread.messages === 22);
  } finally {
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("SDK conversations: tabs have one truth over one connection", async () => {
  await using program = await Program.start({ env: FAST });
  using browser = new TabBrowser(webSocketTransport(WebSocket));
  using bob = new Person(program.webSocketUrl, BOB, "Bob");
  const tab = () => {
    const transport = browser.transport();
    return new Person(program.webSocketUrl, ALICE, "Alice", { transport });
  };
  using first = tab();
  using second = tab();
  const { id } = await bob.list.private(ALICE);
  await Promise.all([first.online(), second.online()]);
  const there = bob.open(id);
  await there.send("Hello!");
  await waitFor("both count it", () =>
    [first, second].every((each) => {
      return each.list.unread.messages === 1;
    }));
  const [one, other] = [first.open(id), second.open(id)];
  await Promise.all([one.ready, other.ready]);
  one.markRead();
  await waitFor("it is read in both", () => second.list.unread.messages === 0);
  await one.send("Hi, Bob");
  await waitFor("both have it", () => other.messages.at(-1)?.text === "Hi, Bob");
  assert.equal(other.messages.at(-1)?.status !== undefined, true);
  const typists = [one, other].map(typistsIn);
  there.typing();
  await waitFor("both see it", () => typists.every((names) => names.has("Bob")));
  await first.client.contacts.add(BOB);
  void second.client.contacts;
  await waitFor("both have the contact", () => second.client.contacts.items.length === 1);
  browser.cut();
  await there.send("Are you there?");
  await waitFor("both come back", () =>
    [one, other].every(({ messages }) => {
      return messages.at(-1)?.text === "Are you there?";
    }));
  assertSame(one, other);
  await browser.settled(1);
});

/** A client, and what failed without anybody waiting for it. */
class Person implements Disposable {
  readonly client: Client;
  readonly failures: NotifyliError[] = [];

  constructor(url: string, userId: number, name: string, options: Partial<ConnectOptions> = {}) {
    this.client = connect({ url, userId, name, ...options });
    this.client.on("error", (error) => this.failures.push(error));
    void this.list;
  }

  get list() {
    return this.client.conversations;
  }

  open(id: number): OpenConversation {
    return this.client.conversation(id);
  }

  async online(): Promise<void> {
    await waitFor("the list is there", () => this.list.isLoaded);
  }

  [Symbol.dispose](): void {
    this.client.close();
    assert.deepEqual(this.failures, []);
  }
}

function heardBy(conversation: OpenConversation): string[] {
  const heard: string[] = [];
  conversation.on("message", ({ text }) => {
    if (text !== "") heard.push(text);
  });
  return heard;
}

/** All who were typing from now on. */
function typistsIn(conversation: OpenConversation): ReadonlySet<string> {
  const names = new Set<string>();
  conversation.on("typing", (users) => users.forEach(({ name }) => names.add(name)));
  return names;
}

/** Both have the same messages, in the same order. */
function assertSame(one: OpenConversation, other: OpenConversation): void {
  const shown = ({ messages }: OpenConversation) =>
    messages.map(({ id, offset, changed, text, deleted }) => ({
      ...{ id, offset, changed, text, deleted },
    }));
  assert.deepEqual(shown(one), shown(other));
}
