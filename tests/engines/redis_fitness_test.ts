/**
 * A Redis that cannot be used is named in one plain sentence, and nothing is sent to it: PUBLISH is heard by nobody, and what
 * is added to the stream stays there.
 */
import assert from "node:assert/strict";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { run, taskCommand } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { OldRedis } from "../support/old_redis.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

/** A Redis that runs, and how it is used. */
interface Unfit extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** Runs a command there; absent where it knows none. */
  call?(...command: string[]): Promise<string>;
}

const CLUSTER = ["--cluster-enabled", "yes", "--cluster-port"];

/** What docs/redis.md says that the server says of each. */
const SENTENCES = new Map(
  [...(await Deno.readTextFile(`${ROOT}docs/redis.md`)).matchAll(
    /^\| ([^|]+?) +\| (its? [^|]+?) +\|$/gm,
  )]
    .map((
      [, what = "", says = ""],
    ) => [what, new RegExp(escaped(says).replaceAll("…", ".+"), "i")]),
);

const UNFIT: [what: string, start: () => Promise<Unfit>][] = [
  ["Redis in cluster mode", () => startCluster(16383)],
  ["Redis in cluster mode", () => startCluster(5460)],
  ["a Sentinel's port", startSentinel],
  ["a replica", startReplica],
  ["a version before 7", () => startOld("redis_version:6.2.14\r\nredis_mode:standalone\r\n")],
  ["no `FUNCTION` or `FCALL`", () => RedisServer.start("--rename-command", "FUNCTION", "")],
];

for (const [index, [what, start]] of UNFIT.entries()) {
  const says = SENTENCES.get(what) ?? assert.fail(`docs/redis.md says nothing of ${what}`);

  Deno.test(`${what} is named, and nothing is lost there (${index})`, async () => {
    await using redis = await start();
    const env = { ...redis.env, REDIS_LEASE_SECONDS: "1" };
    await using program = await Program.start({ env });
    const told = () =>
      program.log.filter(({ level, message }) => level === "error" && says.test(message));
    await waitFor("the log says it", () => told().length > 0);
    const { status, text } = await readiness(program);
    assert.equal(status, 503);
    assert.match(text, says);
    if (redis.call !== undefined) {
      const payload = '{"user_id":1,"room":"1","message":"Hello!"}';
      assert.equal(await redis.call("PUBLISH", "notifyli:messages", payload), "0");
    }
    const refused = await fetch(`${program.url}/api/notifications`, {
      method: "POST",
      body: JSON.stringify({ user_id: 1, message: "Hello!" }),
    });
    assert.equal(refused.status, 503, await refused.text());
    await new Promise((resolve) => setTimeout(resolve, 1000)); // several tries, each with all connections
    assert.equal(told().length, 1, told().map(({ message }) => message).join("\n"));
  });
}

Deno.test("a Redis without FCALL is named, too", async () => {
  await using redis = await RedisServer.start("--rename-command", "FCALL", "OTHER");
  await using program = await Program.start({ env: redis.env });
  await waitFor(
    "the log says it",
    () => program.output.includes("does not know the command 'fcall'"),
  );
  assert.equal((await readiness(program)).status, 503);
});

Deno.test("an entry that is added to a Redis in cluster mode stays there", async () => {
  await using redis = await startCluster(16383);
  await using program = await Program.start({ env: redis.env });
  await waitFor("the log says it", () => program.output.includes("cluster mode"));
  const entry = ["user_id", "1", "message", "Hello!"];
  await redis.call("XADD", "notifyli:notifications", "*", ...entry);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await redis.call("XLEN", "notifyli:notifications"), "1");
});

Deno.test("a command and a program that find such a Redis say so, too", async () => {
  await using redis = await startCluster(16383);
  const outcome = await run([...taskCommand("start").slice(0, -1), "key", "list"], {
    env: redis.env,
  });
  assert.equal(outcome.code === 0, false);
  assert.match(outcome.stderr, /cluster mode/);
  await using publisher = new Publisher({ host: "127.0.0.1", port: redis.port });
  await assert.rejects(
    publisher.publish({ userId: 1, room: "1", message: "Hello!" }),
    /Cannot use this Redis: it runs in cluster mode/,
  );
});

Deno.test("a Redis that can be used takes the place of one that cannot, with no restart", async () => {
  await using cluster = await startCluster(16383);
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(cluster.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  await using program = await Program.start({ env });
  await waitFor("the log says it", () => program.output.includes("cluster mode"));
  proxy.leadTo(redis.port);
  await waitFor("it is ready", async () => (await readiness(program)).status === 200);
});

async function startCluster(lastSlot: number): Promise<RedisServer> {
  const redis = await RedisServer.start(...CLUSTER, String(freePort()));
  await redis.call("CLUSTER", "ADDSLOTSRANGE", "0", String(lastSlot));
  return redis;
}

async function startReplica(): Promise<Unfit> {
  const primary = await RedisServer.start();
  const replica = await RedisServer.start("--replicaof", "127.0.0.1", String(primary.port));
  return {
    env: replica.env,
    call: (...command) => replica.call(...command),
    async [Symbol.asyncDispose]() {
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

async function startSentinel(): Promise<Unfit> {
  const primary = await RedisServer.start();
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const file = `${folder}/sentinel.conf`;
  await Deno.writeTextFile(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${primary.port} 1\n`,
  );
  const child = new Deno.Command("redis-server", {
    args: [file, "--sentinel"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("the Sentinel listens", async () => {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  });
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${port}` },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await primary[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function startOld(info: string): Promise<Unfit> {
  const old = new OldRedis(info);
  return Promise.resolve({
    env: { REDIS_URL: `redis://127.0.0.1:${old.port}` },
    [Symbol.asyncDispose]: () => old[Symbol.asyncDispose](),
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

async function readiness(program: Program): Promise<{ status: number; text: string }> {
  const response = await fetch(`${program.url}/readyz`);
  return { status: response.status, text: await response.text() };
}
