/** Who is in a room, as clients and other systems of the running program are told: exactly, and in large rooms only how many. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const ROOM = "lobby";

for (const listener of ["deno", "node"]) {
  for (const isOnRedis of [false, true]) {
    const where = `on ${isOnRedis ? "Redis" : "SQLite"}, ${listener} listener`;

    Deno.test(`who asks as many come and go knows each of them, once (${where})`, async () => {
      await using stage = await Stage.open({ listener, isOnRedis });
      const coming = Array.from({ length: 60 }, (_, index) => stage.enter(index));
      const crowd = await Promise.all(coming.map(async (entering, index) => {
        const client = await entering;
        if (index % 2 === 0) client.send({ type: "presence", room: ROOM });
        else void client.command("presence", { room: ROOM, limit: 1000 }).catch(() => {});
        return client;
      }));
      for (const [index, client] of crowd.entries()) if (index >= 40) await client.close();
      await using again = await stage.enter(41);
      const here = [...Array(40).keys(), 41].sort((one, other) => one - other);
      for (const [index, client] of crowd.entries()) {
        if (index >= 40) continue;
        const known = await waitFor(`client ${index} knows all`, () => {
          const { users, doubles } = presenceOf(client);
          assert.deepEqual(doubles, [], `client ${index} was told twice`);
          const ids = [...users].sort((one, other) => one - other);
          return JSON.stringify(ids) === JSON.stringify(here) && ids;
        });
        assert.deepEqual(known, here);
      }
      await again.close();
      for (const client of crowd.slice(0, 40)) await client.close();
    });

    Deno.test(`in a room with too many users clients are told how many (${where})`, async () => {
      await using file = await RoomsFile.write({ rooms: [{ pattern: "*", maxPresence: 3 }] });
      await using stage = await Stage.open({ listener, isOnRedis, env: { APP_ROOMS: file.path } });
      await using one = await stage.enter(0);
      await using two = await stage.enter(1);
      one.send({ type: "presence", room: ROOM });
      const [first] = await one.get("presence");
      assert.deepEqual(Object.keys(first ?? {}), ["type", "room", "users"]);
      assert.equal((await two.command("presence", { room: ROOM }))["count"], undefined);
      await using three = await stage.enter(3);
      await one.get("join");
      const others = await Promise.all([4, 5, 6].map((user) => stage.enter(user)));
      const counted = { type: "presence", room: ROOM, users: [] };
      for (const client of [one, two]) {
        await waitFor(
          "it is told how many",
          () => client.frames.some((frame) => matches(frame, { ...counted, count: 6 })),
        );
        const before = client.frames.findIndex((frame) => matches(frame, counted));
        const named = client.frames.slice(before).filter(({ type }) => type === "join");
        assert.deepEqual(named, [], "nobody is named any more");
      }
      const asked = await three.command("presence", { room: ROOM, limit: 1 });
      assert.deepEqual(asked, { room: ROOM, users: [], count: 6 });
      const listed = await stage.connections("?limit=4");
      assert.deepEqual([(listed["connections"] as Frame[]).length, listed["count"]], [4, 6]);

      for (const client of others) await client.close();
      for (const client of [one, two, three]) {
        await waitFor("all are named again", () => {
          const last = client.ofType("presence").at(-1);
          return (last?.["users"] as Frame[] | undefined)?.length === 3 && !("count" in last!);
        });
      }
      const [before] = [one.ofType("leave").length];
      await two.close();
      await one.get("leave", before + 1);
      assert.equal(one.ofType("join").length, 1);
    });

    Deno.test(`lists come by pages, and with what happens meanwhile nobody is missed (${where})`, async () => {
      await using stage = await Stage.open({ listener, isOnRedis });
      const crowd: TestClient[] = [];
      for (const user of Array(7).keys()) crowd.push(await stage.enter(user));
      const [asking] = crowd.slice(1);
      assert.ok(asking);
      const first = await asking.command("presence", { room: ROOM, limit: 3 });
      assert.deepEqual([ids(first["users"]), first["count"]], [[0, 1, 2], 7]);
      await crowd[4]!.close();
      await using late = await stage.enter(9);
      await asking.get("join");
      const second = await asking.command("presence", {
        room: ROOM,
        limit: 3,
        cursor: first["next"],
      });
      assert.deepEqual([ids(second["users"]), second["next"]], [[3, 5, 6], undefined]);
      assert.deepEqual(ids(asking.ofType("leave")), [4]);
      const pages = [await stage.connections("?limit=5")];
      pages.push(await stage.connections(`?limit=5&cursor=${pages[0]?.["next"]}`));
      assert.deepEqual(pages.map((page) => ids(page["connections"])), [[0, 1, 2, 3, 5], [6, 9]]);
      assert.deepEqual(pages.map((page) => Object.keys(page)), [
        ["room", "connections", "count", "next"],
        ["room", "connections"],
      ]);
      for (const [query, field] of BAD_PAGES) {
        const answer = await stage.ask(`?${query}`);
        assert.equal(answer.status, 400, query);
        const { code, field: named } = await answer.json();
        assert.deepEqual([code, named], ["invalid_field", field], query);
        const fields = Object.fromEntries(new URLSearchParams(query));
        await assert.rejects(
          asking.command("presence", { room: ROOM, ...fields }),
          /invalid_field/,
        );
      }
      await late.close();
      for (const client of crowd) await client.close();
    });
  }
}

const BAD_PAGES: readonly [query: string, field: string][] = [
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["limit=many", "limit"],
  ["limit=1.5", "limit"],
  ["cursor=5", "cursor"],
  ["cursor=1-x", "cursor"],
  ["cursor=99999999999999999-1", "cursor"],
  ["cursor=", "cursor"],
];

Deno.test("of 60 users in a room, a client that names no limit is told 50, and one of version 1 all", async () => {
  await using stage = await Stage.open({ listener: "node", isOnRedis: false });
  const crowd = await Promise.all(Array.from({ length: 60 }, (_, index) => stage.enter(index)));
  const { users, count, next } = await crowd[1]!.command("presence", { room: ROOM });
  assert.deepEqual([(users as Frame[]).length, count, typeof next], [50, 60, "string"]);
  assert.equal(((await stage.connections(""))["connections"] as Frame[]).length, 50);
  crowd[0]!.send({ type: "presence", room: ROOM });
  const [frame] = await crowd[0]!.get("presence");
  assert.deepEqual([(frame?.["users"] as Frame[]).length, frame?.["next"]], [60, undefined]);
  for (const client of crowd) await client.close();
});

Deno.test("a session over HTTP and the client library are told the same: pages, then how many", async () => {
  await using file = await RoomsFile.write({ rooms: [{ pattern: "*", maxPresence: 4 }] });
  await using stage = await Stage.open({
    listener: "node",
    isOnRedis: true,
    env: { APP_ROOMS: file.path },
  });
  await using one = await stage.enter(1);
  await using stream = await EventStream.open(`${stage.url}/sse`);
  const { session } = await stream.named("open");
  const client = connect({ url: stage.url.replace("http", "ws") + "/ws", userId: 7 });
  const lobby = client.subscribe(ROOM, () => {}, { presence: true });
  await waitFor("the library knows both", () => lobby.userCount === 2 && lobby.users.length === 2);
  const commands = [
    { type: "connect", ref: 1, user_id: 5 },
    { type: "subscribe", ref: 2, room: ROOM },
    { type: "presence", ref: 3, room: ROOM, limit: 2 },
  ];
  const body = commands.map((each) => JSON.stringify(each)).join("\n");
  const taken = await fetch(`${stage.url}/sse/${session}`, { method: "POST", body });
  assert.equal(taken.status, 202, await taken.text());
  const [, , reply] = await stream.get("reply", 3);
  const { users, count, next } = reply?.["data"] as Frame;
  assert.deepEqual([ids(users), count, typeof next], [[1, 7], 3, "string"]);
  await using four = await stage.enter(3);
  await stream.get("join");
  await using five = await stage.enter(9);
  assert.partialDeepStrictEqual(await stream.get("presence"), [{ users: [], count: 5 }]);
  await waitFor(
    "the library knows how many",
    () => lobby.userCount === 5 && lobby.users.length === 0,
  );
  await Promise.all([four.settled(), five.settled(), one.settled()]);
  client.close();
});

/** One server, or two on one Redis, with clients of both versions in the lobby. */
class Stage implements AsyncDisposable {
  readonly #programs: readonly Program[];
  readonly #parts: AsyncDisposableStack;

  private constructor(programs: readonly Program[], parts: AsyncDisposableStack) {
    this.#programs = programs;
    this.#parts = parts;
  }

  static async open(
    { listener, isOnRedis, env = {} }: {
      listener: string;
      isOnRedis: boolean;
      env?: Record<string, string>;
    },
  ): Promise<Stage> {
    await using parts = new AsyncDisposableStack();
    const redis = isOnRedis ? parts.use(await RedisServer.start()) : undefined;
    const all = { APP_LISTENER: listener, ...redis?.env, ...env };
    const programs = [parts.use(await Program.start({ env: all }))];
    if (isOnRedis) programs.push(parts.use(await Program.start({ env: all })));
    return new Stage(programs, parts.move());
  }

  /** A client that is in the lobby: those with even numbers are of version 1, the others of version 2. */
  async enter(user: number): Promise<TestClient> {
    const { webSocketUrl } = this.#programs[user % 3 % this.#programs.length]!;
    if (user % 2 === 0) return await TestClient.join(webSocketUrl, { user, room: ROOM });
    const client = await TestClient.connectV2(webSocketUrl);
    await client.command("connect", { user_id: user });
    await client.command("subscribe", { room: ROOM });
    return client;
  }

  get url(): string {
    return this.#programs[0]!.url;
  }

  ask(query: string): Promise<Response> {
    return fetch(`${this.url}/api/rooms/${ROOM}/connections${query}`);
  }

  async connections(query: string): Promise<Frame> {
    return await (await this.ask(query)).json();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** Whom a client knows to be there, by all that it was told; and whom it was told of although it knew. */
function presenceOf(client: TestClient): { users: Set<number>; doubles: number[] } {
  const users = new Set<number>();
  const doubles: number[] = [];
  let isAnswered = false;
  for (const frame of client.frames) {
    const list = frame["type"] === "presence"
      ? frame["users"]
      : (frame["data"] as Frame | undefined)?.["users"];
    if (list !== undefined) {
      users.clear();
      for (const id of ids(list)) users.add(id);
      isAnswered = true;
    }
    const id = Number(frame["user_id"]);
    if (frame["type"] === "leave") users.delete(id);
    if (frame["type"] !== "join") continue;
    if (users.has(id) || !isAnswered) doubles.push(id);
    users.add(id);
  }
  return { users, doubles };
}

function ids(users: unknown): number[] {
  return (users as Frame[]).map(({ user_id }) => Number(user_id));
}

function matches(frame: Frame, expected: Frame): boolean {
  return Object.entries(expected).every(([name, value]) =>
    JSON.stringify(frame[name]) === JSON.stringify(value)
  );
}
