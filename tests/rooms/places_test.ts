/** Rooms with a limit of clients, from a node's point of view: who finds no place is not there, and leaves nothing. */
import assert from "node:assert/strict";
import { roomChannel } from "../../lib/core/channel.ts";
import type { Connection } from "../../lib/core/connection.ts";
import { readConfig } from "../../lib/configuration.ts";
import type { Broker } from "../../lib/core/broker.ts";
import type { PresenceManager } from "../../lib/rooms/store/store.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { openRedis } from "../../lib/engines/redis.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { startTasks } from "../../lib/core/task.ts";
import type { Node } from "../../lib/core/node.ts";
import type { Outgoing } from "../../lib/core/outgoing.ts";
import { membershipsOf } from "../../lib/rooms/membership.ts";
import type { StoringEngine } from "../../lib/feature.ts";
import { FEATURES } from "../../lib/features.ts";
import { roomsFeature, roomsFeatureWith } from "../../lib/rooms/feature.ts";
import { openPresence } from "../../lib/rooms/store/open.ts";
import { Rooms } from "../../lib/rooms/rooms.ts";
import type { Kernel } from "../../lib/kernel.ts";
import { baseProtocol, openKernel } from "../support/kernel.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const ROOM = "lobby";

Deno.test("a client that finds no place is not in the room, and is told and counted", async () => {
  await using stage = await Stage.open(openFresh());
  const [alice, bob] = [stage.client("alice"), stage.client("bob")];
  await stage.join(alice, 1);
  await stage.watch(alice);
  bob.work(() => stage.join(bob, 1));
  const error = await waitFor("it is told", () => stage.framesOf(bob)[0]);
  assert.partialDeepStrictEqual(error, { type: "error", code: "room_full", field: "room" });
  assert.equal(stage.kernel.metrics.values()["refused_full"], 1);
  await stage.say("for alice alone");
  assert.equal(stage.framesOf(bob).length, 1);
  assert.deepEqual(stage.framesOf(alice).map(({ type }) => type), ["usermsg"], "nobody was told");
  assert.throws(() => stage.rooms.requireMembership(bob, ROOM, "list"), { code: "not_in_room" });
  assert.deepEqual(await stage.users(), ["alice"]);

  await stage.rooms.leave(alice, ROOM);
  await stage.join(bob, 1);
  assert.deepEqual(await stage.users(), ["bob"]);
});

Deno.test("who watches a room with a limit is told of each user that comes and goes", async () => {
  await using stage = await Stage.open(openFresh());
  const alice = stage.client("alice");
  await stage.join(alice, 9);
  await stage.watch(alice);
  const [bob, again] = [stage.client("bob"), stage.client("bob")];
  for (const client of [bob, again]) await stage.join(client, 9);
  for (const client of [bob, again]) await stage.rooms.leave(client, ROOM);
  const told = stage.framesOf(alice).map(({ type, user_id }) => [type, user_id]);
  assert.deepEqual(told, [["join", "bob"], ["leave", "bob"]]);
});

Deno.test("a client that is told to others hears them: its room is subscribed to by then", async () => {
  const engine = openFresh();
  const { broker } = engine;
  const order: string[] = [];
  const slow: Broker = {
    caughtUp: (channel) => broker.caughtUp(channel),
    forget: (channel) => broker.forget(channel),
    forward: (...args) => broker.forward(...args),
    history: (...args) => broker.history(...args),
    unsubscribe: (...args) => broker.unsubscribe(...args),
    async subscribe(channel) {
      await new Promise((resolve) => setTimeout(resolve));
      await broker.subscribe(channel);
      order.push(`subscribed to the ${channel.kind}`);
    },
    publish(channel, publication, history) {
      order.push(publication.kind);
      return broker.publish(channel, publication, history);
    },
  };
  await using stage = await Stage.open({ ...engine, broker: slow });
  await stage.join(stage.client("alice"), 1);
  assert.deepEqual(order, ["subscribed to the room", "subscribed to the user", "join"]);
});

Deno.test("two joins of one client in one room at once are one", async () => {
  await using stage = await Stage.open(openFresh());
  const [alice, bob] = [stage.client("alice"), stage.client("bob")];
  await stage.join(bob, 2);
  await stage.watch(bob);
  await Promise.all([stage.join(alice, 2), stage.join(alice, 2)]);
  await stage.say("once");
  assert.deepEqual(stage.framesOf(alice).map(({ type }) => type), ["usermsg"]);
  assert.deepEqual(stage.framesOf(bob).map(({ type }) => type), ["join", "usermsg"]);
  await stage.rooms.leave(alice, ROOM);
  assert.deepEqual(await stage.users(), ["bob"]);
  const third = stage.client("carol");
  const results = await Promise.allSettled([stage.join(third, 1), stage.join(third, 1)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
});

Deno.test("a client that goes while it waits for its place gives it back, also when the node stops", async () => {
  await using server = await RedisServer.start();
  const engine = openTestRedis(server);
  {
    await using stage = await Stage.open(engine);
    const [gone, other] = [stage.client("gone"), stage.client("other")];
    const joining = stage.join(gone, 1);
    gone.close();
    await joining;
    assert.equal(membershipsOf(gone).size, 0);
    assert.deepEqual(await stage.users(), []);
    await stage.join(other, 1);
    void stage.join(stage.client("last"), 2);
  }
  assert.equal(await server.call("KEYS", "notifyli:connections:*"), "");
  assert.equal(await server.call("KEYS", "notifyli:clients:*"), "");
  assert.equal(await server.call("KEYS", "notifyli:several:*"), "");
});

Deno.test("where nobody can count, nobody comes in; who is in stays, whatever the limit", async () => {
  await using server = await RedisServer.start();
  await using stage = await Stage.open(openTestRedis(server));
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((user) => stage.client(user));
  assert.ok(alice && bob && carol);
  for (const client of [alice, bob]) await stage.join(client, 2);
  await server.stop("SIGKILL");
  await assert.rejects(stage.join(carol, 2), { code: "unavailable" });
  assert.equal(membershipsOf(carol).size, 0);
  await server.restart(); // it kept nothing
  await waitFor("who is in is seen again", async () => (await stage.users()).length === 2);
  await assert.rejects(stage.join(carol, 2), { code: "room_full" });
  assert.deepEqual(await stage.users(), ["alice", "bob"]);
});

Deno.test("a place that was taken, but whose answer was lost, is given back", async () => {
  const engine = openFresh();
  const lossy = new LossyPresence(await openPresence(engine));
  await using stage = await Stage.open(engine, lossy);
  const [alice, bob] = [stage.client("alice"), stage.client("bob")];
  lossy.losesNext = true;
  await assert.rejects(stage.join(alice, 1), { code: "unavailable" });
  assert.deepEqual(await stage.users(), ["alice"]);
  await waitFor("it is given back", async () => (await stage.users()).length === 0);
  lossy.losesNext = true;
  await assert.rejects(stage.join(bob, 1), { code: "unavailable" });
  await stage.join(bob, 1); // the same client tries again, and is not taken out for the first time's sake
  stage.node.handleRestored();
  await stage.settled();
  assert.deepEqual([await stage.users(), lossy.removals], [["bob"], 1]);
});

/** A node on an engine, and clients whose sockets are none. */
class Stage implements AsyncDisposable {
  readonly #sockets = new Map<Connection, FakeSocket>();

  readonly node: Node;
  readonly rooms: Rooms;
  readonly kernel: Kernel;
  readonly #engine: TestEngine;
  readonly #tasks: AsyncDisposable;

  private constructor(kernel: Kernel, engine: TestEngine) {
    this.kernel = kernel;
    this.#engine = engine;
    this.node = kernel.node;
    this.rooms = kernel.use(Rooms);
    this.#tasks = startTasks(kernel.node.tasks);
  }

  /** @param presence in place of the engine's own */
  static async open(engine: TestEngine, presence?: PresenceManager): Promise<Stage> {
    const { config } = readConfig({ APP_KEEPALIVE_SECONDS: "1" });
    const open = () => presence === undefined ? openPresence(engine) : Promise.resolve(presence);
    const features = FEATURES.map((each) => each === roomsFeature ? roomsFeatureWith(open) : each);
    return new Stage(await openKernel(engine, { config, features }), engine);
  }

  client(user: string): Connection {
    const socket = new FakeSocket();
    const client = this.node.accept(socket, baseProtocol(this.kernel), undefined);
    this.#sockets.set(client, socket);
    client.identify(user, undefined);
    return client;
  }

  join(client: Connection, maxClients: number): Promise<void> {
    const user = client.requireUser();
    return this.rooms.entry.join(client, user, { room: ROOM, name: user, maxClients });
  }

  async watch(client: Connection): Promise<void> {
    const watched = await this.rooms.watch(client, roomChannel(SITE, ROOM), { limit: 50 });
    watched.sent();
  }

  async say(message: string): Promise<void> {
    await this.rooms.say(roomChannel(SITE, ROOM), { room: ROOM, user: "x", name: "X", message });
  }

  framesOf(client: Connection): Record<string, unknown>[] {
    return this.#sockets.get(client)?.texts.map((text) => JSON.parse(text)) ?? [];
  }

  async users(): Promise<string[]> {
    const { users } = await this.rooms.presence.list(SITE, ROOM, { limit: 50 });
    return users.map(({ user_id }) => String(user_id)).sort();
  }

  /** What was begun in the background has had its turn. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]();
    await this.kernel[Symbol.asyncDispose]();
    await this.#engine[Symbol.asyncDispose]();
  }
}

class FakeSocket implements Socket {
  readonly texts: string[] = [];
  readonly batching = "none";
  readonly bufferedAmount = 0;

  send({ text }: Outgoing): void {
    this.texts.push(text);
  }

  close(): void {}

  cut(): void {}

  pause(): void {}

  resume(): void {}

  terminate(): void {}
}

/** Does what it is asked, and now and then its answer is lost. */
class LossyPresence implements PresenceManager {
  losesNext = false;
  removals = 0;
  readonly era = "";
  readonly #presence: PresenceManager;

  constructor(presence: PresenceManager) {
    this.#presence = presence;
  }

  async add(...args: Parameters<PresenceManager["add"]>): Promise<boolean> {
    const isFirst = await this.#presence.add(...args);
    if (!this.losesNext) return isFirst;
    this.losesNext = false;
    throw new CodedError("unavailable", "The answer was lost", { isAway: true });
  }

  remove(...args: Parameters<PresenceManager["remove"]>): Promise<boolean> {
    this.removals++;
    return this.#presence.remove(...args);
  }

  forsake(): void {}

  announce(...args: Parameters<PresenceManager["announce"]>): Promise<void> {
    return this.#presence.announce(...args);
  }

  list(...args: Parameters<PresenceManager["list"]>) {
    return this.#presence.list(...args);
  }

  get(...args: Parameters<PresenceManager["get"]>) {
    return this.#presence.get(...args);
  }

  occupied(...args: Parameters<PresenceManager["occupied"]>) {
    return this.#presence.occupied(...args);
  }

  counts(...args: Parameters<PresenceManager["counts"]>) {
    return this.#presence.counts(...args);
  }

  listen(...args: Parameters<PresenceManager["listen"]>): void {
    this.#presence.listen(...args);
  }

  logBy(...args: Parameters<PresenceManager["logBy"]>): boolean {
    return this.#presence.logBy(...args);
  }
}

type TestEngine = StoringEngine & AsyncDisposable;

function openFresh(): TestEngine {
  return openEmbedded({ dataDir: ":memory:", stored: FEATURES });
}

function openTestRedis({ port }: RedisServer): TestEngine {
  const { config } = readConfig({ REDIS_URL: `redis://127.0.0.1:${port}` });
  assert.ok(config.redis);
  return openRedis(config.redis, { name: "test", stored: FEATURES });
}
