/**
 * The way in from RabbitMQ, against a real one, which all tests of this file share: it takes seconds to start. Each test has a
 * queue of its own.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parseEnv } from "node:util";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { readConfig } from "../../lib/configuration.ts";
import { Server } from "../../lib/server.ts";
import { Program } from "../support/program.ts";
import { type Properties, Rabbit, RabbitSender } from "../support/rabbit.ts";
import { RedisServer } from "../support/redis.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

let rabbit: Rabbit;
/** What the servers in this process have logged of RabbitMQ, since the last look. */
const records: LogRecord[] = [];

Deno.test.beforeAll(async () => {
  rabbit = await Rabbit.start();
  await configure({
    sinks: { records: (record) => void records.push(record) },
    loggers: [
      { category: ["notifyli", "amqp"], sinks: ["records"] },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
});

Deno.test.afterAll(async () => {
  await reset();
  await rabbit[Symbol.asyncDispose]();
});

Deno.test("an entry is stored, delivered, and acknowledged; one that comes again is the same", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "once");
  await using server = await serve("once");
  await using client = await join(server, "1");
  const properties = { messageId: "order-4711", contentType: "application/json" };
  await sender.send({ user_id: 1, room: "lobby", message: "one", data: { n: 1 } }, properties);
  await sender.send({ user_id: 1, room: "lobby", message: "one", data: { n: 1 } }, properties);
  await sender.send({ user_id: 1, room: "lobby", message: "two" }, { messageId: "urn:uuid:2/2" });
  await sender.send({ user_id: 1, room: "lobby", message: "two" }, { messageId: "urn:uuid:2/2" });
  await sender.send({ user_id: 1, room: "lobby", message: "three" });
  const frames = await client.get("direct_message", 3);
  assert.deepEqual(frames.map(({ message }) => message), ["one", "two", "three"]);
  assert.equal(frames[0]?.["id"], "order-4711");
  await emptied("once");
  await client.settled();
  assert.equal(client.ofType("direct_message").length, 3);
  const { amqp_received, amqp_stored, amqp_duplicates, amqp_dead, amqp_up } = valuesOf(server);
  assert.deepEqual(
    { amqp_received, amqp_stored, amqp_duplicates, amqp_dead, amqp_up },
    { amqp_received: 5, amqp_stored: 3, amqp_duplicates: 2, amqp_dead: 0, amqp_up: 1 },
  );
});

/** What is refused: its body and properties, and what is said of it. */
const REFUSED: readonly [what: string, body: string | Uint8Array, Properties, reason: RegExp][] = [
  ["no JSON", "Hello", {}, /^Cannot read the body as JSON: "Hello"$/],
  ["a list", "[1]", {}, /^Cannot take the body as an object: current value is \[1\]$/],
  [
    "no UTF-8",
    new Uint8Array([0x7b, 0xff, 0x7d]),
    {},
    /^Cannot read the body: it is not UTF-8 text$/,
  ],
  ["an empty body", "", {}, /^Cannot read the body as JSON: ""$/],
  ["a compressed body", gzipSync('{"user_id":1,"message":"Hello"}'), {
    contentEncoding: "gzip",
  }, /content_encoding "gzip": send it as it is$/],
  ["an unknown charset", '{"user_id":1,"message":"Hello"}', {
    contentType: "application/json; charset=klingon",
  }, /its charset "klingon" is not known; send UTF-8$/],
  [
    "a body that is too long",
    `{"user_id":1,"message":"${"x".repeat(70_000)}"}`,
    {},
    /^The body is too long: current length is 7002\d bytes, the limit is 65536 \(APP_LIMIT_FRAME\)$/,
  ],
  [
    "an unknown type",
    '{"user_id":1,"message":"Hello"}',
    { type: "letter" },
    /^Cannot take an entry of type "letter": allowed are notification, room, topic$/,
  ],
  ["no user", '{"message":"Hello"}', {}, /^Missing field 'user_id'$/],
  ["no message", '{"user_id":1}', {}, /^Missing field 'message'$/],
  ["no room", '{"message":"Hello"}', { type: "room" }, /^Missing field 'room'$/],
  [
    "a site that is none",
    '{"user_id":1,"message":"Hello","site":"a:b"}',
    {},
    /^Cannot take field 'site'/,
  ],
  [
    "an id that is none",
    '{"user_id":1,"message":"Hello","id":"a b c d e"}',
    {},
    /^Cannot take field 'id'/,
  ],
];

Deno.test("what cannot be taken is put aside as it came, with the reason, and holds up nobody", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "refused");
  await using server = await serve("refused");
  await using client = await join(server, "1");
  for (const [what, body, properties] of REFUSED) {
    await sender.send(body, { ...properties, correlationId: what });
  }
  await sender.send({ user_id: 1, room: "lobby", message: "good" });
  await client.get("direct_message");
  await emptied("refused");
  const dead = await sender.dead();
  assert.equal(dead.length, REFUSED.length);
  for (const [what, body, { contentType, contentEncoding, type }, reason] of REFUSED) {
    const kept = dead.find(({ properties }) => properties.correlationId === what);
    assert.match(kept?.properties.headers?.["x-notifyli-reason"], reason, what);
    assert.deepEqual(kept?.content, Buffer.from(body), what);
    const { properties } = kept ?? {};
    assert.deepEqual(
      [properties?.contentType, properties?.contentEncoding, properties?.type],
      [contentType, contentEncoding, type],
    );
  }
  assert.equal(valuesOf(server)["amqp_dead"], REFUSED.length);
});

Deno.test("a dead letter stays, goes nowhere else, and has its headers, however long they are", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "headers");
  await using _server = await serve("headers");
  const headers = { tenant: "blue", at: { "!": "timestamp", value: 5 }, bytes: Buffer.from([255]) };
  await sender.send("one", {
    ...{ userId: "guest", expiration: "60000", priority: 3, messageId: "m", replyTo: "answers" },
    headers,
    CC: ["elsewhere"],
  });
  await sender.send("two", { headers: { long: "x".repeat(64_000), tenant: "green" } });
  await emptied("headers");
  const [one, two] = await sender.dead();
  assert.deepEqual(one?.properties.headers, {
    ...headers,
    "x-notifyli-reason": 'Cannot read the body as JSON: "one"',
    "x-notifyli-queue": "headers",
    "x-notifyli-exchange": "",
    "x-notifyli-routing-key": "headers",
    "x-notifyli-expiration": "60000",
    "x-notifyli-user-id": "guest",
    "x-notifyli-cc": ["elsewhere"],
  });
  const { userId, expiration, priority, messageId, replyTo, deliveryMode } = one?.properties ?? {};
  assert.deepEqual(
    { userId, expiration, priority, messageId, replyTo, deliveryMode },
    {
      ...{ userId: undefined, expiration: undefined, priority: 3, messageId: "m" },
      ...{ replyTo: "answers", deliveryMode: 2 },
    },
  );
  assert.equal(two?.content.toString(), "two");
  assert.match(two?.properties.headers?.["x-notifyli-reason"], /"two"$/);
});

Deno.test("a dead letter whose properties cannot be written again is kept without them, once", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "unwritable");
  await using server = await serve("unwritable");
  // RabbitMQ looks at no text: these bytes are no UTF-8, and three times as long as such.
  await run(["/usr/bin/python3", "-c", UNREADABLE, `${rabbit.url}/%2F`]);
  await emptied("unwritable");
  const dead = await sender.dead();
  assert.deepEqual(dead.map(({ content }) => content.toString()).sort(), ["bytes", "latest"]);
  for (const { content, properties } of dead) {
    assert.match(properties.headers?.["x-notifyli-reason"], new RegExp(`"${content}"$`));
  }
  assert.equal(valuesOf(server)["amqp_dead"], 2);
});

/** Publishes what `amqplib` would not write. */
const UNREADABLE = `
import pika, sys
connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
for body, properties in [("latest", {"timestamp": 2**64 - 1}), ("bytes", {"message_id": b"\\xff" * 255})]:
    channel.basic_publish("", "unwritable", body, pika.BasicProperties(**properties))
connection.close()
`;

Deno.test("an entry of type room or of another site goes where it says", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "kinds");
  await using server = await serve("kinds");
  await using client = await join(server, "1");
  await using blue = await join(server, "1", "blue");
  const room = { type: "room" };
  await sender.send({ room: "lobby", message: "all", name: "News" }, {
    ...room,
    messageId: "news-0001",
  });
  await sender.send({ room: "lobby", event: "typing", data: { who: 5 } }, room);
  await sender.send({ room: "lobby", message: "of blue", site: "blue" }, room);
  await sender.send({ user_id: 1, room: "lobby", message: "by header" }, {
    headers: { site: "blue" },
  });
  const [direct] = await blue.get("direct_message");
  await emptied("kinds");
  await Promise.all([client.settled(), blue.settled()]);
  assert.deepEqual([direct?.["message"], client.ofType("direct_message").length], ["by header", 0]);
  assert.deepEqual(blue.ofType("usermsg").map(({ message }) => message), ["of blue"]);
  const [said] = client.ofType("usermsg");
  assert.deepEqual([said?.["message"], said?.["name"], said?.["id"]], ["all", "News", "news-0001"]);
  assert.deepEqual(client.ofType("event").map(({ event }) => event), ["typing"]);
  assert.equal(valuesOf(server)["amqp_stored"], 4);
});

Deno.test("entries of type topic are events in it, in their order, each once", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "topics");
  await using server = await serve("topics");
  await using client = await join(server, "1");
  await client.command("subscribe", { topic: "Contact", filter: { id: 5 } });
  for (let count = 0; count < 20; count++) {
    const entry = { topic: "Contact", data: { id: 5 + count % 2, count } };
    await sender.send(entry, { type: "topic", messageId: `contact-${count >> 2}-${count % 2}` });
  }
  await sender.send({ topic: "Contact", data: "text" }, { type: "topic" });
  await emptied("topics");
  await client.settled();
  const events = client.ofType("event").map(({ data }) => (data as { count: number }).count);
  assert.deepEqual(events, [0, 4, 8, 12, 16]);
  const [dead] = await sender.dead();
  assert.match(dead?.properties.headers?.["x-notifyli-reason"], /^Cannot take field 'data'/);
  const { amqp_stored, amqp_duplicates, amqp_dead } = valuesOf(server);
  assert.deepEqual([amqp_stored, amqp_duplicates, amqp_dead], [10, 10, 1]);
});

Deno.test("RabbitMQ that is away, cut off or silent is told once, and the server comes back by itself", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "away");
  await using proxy = new TcpProxy(rabbit.port);
  proxy.down();
  records.length = 0;
  await using server = await serve("away", `${rabbit.urlAt(proxy.port)}?heartbeat=1`);
  await using client = await join(server, "1");
  const away = `RabbitMQ at 127.0.0.1:${proxy.port} cannot be used`;
  const back = `RabbitMQ at 127.0.0.1:${proxy.port} is back after`;
  await waitFor("it is told", () => told().some((line) => line.startsWith(away)));
  assert.equal(valuesOf(server)["amqp_up"], 0);
  const breaks = [() => proxy.down(), () => proxy.cut(), () => proxy.freeze()];
  for (let count = 0; count <= breaks.length; count++) {
    proxy.up();
    proxy.resume();
    await sender.send({ user_id: 1, room: "lobby", message: `n${count}` }, {
      messageId: `entry-${count}`,
    });
    await client.get("direct_message", count + 1);
    assert.equal(
      told().filter((line) => line.startsWith(back)).length,
      count + 1,
      told().join("\n"),
    );
    breaks[count]?.();
    if (count === breaks.length) break;
    await waitFor(
      "it is told",
      () => told().filter((line) => line.startsWith(away)).length === count + 2,
    );
  }
  const texts = client.ofType("direct_message").map(({ message }) => message);
  assert.deepEqual(texts, ["n0", "n1", "n2", "n3"]);
  const response = await fetch(`${server.url}/readyz`);
  assert.equal(response.status, 200, await response.text());
});

/** What stands in the way of a server, and what its log says of that. */
const REFUSALS: readonly [what: string, path: (url: string) => string, line: RegExp][] = [
  [
    "a wrong password",
    (url) => url.replace("guest@", "wr0ng@"),
    /ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN/,
  ],
  [
    "an unknown virtual host",
    (url) => `${url}/nowhere`,
    /the virtual host is not there, or this user may not use it/,
  ],
  [
    "a queue with other arguments",
    (url) => url,
    /the queue "other" is there with other arguments than notifyli declares it with \(PRECONDITION_FAILED - inequivalent arg 'x-single-active-consumer' for queue 'other' .*\); delete it, or declare it as docs\/rabbitmq\.md says/,
  ],
];

Deno.test("what RabbitMQ refuses is told once, in its words and without the password", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "refusals");
  await sender.declare("other", { durable: true });
  for (const [what, url, pattern] of REFUSALS) {
    records.length = 0;
    await using proxy = new TcpProxy(rabbit.port);
    await using _server = await serve("other", url(rabbit.urlAt(proxy.port)));
    await waitFor(what, () => told().length > 0);
    const { pieces } = proxy;
    await waitFor("it tries again", () => proxy.pieces > pieces);
    assert.equal(told().length, 1, told().join("\n"));
    assert.match(told()[0] ?? "", pattern);
    assert.doesNotMatch(told().join(), /wr0ng/);
  }
  await sender.deleteQueue("other");
});

Deno.test("amqps:// is TLS, with an authority that AMQP_TLS_CA names, and with no other", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "tls");
  await sender.send({ user_id: 1, room: "lobby", message: "secret" });
  records.length = 0;
  {
    await using _server = await serve("tls", rabbit.tlsUrl);
    await waitFor(
      "it is told",
      () => told().some((line) => /self-signed|UnknownIssuer/.test(line)),
    );
  }
  await using _server = await serve("tls", rabbit.tlsUrl, { AMQP_TLS_CA: rabbit.certificate.cert });
  await emptied("tls");
  await assert.rejects(
    serve("tls", rabbit.tlsUrl, { AMQP_TLS_CA: rabbit.certificate.key }),
    /Cannot use AMQP_TLS_CA: .* a PEM file with a CERTIFICATE/,
  );
});

Deno.test("while RabbitMQ is full, what is refused waits, and all else goes on", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "full");
  await sender.send("bad", { messageId: "bad" });
  await sender.send({ user_id: 1, room: "lobby", message: "good" });
  await rabbit.setFull(true);
  await using full = new AsyncDisposableStack();
  full.defer(() => rabbit.setFull(false));
  records.length = 0;
  await using server = await serve("full");
  await waitFor("all else is taken", async () => {
    // What is taken may be acknowledged a moment later.
    return valuesOf(server)["amqp_stored"] === 1 && await rabbit.left("full") === 1;
  });
  assert.deepEqual(await inboxOf(server, "1"), ["good"]);
  await waitFor("it is told", () => told().some((line) => /RabbitMQ takes nothing now/.test(line)));
  assert.deepEqual([await rabbit.left("full"), valuesOf(server)["amqp_dead"]], [1, 0]);
  await full.disposeAsync();
  await emptied("full");
  assert.deepEqual((await sender.dead()).map(({ properties }) => properties.messageId), ["bad"]);
  assert.deepEqual(told().slice(1).map((line) => line.split(":")[0]), [
    "what is refused waits, since it cannot be kept in the queue full.dead",
    "what is refused is kept again in the queue full.dead",
  ]);
});

Deno.test("queues that somebody deletes are there again", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "deleted");
  await using server = await serve("deleted");
  await waitFor("it asks", () => valuesOf(server)["amqp_up"] === 1);
  await sender.send("bad", { messageId: "one" });
  await waitFor("it is put aside", () => valuesOf(server)["amqp_dead"] === 1);
  await sender.deleteQueue("deleted.dead");
  await sender.send("bad", { messageId: "two" });
  await waitFor("it is put aside", () => valuesOf(server)["amqp_dead"] === 2);
  await sender.deleteQueue("deleted");
  await waitFor("it asks no more", () => valuesOf(server)["amqp_up"] === 0);
  await waitFor("it asks again", () => valuesOf(server)["amqp_up"] === 1);
  await sender.send("bad", { messageId: "three" });
  await waitFor("it is put aside", () => valuesOf(server)["amqp_dead"] === 3);
  const dead = await sender.dead();
  assert.deepEqual(dead.map(({ properties }) => properties.messageId), ["two", "three"]);
});

Deno.test("a stop finishes what it has begun, and leaves the rest: nothing comes twice, ids or not", async () => {
  await using sender = await RabbitSender.open(rabbit.url, "stopped");
  const texts = Array.from({ length: 150 }, (_, count) => `n${count}`);
  await Promise.all(texts.map((message) => sender.send({ user_id: 1, room: "lobby", message })));
  const dataDir = await Deno.makeTempDir();
  let handed = 0;
  for (let stops = 0; stops < 3; stops++) {
    const server = await serve("stopped", rabbit.url, { APP_DATA_DIR: dataDir });
    await waitFor("some are stored", () => valuesOf(server)["amqp_stored"]);
    await server.stop();
    const { amqp_stored = 0, amqp_received = 0 } = valuesOf(server);
    handed += amqp_stored;
    assert.equal(await rabbit.left("stopped"), texts.length - handed, `${amqp_received}`);
  }
  await using server = await serve("stopped", rabbit.url, { APP_DATA_DIR: dataDir });
  await emptied("stopped");
  assert.deepEqual(await inboxOf(server, "1"), texts);
});

Deno.test("while the store is away, entries wait, and come in their order when it is back", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using sender = await RabbitSender.open(rabbit.url, "store");
  await using server = await serve("store", rabbit.url, redis.env);
  const say = (count: number) =>
    sender.send({ user_id: 1, room: "lobby", message: `n${count}` }, {
      messageId: `entry-${count}`,
    });
  await say(0);
  await waitFor("it is stored", () => valuesOf(server)["amqp_stored"] === 1);
  await redis.stop();
  await waitFor("it notices", async () => {
    const response = await fetch(`${server.url}/readyz`);
    await response.text();
    return response.status === 503;
  });
  for (let count = 1; count < 20; count++) await say(count);
  await waitFor("they are left to others", () => valuesOf(server)["amqp_up"] === 0);
  await redis.restart();
  await emptied("store");
  const texts = Array.from({ length: 20 }, (_, count) => `n${count}`);
  assert.deepEqual(await inboxOf(server, "1"), texts);
  assert.equal(valuesOf(server)["amqp_dead"], 0);
});

Deno.test("kill -9 of a node and of RabbitMQ under load: what was confirmed is stored or put aside, once and in order", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, AMQP_URL: rabbit.url, AMQP_QUEUE: "killed" };
  await using one = await Program.start({ env });
  await waitFor("it asks", async () => (await statsOf(one))["amqp_up"] === 1);
  await using two = await Program.start({ env });
  const users = [1, 2, 3];
  const clients = await Promise.all(
    users.map((user) => TestClient.join(two.webSocketUrl, { user, room: "lobby" })),
  );
  await using _clients = new AsyncDisposableStack();
  clients.forEach((client) => _clients.use(client));
  const expected: { texts: string[][]; dead: string[] } = { texts: users.map(() => []), dead: [] };
  for (let batch = 0; batch < BATCHES; batch++) {
    const entries = Array.from({ length: IN_BATCH }, (_, index) => {
      const number = batch * IN_BATCH + index;
      const messageId = `entry-${number}`;
      if (number % 20 === 7) {
        expected.dead.push(messageId);
        return { body: "bad", messageId };
      }
      const user = number % users.length;
      expected.texts[user]?.push(`n${number}`);
      return { body: { user_id: user + 1, room: "lobby", message: `n${number}` }, messageId };
    });
    const sending = sendAll("killed", entries);
    if (batch === 2) one.kill("SIGKILL");
    if (batch === 5) await rabbit.kill();
    await sending;
  }
  await emptied("killed");
  for (const [index, client] of clients.entries()) {
    await client.settled();
    const texts = client.ofType("direct_message").map(({ message }) => message);
    assert.deepEqual(texts, expected.texts[index], `user ${users[index]}`);
  }
  await using sender = await RabbitSender.open(rabbit.url, "killed");
  const dead = (await sender.dead()).map(({ properties }) => properties.messageId);
  assert.deepEqual([...new Set(dead)].sort(), expected.dead.sort());
});

const BATCHES = 10;
const IN_BATCH = 100;

/** Sends entries until RabbitMQ has confirmed each: what it has not is sent again, in the same order. */
async function sendAll(
  queue: string,
  entries: readonly { readonly body: unknown; readonly messageId: string }[],
): Promise<void> {
  let left = entries;
  await waitFor("all are confirmed", async () => {
    await using sender = await RabbitSender.open(rabbit.url, queue);
    const sent = await Promise.allSettled(
      left.map(({ body, messageId }) => sender.send(body, { messageId })),
    );
    left = left.filter((_, index) => sent[index]?.status === "rejected");
    return left.length === 0;
  });
}

async function statsOf({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}

const PAGE = await Deno.readTextFile(`${ROOT}docs/rabbitmq.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- example: (.+) -->\s+```\w+\n([^`]+)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

/** What runs each program of the page, in a folder with the packages it uses. */
const PROGRAMS: Readonly<Record<string, (code: string) => string[]>> = {
  python: (code) => ["/usr/bin/python3", "-c", code],
  php: (code) => ["php", "-r", code.replace("<?php", "")],
  node: (code) => ["node", "-e", code],
};

Deno.test("docs/rabbitmq.md: every block is an example that is executed", () => {
  assert.equal(examples.size, PAGE.match(/^```\w+$/gm)?.length);
  assert.deepEqual([...examples.keys()], ["settings", ...Object.keys(PROGRAMS)]);
  const { amqp } = readConfig(parseEnv(examples.get("settings") ?? "") as Record<string, string>)
    .config;
  assert.deepEqual([amqp?.username, amqp?.vhost], ["notifyli", "/"]);
});

Deno.test("docs/rabbitmq.md: the programs send a notification and a room message each", async () => {
  const queue = "notifyli.notifications";
  await using server = await serve(queue);
  await using client = await join(server, "123", undefined, "/user/123");
  const folder = await folderWithPackages();
  const outputs = await Promise.all(
    Object.entries(PROGRAMS).map(([name, command]) => {
      const code = examples.get(name)?.replace(/5672/g, String(rabbit.port)) ?? "";
      return run(command(code), { cwd: folder });
    }),
  );
  for (const { code, stderr } of outputs) assert.equal(code, 0, stderr);
  await client.get("direct_message", 3);
  await client.get("usermsg", 3);
  assert.deepEqual(
    new Set(client.ofType("direct_message").map(({ message }) => message)),
    new Set(["Your order has shipped"]),
  );
  assert.deepEqual(new Set(client.ofType("usermsg").map(({ name }) => name)), new Set(["Shop"]));
  await emptied(queue);
  await Deno.remove(folder, { recursive: true });
});

/** A folder in which Node.js finds the package that this program has, too. */
async function folderWithPackages(): Promise<string> {
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  const lock = await Deno.readTextFile(`${ROOT}deno.lock`);
  const [, version] = /"amqplib@([\d.]+)"/.exec(lock) ?? [];
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/node_modules`);
  await Deno.symlink(
    `${JSON.parse(stdout).npmCache}/registry.npmjs.org/amqplib/${version}`,
    `${folder}/node_modules/amqplib`,
  );
  return folder;
}

/** A server in this process that takes the entries of a queue. */
function serve(
  queue: string,
  url = rabbit.url,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const { config } = readConfig({
    APP_KEY,
    APP_PORT: "0",
    APP_DATA_DIR: ":memory:",
    APP_REQUEST_SECONDS: "off", // the timer of a body's deadline would outlive the test
    AMQP_URL: url,
    AMQP_QUEUE: queue,
    ...env,
  });
  return Server.start(config);
}

/** What the log says of RabbitMQ, but for that it is there. */
function told(): string[] {
  return records.filter(({ message }) => !/is asked for/.test(message.join("")))
    .map(({ message }) => message.join(""));
}

/** The texts of a user's notifications, which are 200 at most. */
async function inboxOf(server: Server, user: string): Promise<unknown[]> {
  await using client = await join(server, user);
  const { data } = client.ofType("reply")[0] ?? {};
  const { inbox } = data as { inbox: { notifications: { message: string }[] } };
  return inbox.notifications.map(({ message }) => message);
}

/** A client of a user, in the room `lobby`. */
async function join(
  server: Server,
  user: string,
  site?: string,
  room = "lobby",
): Promise<TestClient> {
  const client = await TestClient.connectWithToken(
    `ws://127.0.0.1:${server.port}/ws`,
    await connectionToken({
      sub: user,
      topics: ["*"],
      ...(site !== undefined && { site_id: site }),
    }),
  );
  await client.command("subscribe", { room });
  return client;
}

function valuesOf(server: Server): Record<string, number> {
  return server.metrics.values();
}

/** Resolves when all entries are acknowledged. */
async function emptied(queue: string): Promise<void> {
  await waitFor("the queue is empty", async () => await rabbit.left(queue) === 0);
}
