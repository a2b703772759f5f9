/**
 * A Redis that comes back without the last of what it had: a position that lies in what was lost brings back no part for the
 * whole, and no offset is given twice in one epoch. A position before that brings back exactly what was missed.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** How many are said before the moment from which Redis forgets, and then until it does. */
const KEPT = 10;
const LOST = 20;
/** How many are said afterwards: their offsets are higher than those that were lost. */
const SAID_AFTER = 40;

/** A Redis that can forget what was written since a moment. */
interface Forgetful extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** From now on, what is written will be lost. */
  keepNoMore(): Promise<void>;
  /** Loses it, and is there again. */
  goBack(): Promise<void>;
}

const WAYS_BACK: [how: string, start: () => Promise<Forgetful>, loses: boolean][] = [
  ["started from an older snapshot", snapshotted, true],
  ["failed over to a replica that lagged", replicated, true],
  ["failed over and back again", () => replicated({ isBackAgain: true }), true],
  ["killed and started again, with a log of all writes", logged, false],
];

for (const [how, start, loses] of WAYS_BACK) {
  Deno.test(`a Redis that is ${how}: rooms bring back what was missed, or say that they cannot`, async () => {
    await using redis = await start();
    await using program = await Program.start({ env: redis.env });
    const room = { room: "lobby" };
    const say = (count: number) => sayAll(program, count);
    await say(KEPT);
    const kept = await standing(program);
    await redis.keepNoMore();
    await say(LOST);
    const lost = await standing(program);
    assert.deepEqual([kept.offset, lost.offset], [KEPT, KEPT + LOST]);
    await redis.goBack();
    await ready(program);
    await say(SAID_AFTER);

    await using client = await connected(program);
    const end = (loses ? KEPT : KEPT + LOST) + SAID_AFTER;
    const early = await client.command("subscribe", { ...room, since: kept });
    assert.deepEqual([early["recovered"], early["offset"]], [true, end], "of before");
    assert.deepEqual(offsetsOf(early), range(KEPT + 1, end));
    await client.command("unsubscribe", room);
    const late = await client.command("subscribe", { ...room, since: lost });
    assert.equal(late["recovered"], !loses, `of what was lost: ${late["reason"]}`);
    assert.deepEqual(offsetsOf(late), loses ? [] : range(KEPT + LOST + 1, end));
    if (loses) assert.notEqual(late["epoch"], lost.epoch);
    const page = await client.command("history", { ...room, since: lost, limit: 100 });
    assert.equal(page["recovered"], !loses, "a page of the history");
  });

  Deno.test(`a Redis that is ${how}: inboxes bring back what was missed, or say that they cannot`, async () => {
    await using redis = await start();
    await using program = await Program.start({ env: redis.env });
    await notifyAll(program, KEPT);
    const kept = await inboxAt(program);
    await redis.keepNoMore();
    await notifyAll(program, LOST);
    const lost = await inboxAt(program);
    assert.equal(lost["offset"], KEPT + LOST);
    await redis.goBack();
    await ready(program);
    await notifyAll(program, SAID_AFTER);

    const early = await inboxAt(program, kept);
    assert.equal(early["recovered"], true);
    assert.equal((early["notifications"] as Frame[]).length, (loses ? 0 : LOST) + SAID_AFTER);
    const late = await inboxAt(program, lost);
    assert.equal(late["recovered"], !loses, `of what was lost: ${late["reason"]}`);
    if (loses) {
      const all = (late["notifications"] as Frame[]).map(({ offset }) => offset);
      assert.deepEqual(all, range(1, KEPT + SAID_AFTER), "all that is unread comes again");
    }
  });
}

Deno.test("one who was live when Redis failed over goes on without a gap, also later", async () => {
  await using redis = await replicated();
  await using program = await Program.start({ env: redis.env });
  await sayAll(program, KEPT);
  let at = await standing(program);
  for (let round = 0; round < 2; round++) {
    if (round === 0) {
      await redis.keepNoMore();
      await redis.goBack();
      await ready(program);
    }
    await using client = await connected(program);
    const sync = await client.command("subscribe", { room: "lobby", since: at });
    assert.deepEqual([sync["recovered"], offsetsOf(sync)], [true, []]);
    await sayAll(program, 1);
    const [{ offset } = {}] = await client.get("usermsg");
    at = { offset: Number(offset), epoch: String(sync["epoch"]) };
  }
});

async function snapshotted(): Promise<Forgetful> {
  const redis = await RedisServer.start();
  return {
    env: leased(redis.env),
    keepNoMore: async () => void await redis.call("SAVE"),
    async goBack() {
      await redis.stop("SIGKILL");
      await redis.restart();
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

async function logged(): Promise<Forgetful> {
  const redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  return {
    env: leased(redis.env),
    keepNoMore: () => Promise.resolve(),
    async goBack() {
      await redis.stop("SIGKILL");
      await redis.restart();
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

/** @param options whether the old primary, which has taken over what the new one has, is the primary again at the end */
async function replicated({ isBackAgain = false } = {}): Promise<Forgetful> {
  const primary = await RedisServer.start("--repl-diskless-sync-delay", "0");
  const lagging = new TcpProxy(primary.port);
  const replica = await RedisServer.start(
    ...["--replicaof", "127.0.0.1", String(lagging.port), "--repl-diskless-sync-delay", "0"],
  );
  const front = new TcpProxy(primary.port);
  const inSync = async (of: RedisServer, like: RedisServer) =>
    /master_link_status:up/.test(await of.call("INFO", "replication")) &&
    await replicationOffset(of) >= await replicationOffset(like);
  await waitFor("the replica follows", () => inSync(replica, primary));
  return {
    env: leased({ REDIS_URL: `redis://127.0.0.1:${front.port}` }),
    async keepNoMore() {
      const written = await replicationOffset(primary);
      await waitFor(
        "the replica has all of it",
        async () => await replicationOffset(replica) >= written,
      );
      lagging.freeze();
    },
    async goBack() {
      lagging.down();
      lagging.resume();
      await replica.call("REPLICAOF", "NO", "ONE");
      if (isBackAgain) {
        front.leadTo(1); // where nobody listens
        await primary.call("REPLICAOF", "127.0.0.1", String(replica.port));
        await waitFor("the old primary follows", () => inSync(primary, replica));
        await primary.call("REPLICAOF", "NO", "ONE");
        front.leadTo(primary.port);
      } else front.leadTo(replica.port);
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await lagging[Symbol.asyncDispose]();
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

async function replicationOffset(redis: RedisServer): Promise<number> {
  const info = await redis.call("INFO", "replication");
  return Number(/^(?:slave_repl_offset|master_repl_offset):(\d+)/m.exec(info)?.[1]);
}

function leased(env: Record<string, string>): Record<string, string> {
  return { ...env, REDIS_LEASE_SECONDS: "2" };
}

async function connected(program: Program): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  return client;
}

async function sayAll(program: Program, count: number): Promise<void> {
  await using client = await connected(program);
  await client.command("subscribe", { room: "lobby" });
  for (let said = 0; said < count; said++) {
    await client.command("publish", { room: "lobby", message: "Hello!" });
  }
}

async function standing(program: Program): Promise<{ offset: number; epoch: string }> {
  await using client = await connected(program);
  const { offset, epoch } = await client.command("subscribe", { room: "lobby" });
  return { offset: Number(offset), epoch: String(epoch) };
}

async function notifyAll(program: Program, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const response = await fetch(`${program.url}/api/notifications`, {
      method: "POST",
      body: JSON.stringify({ user_id: 7, message: "Hello!" }),
    });
    const text = await response.text();
    assert.ok(response.ok, text);
  }
}

/** What `connect` says of the inbox of user 7. */
async function inboxAt(program: Program, since?: Frame): Promise<Frame> {
  await using client = await TestClient.connectV2(program.webSocketUrl);
  const position = since && { offset: since["offset"], epoch: since["epoch"] };
  const { inbox } = await client.command("connect", { user_id: 7, inbox: position });
  return inbox as Frame;
}

async function ready(program: Program): Promise<void> {
  await waitFor("it notices", () => program.output.includes("cannot be reached"));
  await waitFor("it is ready", async () => {
    const response = await fetch(`${program.url}/readyz`);
    await response.body?.cancel();
    return response.status === 200;
  });
}

function offsetsOf(data: Frame): unknown[] {
  return (data["publications"] as Frame[]).map(({ offset }) => offset);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
