/** Where Redis is and how the server comes in: TLS with certificates of clients, Unix sockets, databases. */
import assert from "node:assert/strict";
import { Certificate } from "../support/certificate.ts";
import { run, taskCommand } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

async function tlsRedis(certificate: Certificate): Promise<[RedisServer, url: string]> {
  const port = freePort();
  const redis = await RedisServer.start(
    ...["--tls-port", String(port), "--tls-auth-clients", "yes"],
    ...["--tls-cert-file", certificate.cert, "--tls-key-file", certificate.key],
    ...["--tls-ca-cert-file", certificate.cert],
  );
  return [redis, `rediss://localhost:${port}`];
}

Deno.test("a Redis that asks clients for a certificate takes that of REDIS_TLS_CERT", async () => {
  await using certificate = await Certificate.make();
  const [server, REDIS_URL] = await tlsRedis(certificate);
  await using redis = server;
  await using program = await Program.start({
    env: {
      REDIS_URL,
      REDIS_TLS_CA: certificate.cert,
      REDIS_TLS_CERT: certificate.cert,
      REDIS_TLS_KEY: certificate.key,
    },
  });
  await assertWorks(program, redis);
});

Deno.test("a Redis that asks for a certificate and gets none ends no server, and is away", async () => {
  await using certificate = await Certificate.make();
  const [server, REDIS_URL] = await tlsRedis(certificate);
  await using _redis = server;
  await using program = await Program.start({
    env: { REDIS_URL, REDIS_TLS_CA: certificate.cert },
  });
  await waitFor(
    "the log says it",
    () =>
      program.log.some(({ level, message }) =>
        level === "error" && message.includes("cannot be reached")
      ),
  );
  await new Promise((resolve) => setTimeout(resolve, 2000)); // several tries
  assert.equal(await readiness(program), 503);
  assert.deepEqual(program.log.filter(({ message }) => /uncaught/i.test(message)), []);
  program.kill("SIGTERM");
  assert.equal((await program.ended()).code, 0, program.output);
});

Deno.test("a certificate without its key, or that is none, stops the start", async () => {
  await using certificate = await Certificate.make();
  await using other = await Certificate.make();
  const REDIS_URL = "rediss://127.0.0.1:1";
  const bad: [env: Record<string, string>, says: RegExp][] = [
    [{ REDIS_TLS_CERT: certificate.cert }, /Cannot use REDIS_TLS_CERT alone: REDIS_TLS_KEY/],
    [{ REDIS_TLS_KEY: certificate.key }, /Cannot use REDIS_TLS_KEY alone: REDIS_TLS_CERT/],
    [
      { REDIS_TLS_CERT: "/nowhere.pem", REDIS_TLS_KEY: certificate.key },
      /Cannot use REDIS_TLS_CERT: current value is .*\/nowhere\.pem/,
    ],
    [
      { REDIS_TLS_CERT: certificate.cert, REDIS_TLS_KEY: other.key },
      /Cannot use REDIS_TLS_CERT with REDIS_TLS_KEY: .* is not the key of/,
    ],
    [
      { REDIS_TLS_CERT: certificate.key, REDIS_TLS_KEY: certificate.key },
      /Cannot use REDIS_TLS_CERT: current value is .*, allowed is a PEM file with a CERTIFICATE/,
    ],
    [
      { REDIS_TLS_CA: certificate.key },
      /Cannot use REDIS_TLS_CA: .* a PEM file with a CERTIFICATE/,
    ],
  ];
  for (const [env, says] of bad) {
    await using program = await Program.spawn({ env: { REDIS_URL, ...env } });
    assert.notEqual((await program.ended()).code, 0);
    assert.match(program.output, says);
  }
});

Deno.test("a database that Redis does not have is refused, and database 0 is left alone", async () => {
  await using redis = await RedisServer.start("--databases", "4");
  const ways: Record<string, string>[] = [
    { REDIS_URL: `redis://127.0.0.1:${redis.port}/99` },
    { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(redis.port), REDIS_DB: "99" },
  ];
  for (const env of ways) {
    await using program = await Program.start({ env });
    const told = () =>
      program.log.filter(({ level, message }) =>
        level === "error" && message.includes("does not give database 99")
      );
    await waitFor("the log says it", () => told().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(told().length, 1, program.output);
    assert.equal(await readiness(program), 503);
  }
  assert.equal(await redis.call("DBSIZE"), "0");
});

Deno.test("REDIS_DB and a URL's database are the database that is used", async () => {
  await using redis = await RedisServer.start();
  const [host, port] = ["127.0.0.1", String(redis.port)];
  const ways: [env: Record<string, string>, database: string][] = [
    [{ REDIS_URL: `redis://${host}:${port}/2` }, "2"],
    [{ REDIS_URL: `redis://${host}:${port}?db=3` }, "3"],
    [{ REDIS_URL: `redis://${host}:${port}`, REDIS_DB: "4" }, "4"],
    [{ REDIS_HOST: host, REDIS_PORT: port, REDIS_DB: "5" }, "5"],
    [{ REDIS_HOST: `tcp://${host}`, REDIS_PORT: port, REDIS_DB: "6" }, "6"],
  ];
  for (const [env, database] of ways) {
    await using program = await Program.start({ env });
    await waitFor("it is ready", async () => await readiness(program) === 200);
    assert.notEqual(await redis.cli("-n", database, "DBSIZE"), "0", database);
  }
  assert.equal(await redis.call("DBSIZE"), "0");
});

Deno.test("Redis by its Unix socket: a URL, a path, a host", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const socket = `${folder}/redis.sock`;
    await using redis = await RedisServer.start("--unixsocket", socket);
    await redis.call("CONFIG", "SET", "requirepass", "p:/@%");
    const login = { REDIS_PASSWORD: "p:/@%" };
    const ways: Record<string, string>[] = [
      { REDIS_URL: `unix://:${encodeURIComponent("p:/@%")}@${socket}?db=1` },
      { REDIS_HOST: socket, ...login },
      { REDIS_HOST: `unix://${socket}`, REDIS_DB: "2", ...login },
    ];
    for (const env of ways) {
      await using program = await Program.start({ env });
      await waitFor("it is ready", async () => await readiness(program) === 200);
      assert.ok(program.output.includes(`redis at ${socket}`), program.output);
      assert.equal(program.output.includes("p:/@%"), false);
    }
    assert.ok(redis.pid);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("notifyli send goes by a Unix socket, too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { REDIS_URL: `unix://${folder}/redis.sock` };
    await using _redis = await RedisServer.start("--unixsocket", `${folder}/redis.sock`);
    await using program = await Program.start({ env });
    await program.hearsRedis();
    const outcome = await run([...taskCommand("send"), "-u", "123", "-m", "Hello!"], {
      env,
      cwd: folder,
    });
    assert.equal(outcome.code, 0, outcome.stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function assertWorks(program: Program, redis: RedisServer): Promise<void> {
  await waitFor("it is ready", async () => await readiness(program) === 200);
  await program.hearsRedis();
  const payload = '{"user_id":1,"room":"1","message":"Hello!"}';
  assert.equal(await redis.call("PUBLISH", "notifyli:messages", payload), "1");
}

async function readiness(program: Program): Promise<number> {
  const response = await fetch(`${program.url}/readyz`);
  await response.body?.cancel();
  return response.status;
}
