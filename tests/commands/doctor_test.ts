/** `notifyli doctor` as a process: each thing that can be wrong is made wrong on real parts, is found, and says how it is mended. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Certificate } from "../support/certificate.ts";
import { doctor, textsOf } from "../support/doctor.ts";
import { envOf } from "../support/engine_target.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Nginx } from "../support/nginx.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";

Deno.test("doctor finds nothing wrong with a good setup, and ends with 0", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using postgres = await PostgresServer.start({ isSynced: true });
  await redis.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 256mb 64mb 60");
  const env = { ...redis.env, ...postgres.env, APP_KEY };
  await using program = await Program.start({ env });
  const { code, stdout, stderr } = await run(taskCommand("doctor"), {
    env: { ...env, ...envOf(program) },
  });
  assert.equal(code, 0, stdout + stderr);
  for (
    const line of [
      /^ok Redis: version 7/m,
      /^ok PostgreSQL: version 1/m,
      /^ok Server: .* is ready/m,
    ]
  ) {
    assert.match(stdout, line);
  }
  assert.doesNotMatch(stdout, /^!!/m);
  assert.doesNotMatch(stdout, /^\?\? (Redis|PostgreSQL|Server|Access)/m);
});

Deno.test("doctor says what is wrong with Redis", async (t) => {
  await using redis = await RedisServer.start();
  const about = async () => (await doctor(redis.env)).filter(({ about }) => about === "Redis");
  await t.step("it keeps no log, throws keys away, and is full", async () => {
    await redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    assert.match(
      textsOf(await about(), "warning"),
      /appendonly is no[^]*once somebody sets maxmemory/,
    );
    await redis.call("CONFIG", "SET", "maxmemory", "1mb");
    const found = await about();
    assert.match(textsOf(found, "warning"), /throws away keys[^]*% of its memory is used/);
    assert.ok(found.some(({ mend }) => mend?.includes("maxmemory-policy noeviction")));
  });
  await t.step("its clock is wrong", async () => {
    using clock = FakeClock.make();
    clock.set(3600);
    const found = await doctor({ ...redis.env, ...clock.env });
    assert.match(textsOf(found, "error"), /its clock is 3[56]\d\d\.\d s behind this machine's/);
  });
  await t.step("nobody is there, and the exit code is 1", async () => {
    const found = await doctor({ REDIS_URL: "redis://127.0.0.1:1" }, { code: 1 });
    assert.match(textsOf(found, "error"), /127\.0\.0\.1:1 cannot be reached/);
  });
});

Deno.test("doctor says what is wrong with PostgreSQL", async () => {
  await using postgres = await PostgresServer.start();
  const found = await doctor(postgres.env, { code: 1 });
  assert.match(textsOf(found, "error"), /fsync is off/);
  const away = await doctor({ DATABASE_URL: "postgres://127.0.0.1:1/none" }, { code: 1 });
  assert.equal(
    away.filter(({ about, level }) => about === "PostgreSQL" && level === "error").length,
    1,
  );
  assert.doesNotMatch(
    textsOf(away, "error"),
    /^.*Cannot use the PostgreSQL of/m,
    "it is said once",
  );
});

Deno.test("doctor says what is wrong with the machine and the settings", async (t) => {
  const folder = await Deno.makeTempDir();
  await t.step("settings that no start takes", async () => {
    const found = await doctor({ APP_PORT: "many" }, { code: 1 });
    assert.match(textsOf(found, "error"), /Cannot use APP_PORT: current value is "many"/);
  });
  await t.step("a server that is open to all, and a folder that is", async () => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.chmod(`${folder}/data`, 0o755);
    const env = { APP_OPEN: "true", APP_DATA_DIR: `${folder}/data` };
    const found = await doctor(env, { code: 1 });
    assert.match(textsOf(found, "error"), /anybody is whoever they say/);
    assert.match(textsOf(found, "warning"), /others may enter .*data \(mode 755\)/);
    assert.match(textsOf(found, "ok"), /MB are free on its disk/);
  });
  await t.step("a folder that is a file", async () => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const found = await doctor({ APP_DATA_DIR: `${folder}/file` }, { code: 1 });
    assert.match(textsOf(found, "error"), /file/);
  });
  await t.step("few descriptors", async () => {
    const command = [
      "sh",
      "-c",
      'ulimit -n 256; exec "$@"',
      "sh",
      ...taskCommand("doctor"),
      "--json",
    ];
    const { stdout } = await run(command, { env: { APP_KEY } });
    const { findings } = JSON.parse(stdout);
    assert.match(textsOf(findings, "warning"), /256 for a server started from this shell/);
  });
  await t.step("a certificate that ends soon", async () => {
    await using certificate = await Certificate.make();
    const env = { APP_TLS_CERT: certificate.cert, APP_TLS_KEY: certificate.key, APP_KEY };
    assert.match(textsOf(await doctor(env), "warning"), /cert\.pem .* ends in 1 days/);
    using clock = FakeClock.make();
    clock.set(3 * 24 * 3600);
    assert.match(
      textsOf(await doctor({ ...env, ...clock.env }, { code: 1 }), "error"),
      /ended on .*: no client/,
    );
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("doctor asks the proxy as clients do", async (t) => {
  await using program = await Program.start({ env: { APP_KEY } });
  const site = (headers: string) => `
    server {
      listen 80;
      listen 443 ssl;
      server_name your-domain.com;
      ssl_certificate /etc/letsencrypt/live/your-domain.com/fullchain.pem;
      ssl_certificate_key /etc/letsencrypt/live/your-domain.com/privkey.pem;
      location / { proxy_pass http://127.0.0.1:7000; proxy_http_version 1.1; ${headers} }
    }`;
  const env = { APP_KEY, ...envOf(program) };
  const found = async (url: string, code?: 0 | 1) => {
    const all = await doctor(env, { code, args: ["--url", url] });
    return all.filter(({ about }) => about === "Proxy");
  };
  await t.step("one that drops the headers of WebSockets", async () => {
    await using nginx = await Nginx.start(site("proxy_set_header Connection close;"), program.port);
    assert.match(textsOf(await found(nginx.url, 1), "error"), /drops the headers of WebSockets/);
  });
  await t.step("one that passes them on", async () => {
    const headers = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
    await using nginx = await Nginx.start(site(headers), program.port);
    assert.match(
      textsOf(await found(nginx.url), "ok"),
      /leads to a server that is ready[^]*WebSockets come/,
    );
  });
  await t.step("none at all", async () => {
    assert.match(textsOf(await found("http://127.0.0.1:1", 1), "error"), /answers .*REFUSED/);
  });
});
