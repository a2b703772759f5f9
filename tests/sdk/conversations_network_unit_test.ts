/** Conversations are in the client as they are on the server, whatever the network does. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChatMessage, NotifyliError } from "../../lib/sdk/mod.ts";
import { start } from "../support/client_world.ts";
import { type ChatStep, ModelChat, SELF } from "../support/model_chat.ts";

type Step =
  | ChatStep
  | { do: "send"; in: number }
  | { do: "mark" }
  | { do: "older" | "newer" | "around" | "latest" }
  | { do: "wait"; ms: number };

const COUNT = 3;
const place = fc.nat({ max: COUNT - 1 });
const small = fc.nat({ max: 5 });
const count = fc.integer({ min: 1, max: 6 });
const steps: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant("say"), in: place }),
  fc.record({ do: fc.constantFrom("say", "send"), in: place }),
  fc.record({ do: fc.constantFrom("edit", "react", "rename", "join"), in: place }),
  fc.record({ do: fc.constantFrom("read", "pin"), in: place }),
  fc.record({ do: fc.constantFrom("mark", "older", "newer", "around", "latest") }),
  fc.record({ do: fc.constant("up"), count }),
  fc.record({ do: fc.constant("up"), count }),
  fc.record({ do: fc.constant("down"), count, pushes: fc.boolean() }),
  fc.record({ do: fc.constant("down"), count, pushes: fc.boolean() }),
  fc.record({ do: fc.constant("cut"), ups: small, downs: small }),
  fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(0, 1_000, 30_000) }),
];
const many = fc.array(fc.oneof(...steps), { maxLength: 100 });
/** The window is moved while an own message is stored, and another one comes before the answer. */
const jumpedOverOwn: readonly Step[] = [
  { do: "around" },
  { do: "send", in: 0 },
  { do: "wait", ms: 30_000 },
  { do: "wait", ms: 1_000 },
  { do: "join", in: 0 },
];
const forget: fc.Arbitrary<Step> = fc.record({ do: fc.constant("forget") });

Deno.test("conversations are as on the server, and each message is told of once, whatever breaks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), many, async (isLoaded, steps) => {
      const { server, told, since, sent } = await play(steps, isLoaded);
      const [first] = server.conversations;
      assert.ok(first);
      // Whoever opened the conversation is told of all that was said since it was loaded, in order.
      const from = since ?? (told[0] ?? Infinity) - 1;
      const said = first.said.map(({ offset }) => offset).filter((offset) => offset > from);
      assert.deepEqual(told, said);
      assertSent({ server, sent });
    }),
    { numRuns: 300, examples: [[true, [...jumpedOverOwn]]] },
  );
});

Deno.test("conversations are as on the server, also where it has lost its history", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(...steps, forget), { maxLength: 60 }), async (steps) => {
      assertSent(await play(steps, true));
    }),
    { numRuns: 150 },
  );
});

/** Plays the steps, lets everything come to rest, and compares the client with the server. */
async function play(steps: readonly Step[], isLoaded: boolean) {
  const server = new ModelChat(COUNT);
  for (let n = 0; n < 70; n++) server.play({ do: "say", in: n % 10 === 0 ? n % COUNT : 0 });
  const world = start({}, { onSocket: (socket) => server.accept(socket) });
  const { clock, client } = world;
  const failures: (NotifyliError | Error)[] = [];
  client.on("error", (error) => failures.push(error));
  const list = client.conversations;
  const opened = client.conversation(0);
  const told: number[] = [];
  opened.on("messages", assertInOrder);
  opened.on("message", ({ offset }) => told.push(offset));
  const sent: string[][] = Array.from({ length: COUNT }, () => []);
  const others = new Map([[0, opened]]);
  const fail = (error: Error) => void failures.push(error);
  if (isLoaded) await rest();
  const since = isLoaded ? server.conversations[0]?.offset : undefined;
  for (const step of steps) {
    switch (step.do) {
      case "send": {
        const handle = others.get(step.in) ?? client.conversation(step.in);
        others.set(step.in, handle);
        const text = `own ${sent[step.in]?.push("")}`;
        sent[step.in]?.splice(-1, 1, text);
        handle.send(text).catch(fail);
        break;
      }
      case "mark":
        opened.markRead();
        break;
      case "older":
        opened.loadBefore(10).catch(fail);
        break;
      case "newer":
        opened.loadAfter(10).catch(fail);
        break;
      case "around":
        opened.loadAround(20, 10).catch(fail);
        break;
      case "latest":
        opened.loadLatest().catch(fail);
        break;
      case "wait":
        clock.pass(step.ms);
        break;
      default:
        server.play(step);
    }
    await Promise.resolve();
  }
  await rest();
  const latest = opened.hasAfter ? opened.loadLatest() : Promise.resolve();
  await rest();
  await latest;
  assert.deepEqual(failures, []);
  assertSame();
  client.close();
  assert.equal(clock.size, 0);
  return { server, told, since, sent };

  /** At rest the next ping is the only timer. */
  async function rest(): Promise<void> {
    const isDone = () => client.state.kind === "online" && clock.size === 1 && !server.isBusy;
    for (let round = 0; round < 60 && (round < 3 || !isDone()); round++) {
      server.play({ do: "up", count: 1_000 });
      server.play({ do: "down", count: 1_000, pushes: round % 2 === 0 });
      server.play({ do: "down", count: 1_000, pushes: round % 2 === 1 });
      clock.pass(isDone() ? 0 : 1_500);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  }

  function assertSame(): void {
    const expected = server.conversations.map((each) => ({
      ...{ id: each.id, name: each.name, offset: each.offset, read: each.read },
      ...{ unread: each.unread.length, mentions: each.mentions, pinned: each.pinned },
      last: each.said.at(-1)?.text,
      time: each.said.at(-1)?.id ?? 0,
    })).sort((one, other) =>
      Number(other.pinned) - Number(one.pinned) || other.time - one.time || other.id - one.id
    );
    const found = list.items.map((each) => ({
      ...{ id: each.id, name: each.name, offset: each.offset, read: each.read },
      ...{ unread: each.unread, mentions: each.mentions, pinned: each.pinned },
      last: each.lastMessage?.text,
      time: each.lastMessage?.id ?? 0,
    }));
    assert.deepEqual(found, expected);
    assert.deepEqual(list.unread, server.totals);
    const first = opened.messages[0]?.offset ?? 0;
    const said = server.conversations[0]?.said.filter(({ offset }) => offset >= first) ?? [];
    assert.deepEqual(
      opened.messages.map(({ id, text, changed, reactions }) => ({
        ...{ id, text, changed, reactions: reactions[0]?.count ?? 0 },
      })),
      said.map(({ id, text, changed, reactions }) => ({ id, text, changed, reactions })),
    );
    assert.equal(opened.hasBefore, first > (server.conversations[0]?.said[0]?.offset ?? 0));
    for (const { delivered, said } of server.conversations) {
      const last = said.filter(({ kind, userId }) => kind === "text" && userId !== SELF).at(-1);
      assert.ok(delivered >= (last?.offset ?? 0), "what has come was acknowledged");
    }
  }
}

function assertSent({ server, sent }: { server: ModelChat; sent: string[][] }): void {
  for (const [id, texts] of sent.entries()) {
    const own = server.conversations[id]?.said.filter(({ userId }) => userId === SELF) ?? [];
    assert.deepEqual(own.map(({ text }) => text), texts, "each once, in the order of sending");
  }
}

/** What the server has stored is in its order, what waits comes after it, and nothing is there twice. */
function assertInOrder(messages: readonly ChatMessage[]): void {
  const keys = messages.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, "nothing is there twice");
  const offsets = messages.map(({ offset }) => offset === 0 ? Infinity : offset);
  assert.deepEqual(offsets, offsets.toSorted((one, other) => one === other ? 0 : one - other));
}
