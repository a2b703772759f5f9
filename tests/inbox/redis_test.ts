/** Inboxes in Redis: what comes in one turn of the event loop is one call, and all of an inbox ends together. */
import assert from "node:assert/strict";
import type { Notification } from "../../lib/inbox/store/store.ts";
import type { RedisEngine } from "../../lib/engines/redis.ts";
import { TurnLock } from "../../lib/ways/turn_lock.ts";
import { CodedError } from "../../lib/base/errors.ts";
import type { Dropped, Retention } from "../../lib/inbox/retention.ts";
import { type FullEngine, openFullRedis, QUIET } from "../support/engines.ts";
import { functionCalls, RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

Deno.test("redis engine puts what comes in one turn into all inboxes in one call, each in its order", async () => {
  await using server = await RedisServer.start();
  const heard: string[] = [];
  await using engine = await open(server, { heard });
  const users = ["1", "2", "Grüße"];
  for (const user of users) await engine.broker.subscribe({ site: SITE, kind: "user", name: user });
  const sent = Array.from(
    { length: 60 },
    (_, index) => notification(`n-${index}`, users[index % 3]!),
  );
  const before = await functionCalls(server);
  const isNew = await Promise.all(sent.map((each) => engine.inbox.append(each)));
  assert.equal(await functionCalls(server) - before, 1);
  assert.deepEqual(isNew, sent.map(() => true));
  await waitFor("all are heard", () => heard.length === sent.length);
  for (const user of users) {
    const ids = sent.filter((each) => each.user === user).map(({ id }) => id);
    assert.deepEqual(heard.filter((id) => ids.includes(id)), ids);
    const { notifications } = await engine.inbox.queued(SITE, user, "lobby");
    assert.deepEqual(
      notifications.map(({ id, offset, publication }) => [id, offset, publication.message]),
      ids.map((id, index) => [id, index + 1, `of ${id}`]),
    );
  }
});

Deno.test("redis engine takes any number and any length in one turn, in calls that are short", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server, { retention: { size: Infinity } });
  const before = await functionCalls(server);
  const many = Array.from({ length: 450 }, (_, index) => notification(`n-${index}`, "1"));
  const long = "x".repeat(200_000);
  const big = Array.from({ length: 4 }, (_, index) => notification(`big-${index}`, "1", long));
  await Promise.all([...many, ...big].map((each) => engine.inbox.append(each)));
  assert.equal(await functionCalls(server) - before, 5 + 4);
  const listed = await engine.inbox.list(SITE, "1", { limit: 1000 });
  assert.deepEqual(
    listed.map(({ id }) => id).reverse(),
    [...many, ...big].map(({ id }) => id),
  );
});

Deno.test("redis engine drops in one turn what it would drop one by one", async () => {
  await using server = await RedisServer.start();
  const dropped: Dropped[] = [];
  const retention = { size: 3, onDropped: (what: Dropped) => void dropped.push(what) };
  await using engine = await open(server, { retention });
  for (const id of ["a", "b", "c"]) await engine.inbox.append(notification(id, "1"));
  await engine.inbox.change(SITE, "1", "read", ["b"]);
  await engine.inbox.mark(SITE, "1", "sent", ["c"]);
  const position = await engine.inbox.sync(SITE, "1");
  await Promise.all(
    ["d", "e", "f", "g"].map((id) => engine.inbox.append(notification(id, "1"))),
  );
  const listed = await engine.inbox.list(SITE, "1", { limit: 9 });
  assert.deepEqual(listed.map(({ id }) => id), ["g", "f", "e"]);
  // Of the user's first three two had been taken; of the four that came, one was at once too much.
  assert.deepEqual(dropped, [{ site: SITE, user: "1", taken: 2, queued: 2, withFiles: [] }]);
  assert.equal((await engine.inbox.sync(SITE, "1", position)).reason, "expired");
  for (const id of ["a", "b", "c", "d"]) {
    assert.equal(await engine.inbox.owner(SITE, id), undefined);
  }
});

Deno.test("redis engine takes a caller's id once also where both come in one turn", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server);
  const order = { ...notification("order-12345", "1"), isCallersId: true };
  const isNew = await Promise.all([
    engine.inbox.append(order),
    engine.inbox.append(notification("n-1", "1")),
    engine.inbox.append(order),
    engine.inbox.append({ ...order, user: "2" }),
  ]);
  assert.deepEqual(isNew, [true, true, false, true]);
  assert.equal((await engine.inbox.list(SITE, "1", { limit: 9 })).length, 2);
});

Deno.test("redis engine: what one user's inbox does not take is refused alone", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server);
  await server.cli("SET", "notifyli:inbox-order:{2}", "of another kind");
  const results = await Promise.allSettled(
    [["n-1", "1"], ["n-2", "2"], ["n-3", "1"]].map(([id = "", user = ""]) =>
      engine.inbox.append(notification(id, user))
    ),
  );
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const [, refused] = results;
  assert.ok(refused?.status === "rejected" && refused.reason instanceof CodedError);
  assert.equal(refused.reason.code, "unavailable");
  assert.match(refused.reason.message, /^Redis refused: WRONGTYPE/);
  assert.equal((await engine.inbox.list(SITE, "1", { limit: 9 })).length, 2);
});

Deno.test("redis engine: how far a way in was read is written in its order, scheduled ones too", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server);
  const lock = new TurnLock(engine.storage, ["bridge"]);
  await lock.hold();
  const claimed = (id: string, progress: string) => ({
    ...notification(id, "1"),
    claim: { way: "bridge", holder: lock.holder, progress } as const,
  });
  const [, progressKey] = engine.storage.keys.turn("bridge");
  const later = { deliverAt: Date.now() + 3_600_000, isUndated: false };
  await Promise.all([
    engine.inbox.append(claimed("n-1", "1:1")),
    engine.schedule.add({ ...claimed("n-2", "1:2"), ...later }),
    engine.inbox.append(claimed("n-3", "1:3")),
    engine.inbox.append(notification("n-4", "1")),
    engine.inbox.append(claimed("n-5", "1:5")),
    engine.schedule.add({ ...claimed("n-6", "1:6"), ...later }),
  ]);
  assert.equal(await engine.storage.redis.get(progressKey), "1:6");
  assert.deepEqual(
    (await engine.inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id),
    ["n-5", "n-4", "n-3", "n-1"],
  );
  const held = new TurnLock(engine.storage, ["bridge"]);
  await lock.release();
  await held.hold();
  const results = await Promise.allSettled([
    engine.inbox.append(claimed("n-7", "1:7")),
    engine.inbox.append(notification("n-8", "1")),
    engine.inbox.append(claimed("n-9", "1:9")),
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
  for (const result of results) {
    if (result.status === "rejected") assert.equal(result.reason.options.isOthers, true);
  }
  assert.equal(await engine.storage.redis.get(progressKey), "1:6");
});

Deno.test("redis engine marks what the clients of one turn took in one call, each by itself", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server);
  const { inbox } = engine;
  for (const user of ["1", "2", "3"]) {
    for (const id of ["a", "b"]) await inbox.append(notification(`${id}-${user}`, user));
  }
  await server.cli("DEL", "notifyli:inbox-queued:{2}");
  await server.cli("SET", "notifyli:inbox-queued:{2}", "of another kind");
  const before = await functionCalls(server);
  const marked = await Promise.allSettled([
    inbox.mark(SITE, "1", "sent", ["a-1", "unknown", "a-1"]),
    inbox.mark(SITE, "2", "sent", ["a-2"]),
    inbox.mark(SITE, "3", "delivered", ["b-3", "a-3"]),
    inbox.mark(SITE, "1", "delivered", ["a-1"]),
    inbox.mark(SITE, "1", "sent", ["a-1"]),
    inbox.mark(SITE, "1", "sent", []),
  ]);
  assert.equal(await functionCalls(server) - before, 1);
  assert.deepEqual(
    marked.map((each) => each.status === "fulfilled" ? each.value : each.reason.code),
    [["a-1"], "unavailable", ["b-3", "a-3"], ["a-1"], [], []],
  );
  const { notifications } = await inbox.queued(SITE, "1", "lobby");
  assert.deepEqual(notifications.map(({ id }) => id), ["b-1"]);
  const taken = await inbox.get(SITE, "3", "a-3");
  assert.ok(taken?.sentAt !== undefined && taken.deliveredAt !== undefined);
});

Deno.test("redis engine: all keys of an inbox end together, whichever of them were empty meanwhile", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server, { retention: { days: 10 } });
  const { inbox } = engine;
  const ends = async () => {
    const keys = await engine.storage.redis.keys("notifyli:inbox-*");
    const times = await Promise.all(
      keys.map((key) => engine.storage.redis.call("PEXPIRETIME", key)),
    );
    return new Set(times.map(Number));
  };
  const tenDays = 10 * 24 * 3_600_000;
  const expiresAt = Date.now() + tenDays;
  await inbox.append({ ...notification("a", "1"), expiresAt });
  const [first, ...others] = await ends();
  assert.deepEqual(others, []);
  assert.ok(first! - Date.now() > tenDays && first! - Date.now() <= tenDays * 1.01);
  await inbox.mark(SITE, "1", "sent", ["a"]);
  await inbox.change(SITE, "1", "read", ["a"]);
  await inbox.append({ ...notification("b", "1"), expiresAt });
  assert.deepEqual(await ends(), new Set([first]));
  await inbox.change(SITE, "1", "delete");
  await inbox.append({ ...notification("c", "1"), expiresAt });
  assert.deepEqual(await ends(), new Set([first]));
  // Days later it is what came last that counts; and what was set to be kept for longer, before, does not.
  for (const days of [9, 20]) {
    await engine.storage.redis.pexpire("notifyli:inbox-position:{1}", days * 24 * 3_600_000);
    await inbox.append(notification(`after-${days}`, "1"));
    const [again, ...rest] = await ends();
    assert.deepEqual(rest, []);
    assert.ok(again! >= first! && again! - Date.now() <= tenDays * 1.01);
  }
});

Deno.test("redis engine keeps no part of an inbox for longer than the rest", async () => {
  await using server = await RedisServer.start();
  await using engine = await open(server);
  const notification = { site: "default", user: "1", id: "n-1", room: "r", message: "x" };
  await engine.inbox.append(notification);
  await engine.inbox.change("default", "1", "read");
  const keys = await engine.storage.redis.keys("notifyli:inbox-*");
  assert.ok(keys.includes("notifyli:inbox-done:{1}"));
  for (const key of keys) assert.ok(await engine.storage.redis.pttl(key) > 0, key);
});

/** @param heard is given the ids of what is heard */
async function open(
  server: RedisServer,
  { retention, heard }: { retention?: Partial<Retention>; heard?: string[] } = {},
): Promise<RedisEngine & FullEngine> {
  const engine = await openFullRedis(
    server,
    { retention: { size: 1000, bytes: Infinity, days: 30, onDropped() {}, ...retention } },
    { leaseSeconds: 600 }, // its renewals are calls, too
  );
  await engine.run({
    ...QUIET,
    handlePublication: (_channel, { id }) => void heard?.push(id),
  });
  return engine;
}

function notification(id: string, user: string, more?: string): Notification {
  return { site: SITE, user, id, room: "lobby", message: more ?? `of ${id}` };
}
