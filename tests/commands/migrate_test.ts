/** `notifyli migrate` as a process: a server's store with all kinds of things goes to a real Redis and a real PostgreSQL. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { baseEnv, type Outcome, run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Env = Readonly<Record<string, string>>;

/** Persistent, so that its history is in the file. */
const RULES = {
  unknown: "public",
  rooms: [{ pattern: "kept:*", persistent: true, history: { size: 100, seconds: 86_400 } }],
};

const HOUR_MS = 3600_000;

interface Place {
  readonly offset: number;
  readonly epoch: string;
}

/** What clients of a store knew, and what is in it. */
interface Told {
  readonly room: Place;
  readonly inbox: Place;
  readonly conversation: string;
  readonly file: string;
  readonly key: string;
}

Deno.test("all that a store has goes to Redis and PostgreSQL, and clients go on where they were", async (t) => {
  await using world = await World.make();
  const told = await world.live();
  const { code, stdout, stderr } = await world.migrate();
  await t.step("the counts before and after are told, and are the same", () => {
    assert.deepEqual([code, stderr], [0, ""], stdout + stderr);
    const counts = countsIn(stdout);
    for (const [noun, { before, after }] of counts) assert.equal(after, before, noun);
    for (const noun of KINDS) assert.ok(counts.has(noun), `${noun} is not in\n${stdout}`);
    assert.match(
      stdout,
      /Moved to 127\.0\.0\.1:\d+ and PostgreSQL\nFiles of users stay in .*files:/,
    );
  });
  await using receiver = new Receiver();
  await using program = await world.start({ ...world.targets, ...hookEnv(receiver.url) });
  const manager = new Api(told.key, program);

  await t.step("a client goes on in its room and its inbox without a gap", async () => {
    const token = await connectionToken({ sub: "5" });
    const url = `${program.webSocketUrl}`;
    await using client = await TestClient.connectAs(url, {
      protocols: ["notifyli.v2", `notifyli.token.${token}`],
    });
    const answer = await client.command("connect", { inbox: told.inbox });
    const inbox = answer["inbox"] as Record<string, unknown>;
    assert.deepEqual([inbox["recovered"], inbox["epoch"]], [true, told.inbox.epoch]);
    assert.deepEqual((inbox["notifications"] as { id: string }[]).map(({ id }) => id), [
      "after-0001",
    ]);
    const room = await client.command("subscribe", { room: "kept:news", since: told.room });
    assert.deepEqual([room["recovered"], room["epoch"]], [true, told.room.epoch]);
    assert.deepEqual(
      (room["publications"] as { message: string }[]).map(({ message }) => message),
      ["three"],
    );
    const said = await client.command("publish", { room: "kept:news", message: "four" });
    assert.equal(said["offset"], told.room.offset + 2);
  });
  await t.step(
    "a grouped one, a snoozed one and a scheduled one are there, and what was sent is known",
    async () => {
      assert.equal((await manager.get("/notifications/grouped-01")).state, "queued");
      assert.equal((await manager.get("/notifications/later-0001")).state, "scheduled");
      assert.equal((await manager.get("/notifications/snoozed-01")).state, "snoozed");
      const again = await manager.post("/notifications", {
        user_id: 5,
        id: "after-0001",
        message: "x",
      });
      assert.equal(again.status, 200, "the id of a caller is known");
    },
  );
  await t.step("blocks and made rooms count", async () => {
    const blocks = await manager.get("/blocks");
    assert.equal(JSON.stringify(blocks).includes('"user_id":66'), true, JSON.stringify(blocks));
    const rooms = await manager.get("/rooms");
    assert.ok(JSON.stringify(rooms).includes("made-one"), JSON.stringify(rooms));
  });
  await t.step(
    "conversations have their messages, are searched, and go on behind the last",
    async () => {
      const { conversation } = told;
      const found = await manager.get(`/conversations/${conversation}/messages?user_id=5`);
      assert.deepEqual((found.messages as { text?: string }[]).flatMap(({ text }) => text ?? []), [
        "Grüße",
        "second",
      ]);
      const search = await manager.get("/search?user_id=5&q=grusse");
      assert.equal(JSON.stringify(search).includes("Grüße"), true, JSON.stringify(search));
      const made = await manager.post("/conversations?user_id=5", { kind: "group", members: [7] });
      assert.equal(made.status, 201, JSON.stringify(made.json));
      assert.notEqual(made.json["id"], conversation);
      const said = await manager.post(`/conversations/${conversation}/messages?user_id=5`, {
        text: "third",
      });
      assert.equal(said.status, 201, JSON.stringify(said.json));
    },
  );
  await t.step(
    "contacts, preferences and devices are there, and links to files are good",
    async () => {
      const contacts = await manager.get("/contacts?user_id=5");
      assert.ok(JSON.stringify(contacts).includes("Bob"), JSON.stringify(contacts));
      const preferences = await manager.get("/users/5/preferences");
      assert.ok(JSON.stringify(preferences).includes("news"), JSON.stringify(preferences));
      const devices = await manager.get("/users/5/devices");
      assert.equal((devices.devices as object[]).length, 1);
      const response = await fetch(`${program.url}${told.file}`);
      assert.deepEqual([response.status, await response.text()], [200, "a file of a user"]);
    },
  );
  await t.step("what endpoints were not told of they are told now", async () => {
    await waitFor("what was said", () => {
      const said = receiver.told.flatMap(({ events }) => events.map(({ data }) => data["message"]));
      return ["one", "two", "three"].every((each) => said.includes(each));
    });
  });
});

Deno.test("a run that is killed is gone on with, wherever it was", async () => {
  await using world = await World.make();
  await world.live();
  let [killed, last]: [number, Outcome | undefined] = [0, undefined];
  for (let ms = 150; last === undefined || last.code !== 0; ms += 150) {
    const before = killed;
    last = await world.migrate([], ms);
    if (last.code === KILLED) killed++;
    else assert.equal(last.code, 0, last.stdout + last.stderr);
    assert.ok(killed - before <= 1);
    assert.ok(killed < 60, "it never comes to its end");
  }
  assert.ok(killed > 1, `${killed} runs were killed`);
  for (const [noun, { before, after }] of countsIn(last.stdout)) assert.equal(after, before, noun);
  const again = await world.migrate();
  assert.deepEqual([again.code, again.stderr], [0, ""]);
  assert.equal(
    again.stdout,
    "PostgreSQL has this store already\nRedis has this store already\n" +
      "Nothing was written: a node may have run there since\n",
  );
});

Deno.test("what is in the way is told, and nothing is written", async (t) => {
  await using world = await World.make();
  await world.live();
  await t.step("no target", async () => {
    const { code, stderr } = await run(taskCommand("migrate"), { env: { ...world.source } });
    assert.deepEqual([code, stderr.split("\n")[0]], [
      2,
      "Missing REDIS_URL or DATABASE_URL: they say where the store is moved to",
    ]);
  });
  await t.step("a server that runs on the store", async () => {
    await using _program = await world.start({});
    const { code, stderr } = await world.migrate();
    assert.equal(code, 1);
    assert.match(stderr, /^Not moved: .*another server is using it/);
  });
  await t.step("a node that runs on the Redis", async () => {
    await using _node = await Program.start({ env: { ...world.targets, APP_KEY } });
    const { code, stderr } = await world.migrate();
    assert.deepEqual([code, stderr], [
      1,
      "Not moved: 1 node runs on this Redis: stop it first\n",
    ]);
  });
  await t.step("a Redis that has something; it stays, and what is missing is brought", async () => {
    await world.redis.call("FLUSHALL");
    await world.redis.call("HSET", "notifyli:made-rooms", "theirs", "5 5 {}");
    await world.redis.call("ZADD", "notifyli:made-room-sites", "0", "default");
    const refused = await world.migrate(["--only", "redis"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Redis has something already, such as notifyli:made-room/);
    const done = await world.migrate(["--only", "redis", "--into-existing"]);
    assert.equal(done.code, 0, done.stderr);
    const rooms = await world.redis.call("HKEYS", "notifyli:made-rooms");
    assert.deepEqual(rooms.split("\n").sort(), ["made-one", "theirs"]);
  });
  await t.step("a PostgreSQL with conversations, whose numbers would be given twice", async () => {
    const first = await world.migrate(["--only", "postgres"]);
    assert.equal(first.code, 0, first.stderr);
    await using another = await World.make();
    await another.live();
    const env = { ...another.source, ...world.targets };
    const options = ["--only", "postgres", "--into-existing"];
    const second = await run([...taskCommand("migrate"), ...options], { env });
    assert.match(second.stderr, /conversations.* whose numbers would be given twice/);
  });
});

/** The kinds that a store has in these tests. */
const KINDS = [
  "messages in histories",
  "API keys",
  "revocations and blocks",
  "made rooms",
  "notifications",
  "scheduled and snoozed notifications",
  "events that are still to be told",
  "conversations",
  "chat members",
  "chat messages",
  "chat words",
  "contacts",
  "preferences",
  "push devices",
  "files",
  "file secret",
];

const KILLED = 137;

/** Nobody takes the events. */
const AWAY = hookEnv("http://127.0.0.1:1/");

const DEVICE = {
  endpoint: "https://push.example/a1b2",
  keys: {
    p256dh:
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
};

class World implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly #postgres: PostgresServer;
  readonly #rooms: RoomsFile;
  readonly #folder: string;

  private constructor(
    redis: RedisServer,
    postgres: PostgresServer,
    rooms: RoomsFile,
    folder: string,
  ) {
    this.redis = redis;
    this.#postgres = postgres;
    this.#rooms = rooms;
    this.#folder = folder;
  }

  static async make(): Promise<World> {
    return new World(
      await RedisServer.start(),
      await PostgresServer.start(),
      await RoomsFile.write(RULES),
      await Deno.makeTempDir(),
    );
  }

  get source(): Env {
    return { APP_DATA_DIR: this.#folder, APP_PORT: "1" };
  }

  get targets(): Env {
    return { ...this.redis.env, ...this.#postgres.env };
  }

  start(env: Env): Promise<Program> {
    return Program.start({
      dataDir: this.#folder,
      env: { APP_KEY, APP_ROOMS: this.#rooms.path, ...env },
    });
  }

  /** @param ms after which it is killed */
  async migrate(args: readonly string[] = [], ms?: number): Promise<Outcome> {
    const env = { ...this.source, ...this.targets };
    const command = [...taskCommand("migrate"), ...args];
    if (ms === undefined) return await run(command, { env });
    const [program = "", ...words] = command;
    const child = new Deno.Command(program, {
      ...{ args: words, clearEnv: true, env: { ...baseEnv(), ...env } },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), ms);
    const { code, stdout, stderr } = await child.output();
    clearTimeout(timer);
    const [out = "", error = ""] = [stdout, stderr].map((text) => new TextDecoder().decode(text));
    return { code, stdout: out, stderr: error };
  }

  /** Has a server live on the store, and end. */
  async live(): Promise<Told> {
    await using program = await this.start(AWAY);
    const { key } = await Manager.of(program);
    const manager = new Api(key, program);
    const token = await connectionToken({ sub: "5" });
    await using client = await TestClient.connectAs(program.webSocketUrl, {
      protocols: ["notifyli.v2", `notifyli.token.${token}`],
    });
    await client.command("connect");
    await client.command("subscribe", { room: "kept:news" });
    await client.command("publish", { room: "kept:news", message: "one" });
    const place = await client.command("publish", { room: "kept:news", message: "two" });
    await client.command("publish", { room: "kept:news", message: "three" });
    await manager.made("/notifications", { user_id: 5, id: "before-001", message: "Before" });
    await waitFor("it came", () => client.frames.find(({ id }) => id === "before-001"));
    const inbox = { offset: 1, epoch: "" };
    await manager.made("/notifications", { user_id: 5, id: "snoozed-01", message: "Snoozed" });
    await client.command("snooze", { ids: ["snoozed-01"], until: "2h" });
    await client.close();
    const later = { user_id: 5, id: "later-0001", message: "Later" };
    await manager.made("/notifications", { ...later, deliver_at: (Date.now() + HOUR_MS) / 1000 });
    await manager.made("/notifications", {
      user_id: 8,
      id: "grouped-01",
      message: "G",
      group: "g",
    });
    await manager.put("/rooms/made-one", { maxClients: 50 });
    await manager.made("/users/66/block", {});
    const made = await manager.post("/conversations?user_id=5", { kind: "group", members: [6] });
    const conversation = String(made.json["id"]);
    for (const text of ["Grüße", "second"]) {
      await manager.made(`/conversations/${conversation}/messages?user_id=5`, { text });
    }
    await manager.put("/contacts/7?user_id=5", { name: "Bob" });
    await manager.put("/users/5/preferences", { kinds: { news: { in_app: false } } });
    await manager.made("/users/5/devices", { provider: "web_push", token: DEVICE });
    const response = await fetch(`${program.url}/api/files?name=a.txt&user_id=5`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: "a file of a user",
    });
    const file = String((await response.json())["url"]);
    program.kill("SIGTERM");
    await program.ended();
    const database = new DatabaseSync(`${this.#folder}/notifyli.db`);
    const row = database.prepare("SELECT epoch, offset FROM inboxes WHERE user = '5'").get()!;
    database.close();
    inbox.epoch = String(row["epoch"]);
    inbox.offset = Number(row["offset"]);
    await this.#late(key);
    return { room: place as unknown as Place, inbox, conversation, file, key };
  }

  /** Something comes that the client has not heard of. */
  async #late(key: string): Promise<void> {
    await using program = await this.start(AWAY);
    const manager = new Api(key, program);
    await manager.made("/notifications", { user_id: 5, id: "after-0001", message: "After" });
    program.kill("SIGTERM");
    await program.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis[Symbol.asyncDispose]();
    await this.#postgres[Symbol.asyncDispose]();
    await this.#rooms[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

type Json = Record<string, unknown>;

/** Calls the API with a key that was made before. */
class Api {
  constructor(readonly key: string, readonly program: Program) {}

  async call(method: string, path: string, body?: object): Promise<{ status: number; json: Json }> {
    const response = await fetch(`${this.program.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === "" ? {} : JSON.parse(text) };
  }

  post(path: string, body: object) {
    return this.call("POST", path, body);
  }

  async made(path: string, body: object): Promise<Json> {
    const { status, json } = await this.post(path, body);
    assert.ok(status < 300, `${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  async put(path: string, body: object): Promise<void> {
    const { status, json } = await this.call("PUT", path, body);
    assert.ok(status < 300, `${path}: ${status} ${JSON.stringify(json)}`);
  }

  async get(path: string): Promise<Json> {
    const { status, json } = await this.call("GET", path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(json)}`);
    return json;
  }
}

function countsIn(text: string): Map<string, { before: number; after: number }> {
  return new Map(
    [...text.matchAll(/^(\S.*?) {2,}(\d+) +(\d+)/gm)].map(([, noun = "", before, after]) => [
      noun,
      { before: Number(before), after: Number(after) },
    ]),
  );
}
