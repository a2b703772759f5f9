/**
 * Each kind of key in Redis is made another type by another program: what needs it is refused and says which key it is, and
 * nothing and nobody else waits. A key that all share and no node can do without makes the node not ready, until it is gone.
 */
import assert from "node:assert/strict";
import { KEY_TYPES, SHARED_KEYS, VITAL_KEYS } from "../../lib/engines/redis/key_types.ts";
import { readiness } from "../faults/readiness.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** The names of the keys of one user, room or id, after the prefix: they are a program's own to break. */
const OWN_NAMES: Readonly<Record<string, (user: string, room: string, id: string) => string>> = {
  connections: (_, room) => `connections:${room}`,
  clients: (user, room) => `clients:${user.length}:{notifyli:connections:${room}}:${user}`,
  several: (_, room) => `several:{notifyli:connections:${room}}`,
  present: (_, room) => `present:{notifyli:connections:${room}}`,
  plain: (_, room) => `plain:{notifyli:connections:${room}}`,
  ...Object.fromEntries(
    ["frames", "order", "queued", "unread", "done", "times", "expiries", "position"]
      .map((part) => [`inbox-${part}`, (user: string) => `inbox-${part}:{${user}}`]),
  ),
  "inbox-id": (user, _, id) => `inbox-id:{${user}}:${id}`,
  owner: (_user, _room, id) => `owner:${id}`,
  publication: (user, room, id) => `publication:room:{${room}}:${id}:${user}`,
  history: (_, room) => `history:room:{${room}}`,
  position: (_, room) => `position:room:{${room}}`,
};

/** A lease has a name that nobody else knows. */
const UNGUESSABLE = ["lease"];

/** What is kept for the endpoints of applications alone: `tests/hooks/events_broken_test.ts` breaks it. */
const OF_ENDPOINTS = [
  "online",
  "online-parts",
  "events-log",
  "events-batch",
  "events-dropped",
  "events-sender",
];

/** What is looked at only for users who put notifications off, or whose notifications come in groups. */
const OF_FEW = ["inbox-snoozed", "inbox-groups"];

/** What is read for operators alone, of one node each. */
const OF_OPERATORS = ["node-history"];

Deno.test("every kind of key is one of all, or one of somebody's own", () => {
  const known = [
    ...Object.keys(OWN_NAMES),
    ...VITAL_KEYS,
    ...SHARED_KEYS,
    ...UNGUESSABLE,
    ...OF_ENDPOINTS,
    ...OF_FEW,
    ...OF_OPERATORS,
  ];
  assert.deepEqual(known.map(firstWord).sort(), Object.keys(KEY_TYPES).sort());
});

Deno.test("docs/redis.md says of which type each key is", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/redis.md", import.meta.url));
  const types: Record<string, string> = {};
  for (
    const [, name = "", type = ""] of text.matchAll(
      /^\| `(?:notifyli:)?([\w-]+).*?` +\| ([a-z ]+?) +\|/gm,
    )
  ) {
    if (type !== "channel") types[name] = type.replace("sorted set", "zset");
  }
  for (const [name, type] of Object.entries(KEY_TYPES)) {
    assert.equal(types[name] ?? type, type, name);
  }
  assert.ok(Object.keys(types).length > 25, Object.keys(types).join());
});

Deno.test("keys of a user or a room that are broken are named, and hold up nobody else", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_LEASE_SECONDS: "5" };
  await using program = await Program.start({ env });
  await using other = await Program.start({ env: redis.env });
  await using well = await TestClient.join(program.webSocketUrl, { user: "well", room: "1" });
  const names: string[] = [];
  for (const [index, [word, nameOf]] of Object.entries(OWN_NAMES).entries()) {
    const name = `notifyli:${nameOf(`u-${word}`, `r-${word}`, `own-id-${index}`)}`;
    names.push(name);
    await breakKey(redis, name, word);
  }

  const said: string[] = [];
  const joined: TestClient[] = [];
  await using clients = new AsyncDisposableStack();
  for (const [index, word] of Object.keys(OWN_NAMES).entries()) {
    const [user, room, id] = [`u-${word}`, `r-${word}`, `own-id-${index}`];
    joined.push(clients.use(await TestClient.join(program.webSocketUrl, { user, room })));
    const client = clients.use(await TestClient.connectV2(program.webSocketUrl));
    joined.push(client);
    const commands = [
      { type: "connect", user_id: user },
      { type: "subscribe", room, presence: true },
      { type: "publish", room, message: "x", id },
      { type: "presence", room },
    ];
    for (const [ref, command] of commands.entries()) client.send({ ...command, ref });
    await waitFor(`all is answered beside ${word}`, () => {
      return commands.every((_, ref) => client.frames.some((frame) => frame["ref"] === ref));
    });
    const first = await notify(program, user, id);
    assert.ok([201, 503].includes(first.status), `${word}: ${first.text}`);
    const second = await notify(program, user, id);
    assert.equal(second.status, first.status === 201 ? 200 : 503, `${word}: ${second.text}`);
    said.push(first.text);
  }
  assert.equal((await notify(program, "well", "well-0001")).status, 201);
  assert.equal((await readiness(program.url)).status, 200);
  said.push(
    program.output,
    ...joined.flatMap(({ frames }) => frames.map((each) => JSON.stringify(each))),
  );
  for (const name of names) {
    if (name.startsWith("notifyli:owner:")) continue; // it is written over
    assert.ok(said.some((text) => text.includes(name)), `${name} is named`);
  }

  // The node is cut off, and has to restore all: what waits for others comes, and they are seen.
  proxy.down();
  await waitFor("it is noticed", async () => (await readiness(program.url)).status === 503);
  await redis.call("DEL", "notifyli:leases", "notifyli:connections:1");
  assert.equal((await notify(other, "well", "well-0002")).status, 201);
  proxy.up();
  await waitFor("what waited comes", () => well.ofType("direct_message").length === 2);
  await waitFor(
    "it is seen again",
    async () => await redis.call("HEXISTS", "notifyli:connections:1", "user_well") === "1",
  );
  assert.equal((await readiness(program.url)).status, 200);
});

Deno.test("keys of all that are broken are named: the node says what it cannot do without, and goes on once it is gone", async () => {
  await brokenInTurn(VITAL_KEYS, async (program, key, name) => {
    const { status, reason } = await readiness(program.url);
    assert.equal(status, 503, name);
    assert.match(reason, new RegExp(`^Cannot use this Redis: the key ${key} is a`));
    assert.equal((await notify(program, "well", `id-of-${firstWord(name)}`)).status, 201, name);
    return 1;
  });
});

Deno.test("keys of all that are broken are named: without the others all else goes on", async () => {
  await brokenInTurn(SHARED_KEYS, async (program, _key, name) => {
    assert.equal((await readiness(program.url)).status, 200, name);
    assert.equal((await notify(program, "well", `id-of-${firstWord(name)}`)).status, 201, name);
    return 1;
  });
});

/** Breaks one key after the other while a node runs. @param meanwhile sends what it says, and returns how many */
async function brokenInTurn(
  names: readonly string[],
  meanwhile: (program: Program, key: string, name: string) => Promise<number>,
): Promise<void> {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_LEASE_SECONDS: "5" };
  await using program = await Program.start({ env });
  await program.hearsRedis();
  await using client = await TestClient.join(program.webSocketUrl, { user: "well", room: "1" });
  let [said, sent] = [0, 0];
  for (const name of names) {
    const key = `notifyli:${name}`;
    await breakKey(redis, key, name);
    sent += await meanwhile(program, key, name);
    const lines = program.log.filter(({ message }) => message.startsWith(`the key ${key} is a`));
    assert.deepEqual(lines.map(({ level }) => level), ["error"], `${name}: ${program.output}`);
    client.send({ type: "usermsg", user_id: "well", room: "1", message: "still here" });
    await client.get("usermsg", ++said);
    await redis.call("DEL", key);
    await waitFor(
      `ready without ${name}`,
      async () => (await readiness(program.url)).status === 200,
    );
    const published = JSON.stringify({ user_id: "well", room: "1", message: "published" });
    await redis.call("PUBLISH", "notifyli:messages", published);
    const fields = ["user_id", "well", "room", "1", "message", "added"];
    await redis.call("XADD", "notifyli:notifications", "*", ...fields);
    sent += 2;
    await waitFor(`all come after ${name}`, () => client.ofType("direct_message").length === sent);
  }
}

/** Puts something in the place of a key. */
async function breakKey(redis: RedisServer, key: string, word: string): Promise<void> {
  if (KEY_TYPES[word] === "string") await redis.replaceByHash(key);
  else await redis.call("SET", key, "x");
}

async function notify(
  { url }: Program,
  user: string,
  id: string,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/api/users/${user}/notifications?room=1`, {
    method: "POST",
    body: "Hello",
    headers: { "idempotency-key": id },
  });
  return { status: answer.status, text: await answer.text() };
}

/** What names the type of a key. */
function firstWord(name: string): string {
  return /^[\w-]+/.exec(name)?.[0] ?? name;
}
