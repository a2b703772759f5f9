/** Topics of tabs that share a connection, with a server of the test's own. */
import assert from "node:assert/strict";
import type { Frame } from "../support/fake_network.ts";
import { type FakeLink, type FakeTab, HubWorld, INBOX } from "../support/hub_world.ts";

Deno.test("tabs with the same topic and filter are one subscription for the server", () => {
  using world = new HubWorld();
  const { link, tabs: [one, other] } = open(world);
  subscribe(one, 1, { filter: { id: 5, a: "x" }, token: "one" });
  answer(link, 1, 7);
  subscribe(other, 1, { filter: { a: "x", id: 5 }, token: "other", since: SINCE });
  assert.deepEqual(asked(link).map(({ token, since }) => [token, since]), [
    ["one", undefined],
    ["other", SINCE],
  ], "each shows its own token, and says where it was");
  answer(link, 2, 9, { recovered: true });
  assert.deepEqual(ended(link), [2]);
  assert.deepEqual(other.replies.at(-1)?.["data"], {
    topic: "T",
    sub: 2,
    offset: 9,
    epoch: "e",
    recovered: true,
    publications: [],
  });
  link.receive(event(10, [1, 2]));
  assert.deepEqual([subsOf(one), subsOf(other)], [[[1]], [[2]]]);
  unsubscribe(one, 2, 1);
  assert.deepEqual(one.replies.at(-1)?.["data"], { topic: "T", sub: 1 });
  link.receive(event(11, [1]));
  assert.deepEqual([subsOf(one), subsOf(other)], [[[1]], [[2], [2]]]);
  unsubscribe(other, 2, 2);
  assert.deepEqual(ended(link), [2, 1]);
  link.receive(event(12, [1]));
  assert.deepEqual([subsOf(one), subsOf(other)], [[[1]], [[2], [2]]]);
});

Deno.test("an event comes to each tab once, with all the numbers that it knows", () => {
  using world = new HubWorld();
  const { link, tabs: [one, other] } = open(world);
  subscribe(one, 1, {});
  subscribe(one, 2, { filter: { id: 5 } });
  subscribe(other, 1, { filter: { id: 5 } });
  subscribe(other, 2, { filter: { id: 6 } });
  subscribe(other, 3, { topic: "U" });
  for (const sub of [1, 2, 3, 4]) answer(link, sub, 0);
  link.answer("subscribe", { topic: "U", sub: 5, offset: 0, epoch: "e", publications: [] });
  link.receive(event(1, [1, 2]));
  link.receive({ ...event(2, [5]), topic: "U" });
  assert.deepEqual([subsOf(one), subsOf(other)], [[[1, 2]], [[3], [5]]]);
  const position = { type: "position", topic: "U", offset: 400, epoch: "e" };
  link.receive(position);
  const told = (tab: FakeTab) => tab.frames.filter(({ type }) => type === "position");
  assert.deepEqual([told(one), told(other)], [[], [position]]);
});

Deno.test("a tab that an event is not for knows by it how far the topic is", () => {
  using world = new HubWorld();
  const { link, tabs: [one, other] } = open(world);
  subscribe(one, 1, { filter: { id: 5 } });
  subscribe(other, 1, { filter: { id: 6 } });
  for (const sub of [1, 2]) answer(link, sub, 0);
  link.receive({ ...event(1, [1]), data: { id: 5 } });
  const { data: _, ...bare } = event(1, []);
  assert.deepEqual([one.frames.at(-1), other.frames.at(-1)], [
    { ...event(1, [1]), data: { id: 5 } },
    bare,
  ]);
});

Deno.test("a tab that closes ends what is its own, also what the server has not answered", () => {
  using world = new HubWorld();
  const { link, tabs: [one, other] } = open(world);
  subscribe(one, 1, {});
  subscribe(one, 2, { filter: { id: 5 } });
  subscribe(other, 1, {});
  for (const sub of [1, 2, 3]) answer(link, sub, 0);
  assert.deepEqual(ended(link), [3]);
  subscribe(one, 3, { filter: { id: 6 } });
  one.tell({ close: true });
  assert.deepEqual(ended(link), [3, 2]);
  answer(link, 4, 0);
  assert.deepEqual(ended(link), [3, 2, 4]);
  link.receive(event(1, [1]));
  assert.deepEqual(subsOf(other), [[3]]);
});

Deno.test("a tab whose subscription is refused takes nothing from the others, nor ends it", () => {
  using world = new HubWorld();
  const { link, tabs: [one, other] } = open(world);
  subscribe(one, 1, {});
  answer(link, 1, 0);
  subscribe(other, 1, {});
  link.refuse("subscribe");
  assert.equal(other.replies.at(-1)?.["success"], false);
  unsubscribe(other, 2, 1);
  link.receive(event(1, [1]));
  assert.deepEqual([subsOf(one), subsOf(other), ended(link)], [[[1]], [], []]);
});

const SINCE = { offset: 5, epoch: "e" };

/** Two tabs of one user, on one connection. */
function open(world: HubWorld): { link: FakeLink; tabs: [FakeTab, FakeTab] } {
  const one = world.tab("a");
  const [link = assert.fail()] = world.links;
  link.accept("1");
  const other = world.tab("b");
  link.answer("identity", { fingerprint: "1", user_id: 1 });
  link.answer("inbox", INBOX);
  assert.equal(other.replies[0]?.["success"], true);
  return { link, tabs: [one, other] };
}

function subscribe(tab: FakeTab, ref: number, more: Frame): void {
  tab.send({ type: "subscribe", topic: "T", ref, ...more });
}

function unsubscribe(tab: FakeTab, ref: number, sub: number): void {
  tab.send({ type: "unsubscribe", sub, ref });
}

function answer(link: FakeLink, sub: number, offset: number, more: Frame = {}): void {
  link.answer("subscribe", { topic: "T", sub, offset, epoch: "e", ...more, publications: [] });
}

function asked(link: FakeLink): Frame[] {
  return link.sent.filter(({ type }) => type === "subscribe");
}

/** The server's numbers of what it was told to end. */
function ended(link: FakeLink): unknown[] {
  return link.sent.filter(({ type }) => type === "unsubscribe").map(({ sub }) => sub);
}

function event(offset: number, subs: number[]): Frame {
  return { type: "event", topic: "T", id: `t-${offset}`, data: {}, subs, offset, timestamp: 1 };
}

/** The numbers in each event that a tab got. */
function subsOf(tab: FakeTab): unknown[] {
  return tab.frames.filter(({ type }) => type === "event").map(({ subs }) => subs);
}
