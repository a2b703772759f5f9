/** Redis with an access control list and TLS: the rights in `docs/redis.md` are enough, and none is there for nothing. */
import assert from "node:assert/strict";
import { NEEDED, USEFUL } from "../../lib/engines/redis/rights.ts";
import { readiness } from "../faults/readiness.ts";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { Certificate } from "../support/certificate.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { EventStream } from "../support/event_stream.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver, SECRET } from "../support/receiver.ts";
import { freePort } from "../support/free_port.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/redis.md`);

/**
 * Rights that a server uses only on a connection that stands for seconds, with a database of its own, with a room that has a
 * limit, and where others left something in a connection hash.
 */
const USED_ELSEWHERE = ["ping", "select", "hvals", "hscan"];

const MESSAGE = "the text that is nobody's business";

Deno.test("docs/redis.md: with the server's rights everything works, and each is used", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  await using endpoint = new Receiver();
  await grant(redis, "server");
  await redis.call("CONFIG", "RESETSTAT");
  const env = {
    ...as(redis, "notifyli"),
    ...receiver.env,
    ...hookEnv(endpoint.url, { HOOK_STREAM: "*", APP_OFFLINE_SECONDS: "1" }),
    REDIS_LEASE_SECONDS: "2",
    APP_DEBUG: "true",
  };
  {
    await using program = await Program.start({ env });
    await ready(program);
    await useEverything(program, redis, receiver);
    const operator = { authorization: `Bearer ${operatorKeyOf(program)}` };
    const aside = await fetch(`${program.url}/api/dead-letters?source=stream`, {
      headers: operator,
    });
    assert.equal(aside.status, 200, await aside.text());
    await makeAndRevokeKey(program);
    await using other = await Program.start({ env });
    await using client = await TestClient.join(other.webSocketUrl, { user: 5, room: "lobby" });
    await client.settled();
    other.kill("SIGKILL");
    await waitFor(
      "the dead node's presence is swept",
      async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_5") === "0",
    );
    for (const event of ["connection.close", "message.received", "room.leave", "user.offline"]) {
      await waitFor(`${event} is told`, () => endpoint.events.some((each) => each.event === event));
    }
    assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
    const told = [program.output];
    for (const path of ["readyz", "config.json", "api/stats", "api/notifications/none"]) {
      told.push(await (await fetch(`${program.url}/${path}`)).text());
    }
    program.kill("SIGTERM");
    assert.equal((await program.ended()).code, 0);
    told.push(program.output);
    for (
      const secret of ["XXX", SECRET, SECRET.slice(6), new URL(receiver.url).pathname, MESSAGE]
    ) {
      assert.equal(told.some((text) => text.includes(secret)), false, `${secret} is told`);
    }
  }
  assert.equal(await redis.call("ACL", "LOG"), "", "nothing was refused");

  const used = (await redis.call("INFO", "commandstats")).matchAll(/^cmdstat_([\w|-]+):/gm);
  const granted = [...rule("server").replaceAll("\\", "").matchAll(/ \+([\w|]+)/g)].map((
    [, name],
  ) => name);
  const seen = new Set([...used].map(([, name]) => name));
  assert.deepEqual(
    granted.filter((name = "") => !seen.has(name) && !USED_ELSEWHERE.includes(name)),
    [],
    "each is used",
  );
});

Deno.test("docs/redis.md: with a publisher's rights it sends and asks, and can do nothing else", async () => {
  await using redis = await RedisServer.start();
  await grant(redis, "publisher");
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const account = { username: "shop", password: "XXX" };
  await using publisher = new Publisher({ host: "127.0.0.1", port: redis.port, ...account });
  await program.hearsRedis();
  assert.equal(await publisher.publish({ userId: 1, room: "lobby", message: "Hello!" }), 1);
  assert.equal(await publisher.isUserConnected(1, "lobby"), true);
  const cli = (...args: string[]) => redis.cli("--user", "shop", "--pass", "XXX", ...args);
  await cli("XADD", "notifyli:notifications", "*", "user_id", "1", "room", "lobby", "message", "x");
  await client.get("direct_message", 2);

  const refused = [
    ["GET", "notifyli:bridge"],
    ["XRANGE", "notifyli:notifications", "-", "+"],
    ["HGETALL", "notifyli:inbox-frames:{1}"],
    ["HSET", "notifyli:connections:lobby", "user_2", "{}"],
    ["XADD", "notifyli:history:room:{lobby}", "*", "text", "forged"],
    ["PUBLISH", "notifyli:room:lobby", "forged"],
    ["SUBSCRIBE", "notifyli:messages"],
    ["EVAL", "return 1", "0"],
    ["FLUSHALL"],
    ["CONFIG", "GET", "*"],
    ["ACL", "LIST"],
  ];
  for (const command of refused) assert.match(await cli(...command), /NOPERM/, command.join(" "));
});

Deno.test("each right that is missing is named in the log and on /readyz, until it is there", async () => {
  await using redis = await RedisServer.start();
  await grant(redis, "server");
  await using program = await Program.start({ env: as(redis, "notifyli") });
  await ready(program);
  const granted = [...rule("server").replaceAll("\\", "").matchAll(/ \+([\w|]+)/g)]
    .map(([, name = ""]) => name).filter((name) => !["fcall", "function|load"].includes(name));
  assert.deepEqual(granted.toSorted(), [...NEEDED, ...USEFUL].toSorted());
  // Those that are needed come last: the lease is renewed a while after a right for that is back.
  for (const right of [...USEFUL, ...NEEDED]) {
    await redis.call("ACL", "SETUSER", "notifyli", `-${right}`);
    const says = `Redis gives this server no right to run '${right}'`;
    const told = () => program.log.filter(({ message }) => message.startsWith(says));
    const { status, reason } = await waitFor(`${right} is missed`, async () => {
      const answer = await readiness(program.url);
      return told().length > 0 && answer;
    });
    if (NEEDED.includes(right)) assert.deepEqual([status, reason], [503, says]);
    else assert.equal(status, 200, right);
    assert.equal(told().length, 1, `${right} is in the log once`);
    await redis.call("ACL", "SETUSER", "notifyli", `+${right}`);
  }
  await ready(program);
});

Deno.test("a command that was renamed in Redis is named, too", async () => {
  await using redis = await RedisServer.start("--rename-command", "PEXPIRETIME", "");
  await using program = await Program.start({ env: redis.env });
  await assertNotReady(program);
  const says = "Cannot use this Redis: it does not know 'pexpiretime'";
  await program.line(({ message }) => message.startsWith(says));
});

Deno.test("what is in the stream or scheduled waits for a right that is missing", async () => {
  await using redis = await RedisServer.start();
  await grant(redis, "server");
  await using program = await Program.start({ env: as(redis, "notifyli") });
  await ready(program);
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const about = { user_id: 1, room: "lobby" };
  const body = JSON.stringify({ ...about, message: "later", deliver_at: Date.now() / 1000 + 2 });
  const scheduled = await fetch(`${program.url}/api/notifications`, { method: "POST", body });
  assert.equal(scheduled.status, 201, await scheduled.text());
  await redis.call("ACL", "SETUSER", "notifyli", "-zcard");
  const fields = Object.entries({ ...about, message: "now" }).flat().map(String);
  await redis.call("XADD", "notifyli:notifications", "*", ...fields);
  await waitFor(
    "the schedule was looked at",
    () => program.log.some(({ message }) => message.includes("cannot be delivered")),
  );
  assert.equal(await redis.call("XLEN", "notifyli:notifications"), "1");
  await redis.call("ACL", "SETUSER", "notifyli", "+zcard");
  const frames = await client.get("direct_message", 2);
  assert.deepEqual(frames.map(({ message }) => message).toSorted(), ["later", "now"]);
  assert.equal(await redis.call("EXISTS", "notifyli:notifications-dead"), "0");
});

for (const right of ["function|load", "fcall", "publish", "subscribe", "xreadgroup"]) {
  const command = right.replace("|", ".");
  Deno.test(`without the right to ${right} the server says so`, async () => {
    await using redis = await RedisServer.start();
    await grant(redis, "server", [`-${right}`]);
    await using program = await Program.start({ env: as(redis, "notifyli") });
    await using v2 = await TestClient.connectV2(program.webSocketUrl);
    v2.send({ type: "connect", user_id: 1 });
    v2.send({ type: "subscribe", room: "lobby" });
    const says = new RegExp(`NOPERM.*${command}|no right to run '${command}'`);
    await waitFor(
      `${right} is named`,
      () =>
        [
          ...program.log.filter(({ level }) => level === "error").map(({ message }) => message),
          ...v2.frames.map(({ message }) => String(message)),
        ].some((text) => says.test(text)),
    );
    assert.equal(program.output.includes("XXX"), false, "the password is in no log");
  });
}

Deno.test("without a right that a script needs, the log says so, and ACL LOG which it is", async () => {
  await using redis = await RedisServer.start();
  await grant(redis, "server", ["-zadd"]);
  await using program = await Program.start({ env: as(redis, "notifyli") });
  await waitFor(
    "the log says it",
    () =>
      program.log.some(({ level, message }) =>
        level === "error" && message.includes("executing the script can't run this command")
      ),
  );
  await assertNotReady(program);
  assert.match(await redis.call("ACL", "LOG"), /\bzadd\b/);
});

Deno.test("a wrong password for Redis is in the log as such, without the password", async () => {
  await using redis = await RedisServer.start();
  await grant(redis, "server");
  const env = { ...as(redis, "notifyli"), REDIS_PASSWORD: "hunter2" };
  await using program = await Program.start({ env });
  await waitFor(
    "the log says it",
    () =>
      program.log.some(({ level, message }) => level === "error" && message.includes("WRONGPASS")),
  );
  await assertNotReady(program);
  assert.equal(program.output.includes("hunter2"), false);
});

Deno.test("Redis by TLS: with its certificate named everything works, without it nothing is sent", async () => {
  await using certificate = await Certificate.make();
  const tlsPort = freePort();
  await using redis = await RedisServer.start(
    ...["--tls-port", String(tlsPort), "--tls-auth-clients", "no"],
    ...["--tls-cert-file", certificate.cert, "--tls-key-file", certificate.key],
    ...["--tls-ca-cert-file", certificate.cert],
  );
  await redis.call("ACL", "SETUSER", "other", "on", ">a:b/c@d", "~*", "&*", "+@all");
  const REDIS_URL = `rediss://other:${encodeURIComponent("a:b/c@d")}@localhost:${tlsPort}`;
  {
    await using program = await Program.start({
      env: { REDIS_URL, REDIS_TLS_CA: certificate.cert },
    });
    await ready(program);
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    client.send({ type: "usermsg", user_id: 1, room: "lobby", message: "Hello!" });
    await client.get("usermsg");
    assert.match(await redis.call("CLIENT", "LIST"), /user=other/);
  }
  await using program = await Program.start({ env: { REDIS_URL } });
  await waitFor(
    "the log says it",
    () =>
      program.log.some(({ level, message }) => level === "error" && /certificate/.test(message)),
  );
  await assertNotReady(program);
});

Deno.test("REDIS_TLS_CA that cannot be read, or is none, stops the start", async () => {
  for (const path of ["/nowhere.pem", `${ROOT}deno.json`]) {
    const env = { REDIS_URL: "rediss://127.0.0.1:1", REDIS_TLS_CA: path };
    await using program = await Program.spawn({ env });
    assert.equal((await program.ended()).code, 1);
    assert.ok(program.output.includes("Cannot use REDIS_TLS_CA: current value is"), program.output);
  }
});

/** The command in the page that grants a user its rights. */
function rule(user: string): string {
  const [, command] = new RegExp(`<!-- acl: ${user} -->\\s+\`\`\`sh\n([^\`]+)\`\`\``).exec(PAGE) ??
    [];
  return command ?? assert.fail(`docs/redis.md has no rights for ${user}`);
}

/** Runs it, and changes the rights further. */
async function grant(
  redis: RedisServer,
  user: string,
  more: readonly string[] = [],
): Promise<void> {
  const command = rule(user).replace("redis-cli ", `redis-cli -p ${redis.port} `);
  const { stdout, stderr } = await run(["sh", "-c", command]);
  assert.equal(stdout, "OK\n", stderr);
  if (more.length > 0) assert.equal(await redis.call("ACL", "SETUSER", "notifyli", ...more), "OK");
}

/** Settings of a server that is this user. */
function as(redis: RedisServer, user: string): Record<string, string> {
  return {
    ...redis.env,
    REDIS_URL: "",
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: String(redis.port),
    REDIS_USERNAME: user,
    REDIS_PASSWORD: "XXX",
  };
}

async function assertNotReady(program: Program): Promise<void> {
  const response = await fetch(`${program.url}/readyz`);
  assert.equal(response.status, 503, await response.text());
}

async function ready(program: Program): Promise<void> {
  await waitFor("it is ready", async () => {
    const response = await fetch(`${program.url}/readyz`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return true;
  });
}

/** Each part that uses Redis, in each of its ways. */
async function useEverything(
  program: Program,
  redis: RedisServer,
  receiver: Receiver,
): Promise<void> {
  const { url, webSocketUrl } = program;
  const now = Math.floor(Date.now() / 1000);
  const post = async (fields: Record<string, unknown>) => {
    const body = JSON.stringify({ user_id: 1, room: "lobby", message: MESSAGE, ...fields });
    const response = await fetch(`${url}/api/notifications`, { method: "POST", body });
    const text = await response.text();
    assert.ok(response.ok, text);
    return String(JSON.parse(text)["id"]);
  };
  await using v1 = await TestClient.join(webSocketUrl, { user: 1, room: "lobby" });
  await using v2 = await TestClient.connectV2(webSocketUrl);
  await v2.command("connect", { user_id: 2, name: "Bob" });
  await v2.command("subscribe", { room: "lobby" });
  await v2.command("publish", { room: "lobby", message: MESSAGE, id: "my-message-1" });
  await v2.command("publish", { room: "lobby", message: MESSAGE, id: "my-message-1" });
  await v2.command("history", { room: "lobby", limit: 10 });
  await v2.command("presence", { room: "lobby" });
  await v2.command("presence", { user_ids: [2] });
  await v1.get("usermsg");

  for (let count = 0; count < 5; count++) await post({ user_id: 2, expires_at: now + 3600 });
  await post({ id: "order-12345" });
  await post({ id: "order-12345" });
  const taken = await post({ deliver_at: now + 3600 });
  await post({ deliver_at: now + 1 });
  assert.equal(
    (await fetch(`${url}/api/notifications/${taken}`, { method: "DELETE" })).status,
    204,
  );
  for (const verb of ["disconnect", "block", "block", "unblock"]) {
    const body = verb === "block" ? '{"seconds":1}' : null;
    const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
    const response = await fetch(`${url}/api/users/9/${verb}`, { method: "POST", headers, body });
    assert.ok(response.ok, await response.text());
  }
  const receipt = await fetch(`${url}/api/notifications/order-12345`);
  assert.ok(receipt.ok, await receipt.text());
  for (const path of ["lobby/connections", "lobby/connections/1"]) {
    const response = await fetch(`${url}/api/rooms/${path}`);
    assert.ok(response.ok, await response.text());
  }
  const ids = (await v2.get("direct_message", 5)).map(({ id }) => id);
  await v2.command("ack", { ids: ids.slice(0, 1) });
  await v2.command("read", { ids: ids.slice(0, 1) });
  await v2.command("archive", { ids: ids.slice(1, 2) });
  await v2.command("delete", { ids: ids.slice(2, 3) });
  await v2.command("read", { all: true });
  await v2.command("inbox", { limit: 10 });
  await v2.command("inbox", { limit: 10, archived: true });
  const { offset, epoch } = (await v2.command("inbox", { limit: 10 }))["position"] as Record<
    string,
    unknown
  > ?? { offset: 0, epoch: "x" };
  await v2.command("inbox", { since: { offset, epoch }, unread: true });

  await program.hearsRedis();
  await redis.call(
    "PUBLISH",
    "notifyli:messages",
    `{"user_id":1,"room":"lobby","message":"${MESSAGE}"}`,
  );
  await redis.call(
    "XADD",
    "notifyli:notifications",
    "*",
    "user_id",
    "1",
    "room",
    "lobby",
    "message",
    "x",
  );
  await redis.call("XADD", "notifyli:notifications", "*", "message", "for nobody");
  await v1.get("direct_message", 4);
  await waitFor(
    "it is put aside",
    async () => await redis.call("EXISTS", "notifyli:notifications-dead") === "1",
  );
  await receiver.get(1);
  await using stream = await EventStream.open(`${url}/sse`);
  const { session } = await stream.named("open");
  const sent = await fetch(`${url}/sse/${session}`, {
    method: "POST",
    body: '{"type":"connect","ref":1,"user_id":3}',
  });
  assert.equal(sent.status, 202, await sent.text());
  await v1.close();
  await waitFor(
    "its presence is gone",
    async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "0",
  );
}

async function makeAndRevokeKey(program: Program): Promise<void> {
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const keys = `${program.url}/api/keys`;
  const body = '{"name":"shop","scopes":["publish"]}';
  const made = await (await fetch(keys, { method: "POST", headers, body })).json();
  const revoked = await fetch(`${keys}/${made.id}`, { method: "DELETE", headers });
  assert.ok(revoked.ok, await revoked.text());
}
