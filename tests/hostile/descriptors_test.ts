/**
 * A server whose file descriptors run out: idle TCP connections take all of them. Who is connected goes on, nothing is
 * lost, and when there is room again others get in. On both listeners.
 */
import assert from "node:assert/strict";
import { Certificate } from "../support/certificate.ts";
import { run } from "../support/command.ts";
import { IdleCrowd } from "../support/idle_crowd.ts";
import { Program } from "../support/program.ts";
import { RawLink } from "../support/raw_link.ts";
import { knock } from "../support/raw_socket.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** As few as a server still runs well with, so that a test need not open thousands. */
const DESCRIPTORS = 200;
/** More than it can take, whatever it has open already. */
const CROWD = 250;

const STOPPED = /^accepts no connection: /;
const AGAIN = /^accepts connections again/;

const limited = (descriptors: number) => ["prlimit", `--nofile=${descriptors}`];

for (const listener of ["deno", "node"]) {
  const test = (name: string, act: () => Promise<void>) =>
    Deno.test(`descriptors on the ${listener} listener: ${name}`, act);
  const start = (env: Record<string, string> = {}, descriptors = DESCRIPTORS) =>
    Program.start({ env: { APP_LISTENER: listener, ...env }, wrapper: limited(descriptors) });

  for (const isSecure of [false, true]) {
    const what = isSecure ? " with TLS" : "";
    test(`idle connections that take all of them${what} end nothing`, async () => {
      await using certificate = isSecure ? await Certificate.make() : undefined;
      const tls = certificate && { APP_TLS_CERT: certificate.cert, APP_TLS_KEY: certificate.key };
      await using program = await start(tls);
      const ca = (await certificate?.read())?.cert;
      using talker = await RawLink.open(program.port, ca);
      await talker.upgrade("/ws?user_id=1&room=lobby");
      using sender = await RawLink.open(program.port, ca);
      assert.equal(await sender.request("GET", "/healthz"), 200);

      using crowd = new IdleCrowd(program.port);
      // The `node` listener ends a connection on which nothing comes for 5 s, and the system may take a second for each that
      // does not get in.
      const step = listener === "node" ? 1 : CROWD;
      for (let tried = 0; tried < CROWD; tried += step) {
        await crowd.grow(step);
        assert.equal(await sender.request("GET", "/healthz"), 200);
      }
      await waitFor("no more get in", () => crowd.refused + crowd.ended > 0);
      const frame = { type: "usermsg", user_id: 1, room: "lobby", message: "still here" };
      await talker.say(frame, "still here");
      const status = await sender.request("POST", "/api/users/2/notifications", "kept");
      assert.equal(status, 201);

      crowd.leave();
      using late = await waitFor("others get in", () => getIn(program, ca));
      await late.upgrade("/ws?user_id=2&room=/user/2");
      await late.say({ type: "ping" }, "kept");
      await talker.say({ ...frame, message: "and after" }, "and after");
      assert.deepEqual(program.errors, []);
      const count = (what: RegExp) =>
        program.log.filter(({ message }) => what.test(message)).length;
      await waitFor("it says that it goes on", () => count(STOPPED) === count(AGAIN));
      assert.equal(count(STOPPED) > 0, listener === "deno", "the node listener drops them before");
    });
  }

  test("the first notification of all is stored when none is left", async () => {
    await using program = await start();
    using sender = await RawLink.open(program.port);
    assert.equal(await sender.request("GET", "/healthz"), 200);
    // It keeps what it has open, and gets none anew.
    const { code } = await run(["prlimit", "--nofile=3:", "-p", `${program.pid}`]);
    assert.equal(code, 0);
    assert.equal(await sender.request("POST", "/api/users/2/notifications", "kept"), 201);
  });

  test("idle connections do not keep Redis' notifications, nor Redis, out", async () => {
    await using redis = await RedisServer.start();
    await using program = await start(redis.env);
    await program.hearsRedis();
    await using known = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    using crowd = new IdleCrowd(program.port);
    await crowd.grow(CROWD);
    await waitFor("no more get in", () => crowd.refused + crowd.ended > 0);

    // Both of its connections to Redis are gone, and it has to open them anew.
    await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    const published = '{"user_id":1,"room":"lobby","message":"heard"}';
    await waitFor(
      "it hears Redis",
      async () => await redis.call("PUBLISH", "notifyli:messages", published) === "1",
    );
    const [first] = await known.get("direct_message");
    assert.equal(first?.["message"], "heard");

    crowd.leave();
    await waitFor("others get in", () => getIn(program)).then((late) => late[Symbol.dispose]());
    assert.deepEqual(program.errors, []);
  });

  test("clients are told that there are too many before there is no room for the rest", async () => {
    await using program = await start();
    const [found] = program.log.filter(({ message }) => message.startsWith("room for "));
    assert.equal(found?.["limit"], DESCRIPTORS);
    const clients = Number(found?.["clients"]);
    assert.ok(clients > 50 && clients < DESCRIPTORS - Number(found?.["reserve"]), program.output);
    using inside = new DisposableStack();
    for (let count = 0; count < clients; count++) {
      assert.equal(inside.use(await knock(program.port)).status, 101);
    }
    using late = await knock(program.port);
    assert.equal(late.status, 429);
    assert.equal(late.json()["code"], "too_many_connections");
    assert.match(String(late.json()["message"]), new RegExp(`the limit is ${clients}$`));
    const { refused_connections, clients_limit } = await stats(program);
    assert.equal(refused_connections, 1, "and HTTP gets in");
    assert.equal(clients_limit, clients);
  });

  test("more clients than it has descriptors for are warned of at the start", async () => {
    await using program = await start({ APP_LIMIT_CONNECTIONS: "5000" });
    const [warning] = program.log.filter(({ level }) => level === "warning");
    assert.match(
      String(warning?.message),
      /APP_LIMIT_CONNECTIONS is 5000, .* for \d+ clients: raise them to 7000 \(LimitNOFILE .* ulimit -n\)/,
    );
    await using few = await start({ APP_LIMIT_CONNECTIONS: "5" });
    assert.deepEqual(few.log.filter(({ level }) => level !== "info"), []);
  });

  test("a limit that falls while it runs makes it deaf until it rises, and no longer", async () => {
    await using program = await start({}, 1000);
    await using known = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const set = async (descriptors: number) => {
      const { code } = await run(["prlimit", `--nofile=${descriptors}:`, "-p", `${program.pid}`]);
      assert.equal(code, 0);
    };
    await set(10);
    using crowd = new IdleCrowd(program.port);
    await crowd.grow(1);
    await waitFor("it is deaf", () => program.log.some(({ message }) => STOPPED.test(message)));
    await known.settled();
    await set(1000);
    await waitFor("it accepts again", () => getIn(program)).then((late) => late[Symbol.dispose]());
    await known.settled();
    assert.equal((await stats(program))["accept_stopped"], 1);
    assert.deepEqual(program.errors, []);
  });
}

Deno.test("descriptors: a server that cannot accept any more says so and ends, on each listener", async () => {
  await Promise.all(["deno", "node"].map(async (listener) => { // at once, since each is patient for half a minute
    const env = { APP_LISTENER: listener };
    await using program = await Program.start({ env, wrapper: limited(1000) });
    await using known = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    await run(["prlimit", "--nofile=10:", "-p", `${program.pid}`]);
    using crowd = new IdleCrowd(program.port);
    await crowd.grow(1);
    assert.equal((await known.waitClosed()).code, 3001, "come back");
    assert.equal((await program.ended()).code, 1);
    const said = program.log.find(({ message }) => /^accepts no connection any more/.test(message));
    assert.equal(said?.level, "error", program.output);
  }));
});

/** A connection that was answered; `undefined` where there is none in time. */
async function getIn(program: Program, certificate?: string): Promise<RawLink | undefined> {
  let link: RawLink | undefined;
  const late = setTimeout(() => link?.[Symbol.dispose](), 2000);
  try {
    link = await RawLink.open(program.port, certificate);
    assert.equal(await link.request("GET", "/healthz"), 200);
    return link;
  } catch {
    link?.[Symbol.dispose]();
    return undefined;
  } finally {
    clearTimeout(late);
  }
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}
