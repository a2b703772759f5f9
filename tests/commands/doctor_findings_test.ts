/** The findings of `notifyli doctor` that need something made for them: each is seen once, and says how it is mended (`lib/commands/doctor`). */
import assert from "node:assert/strict";
import { ChangedInfo } from "../support/changed_info.ts";
import { run, taskCommand } from "../support/command.ts";
import { doctor, textsOf } from "../support/doctor.ts";
import { envOf } from "../support/engine_target.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Nginx } from "../support/nginx.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { APP_KEY } from "../support/tokens.ts";

/** Root as any other user: what is not its own is closed to it. */
const WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
const NOBODY = 65534;

Deno.test("doctor says what is not used, and that all else is well", async () => {
  const found = await doctor({ APP_KEY }, { code: 0 });
  assert.match(textsOf(found, "note", "Redis"), /not used \(REDIS_URL is not set\)/);
  assert.match(textsOf(found, "note", "PostgreSQL"), /not used \(DATABASE_URL is not set\)/);
  assert.match(textsOf(found, "note", "Data folder"), /data is not there yet \(APP_DATA_DIR\)/);
  assert.match(textsOf(found, "note", "Server"), /no server runs at http:\/\/127\.0\.0\.1:1$/);
  assert.equal(textsOf(found, "ok", "Settings"), "a start takes them");
  assert.equal(textsOf(found, "ok", "Access"), "users show who they are");
  assert.match(textsOf(found, "ok", "File descriptors"), /^\d+ for a server started from this/);
  const open = await doctor({}, { code: 0 });
  assert.match(textsOf(open, "warning", "Access"), /the server is open: it lets nobody in but/);
  const memory = await doctor({ APP_KEY, APP_DATA_DIR: ":memory:" }, { code: 0 });
  assert.match(textsOf(memory, "warning", "Data folder"), /all is lost as the server ends/);
  const unknown = await doctor({ APP_KEY, APP_PROT: "7001" }, { code: 0 });
  assert.match(textsOf(unknown, "warning", "Settings"), /APP_PROT/);
});

Deno.test("doctor's lines have a mark each, what mends it below, and their sum", async () => {
  const env = { APP_PORT: "1", APP_DATA_DIR: "/nowhere/data", APP_OPEN: "true" };
  const { code, stdout } = await run(taskCommand("doctor"), { env });
  assert.equal(code, 1, stdout);
  assert.match(stdout, /^!! Access: APP_OPEN is true[^\n]*\n {5}set APP_KEY/m);
  assert.match(stdout, /^-- Redis: not used/m);
  assert.match(stdout, /\n\n1 thing is wrong, and 0 may become so\.\n$/);
  const good = await run(taskCommand("doctor"), { env: { APP_KEY, APP_PORT: "1" }, cwd: "/" });
  assert.match(good.stdout, /\n\nAll is well\.\n$/);
  const wrong = await run([...taskCommand("doctor"), "--url", "your-domain.com"], { env });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^Cannot take --url: current value is "your-domain\.com"/);
});

Deno.test("doctor says what Redis tells of itself", async (t) => {
  await using redis = await RedisServer.start("--appendonly", "yes");
  const told = async (fields: Record<string, string>, code: 0 | 1) => {
    await using changed = new ChangedInfo(redis.port, fields);
    return (await doctor({ APP_KEY, ...changed.env }, { code }))
      .filter(({ about }) => about === "Redis");
  };
  await t.step("Redis 6, which has no functions", async () => {
    const found = await told({ redis_version: "6.2.14" }, 1);
    assert.deepEqual(found.map(({ level, text }) => [level, text]), [
      ["error", "its version is 6.2.14, and notifyli needs Redis 7 or newer"],
    ]);
  });
  await t.step("the proxy of these tests alone changes nothing", async () => {
    const found = await told({ redis_version: "7.9.9" }, 0);
    assert.equal(textsOf(found, "ok").split("\n")[0], "version 7.9.9");
    assert.equal(textsOf(found, "error"), "");
  });
  await t.step("what it could not write", async () => {
    for (
      const [field, text] of [
        ["rdb_last_bgsave_status", "its last snapshot failed"],
        ["aof_last_write_status", "its last write to its log failed"],
        ["aof_last_bgrewrite_status", "the last rewrite of its log failed"],
      ] as const
    ) {
      assert.equal(textsOf(await told({ [field]: "err" }, 1), "error"), text);
    }
  });
  await t.step("it still loads what it had", async () => {
    const found = await told({ loading: "1" }, 0);
    assert.match(textsOf(found, "warning"), /it still loads what it had/);
    assert.equal(textsOf(found, "error"), "");
  });
  await t.step("it cuts off who hears much", async () => {
    await redis.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 60");
    const found = await doctor({ APP_KEY, ...redis.env }, { code: 0 });
    assert.match(textsOf(found, "warning", "Redis"), /cuts off who hears more than 1048576 bytes/);
  });
  await t.step("a user who may not ask", async () => {
    const user = (name: string, ...not: string[]) =>
      redis.call("ACL", "SETUSER", name, "on", ">secret", "~*", "&*", "+@all", ...not);
    await user("silent", "-info");
    await user("timeless", "-time");
    const url = (name: string) => `redis://${name}:secret@127.0.0.1:${redis.port}`;
    const silent = await doctor({ APP_KEY, REDIS_URL: url("silent") }, { code: 0 });
    assert.match(textsOf(silent, "ok", "Redis"), /^version unknown, since it may not be asked/);
    const timeless = await doctor({ APP_KEY, REDIS_URL: url("timeless") }, { code: 1 });
    assert.match(textsOf(timeless, "error", "Redis"), /^it does not answer: NOPERM .*time/);
  });
});

Deno.test("doctor says whose clock is a little wrong", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using postgres = await PostgresServer.start({ isSynced: true });
  using clock = FakeClock.make();
  clock.set(-30);
  const env = { APP_KEY, ...redis.env, ...postgres.env };
  const found = await doctor({ ...env, ...clock.env }, { code: 0 });
  for (const about of ["Redis", "PostgreSQL"]) {
    assert.match(textsOf(found, "warning", about), /its clock is (29|30)\.\d s ahead of this/);
  }
  const right = await doctor(env, { code: 0 });
  for (const about of ["Redis", "PostgreSQL"]) {
    assert.match(textsOf(right, "ok", about), /its clock is this machine's/);
  }
});

Deno.test("doctor says what PostgreSQL may lose, and whom it does not let in", async (t) => {
  await using postgres = await PostgresServer.start({
    isSynced: true,
    settings: { synchronous_commit: "off", max_connections: 12 },
  });
  const found = await doctor({ APP_KEY, ...postgres.env }, { code: 0 });
  assert.match(textsOf(found, "warning", "PostgreSQL"), /synchronous_commit is off/);
  assert.match(
    textsOf(found, "warning", "PostgreSQL"),
    /it has 8 connections left of 9, and a node takes up to 10/,
  );
  const as = (user: string, code: 0 | 1) =>
    doctor({
      APP_KEY,
      DATABASE_URL: `postgres://${user}@127.0.0.1:${postgres.port}/postgres`,
    }, { code });
  await t.step("a user who may make nothing", async () => {
    await postgres.sql("CREATE ROLE stranger LOGIN");
    const found = await as("stranger", 1);
    assert.match(textsOf(found, "error", "PostgreSQL"), /may not make the schema 'notifyli'/);
  });
  await t.step("a user who may not look", async () => {
    await postgres.sql("CREATE ROLE blind LOGIN");
    await postgres.sql("GRANT CREATE ON DATABASE postgres TO blind");
    await postgres.sql("REVOKE SELECT ON pg_stat_database FROM PUBLIC");
    const found = await as("blind", 1);
    assert.match(textsOf(found, "error", "PostgreSQL"), /it cannot be asked: permission denied/);
  });
});

Deno.test("doctor says what is wrong with folders", async (t) => {
  const folder = await Deno.makeTempDir();
  const data = `${folder}/data`;
  await Deno.mkdir(data, { mode: 0o700 });
  const env = { APP_KEY, APP_DATA_DIR: data };
  await t.step("a restore that has not ended, and a store that is damaged", async () => {
    await Deno.mkdir(`${data}/notifyli.restore`);
    const begun = await doctor(env, { code: 0 });
    assert.match(textsOf(begun, "warning", "Data folder"), /a restore has begun there/);
    await Deno.writeTextFile(`${data}/notifyli.damaged`, "a test\n");
    const damaged = await doctor(env, { code: 1 });
    assert.match(textsOf(damaged, "error", "Data folder"), /its store was found to be damaged/);
    await Deno.remove(`${data}/notifyli.restore`);
    await Deno.remove(`${data}/notifyli.damaged`);
  });
  await t.step("an operator's key that others may read", async () => {
    await Deno.writeTextFile(`${data}/operator.key`, `no_${"x".repeat(43)}\n`, { mode: 0o644 });
    await Deno.chmod(`${data}/operator.key`, 0o644);
    const found = await doctor(env, { code: 0 });
    assert.match(textsOf(found, "warning", "Data folder"), /others may read it \(mode 644\)/);
    await Deno.chmod(`${data}/operator.key`, 0o600);
    assert.doesNotMatch(textsOf(await doctor(env), "warning", "Data folder"), /operator\.key/);
  });
  await t.step("the folder of files that another user owns", async () => {
    await Deno.mkdir(`${folder}/files`);
    await Deno.chmod(`${folder}/files`, 0o755);
    await Deno.chown(`${folder}/files`, NOBODY, NOBODY);
    const found = await doctor({ ...env, FILES_DIR: `${folder}/files` }, {
      ...{ code: 1, wrapper: WITHOUT_RIGHTS },
    });
    assert.match(
      textsOf(found, "error", "Folder of files"),
      /this user cannot write to .*files: Permission denied/,
    );
    const missing = await doctor({ ...env, FILES_DIR: `${folder}/none` }, { code: 0 });
    assert.match(
      textsOf(missing, "note", "Folder of files"),
      /none is not there yet \(FILES_DIR\)/,
    );
  });
  await t.step("little room on its disk, or none", async () => {
    for (const [bytes, level] of [[32e6, "error"], [500e6, "warning"], [2e9, "ok"]] as const) {
      await using disk = await SmallDisk.mount(bytes);
      await disk.run("mkdir", "-m", "700", `${disk.path}/data`);
      const found = await doctor({ ...env, APP_DATA_DIR: `${disk.path}/data` }, {
        ...{ code: level === "error" ? 1 : 0, wrapper: disk.wrapper },
      });
      assert.match(textsOf(found, level, "Data folder"), /\d+ MB are free on its disk/);
    }
    await using disk = await SmallDisk.mount(2e9, 500);
    await disk.run("mkdir", "-m", "700", `${disk.path}/data`);
    const found = await doctor({ ...env, APP_DATA_DIR: `${disk.path}/data` }, {
      ...{ code: 1, wrapper: disk.wrapper },
    });
    assert.match(textsOf(found, "error", "Data folder"), /its disk takes only 49\d more files/);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("doctor knows the descriptors of the service where it is installed", async () => {
  await using disk = await SmallDisk.mount(1e6);
  await disk.run("mount", "--bind", disk.path, "/etc/systemd/system");
  const write = (name: string, text: string) =>
    disk.run("sh", "-c", 'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0"', name, text);
  const unit = "/etc/systemd/system/notifyli.service";
  const about = async () => {
    const found = await doctor({ APP_KEY }, { wrapper: disk.wrapper });
    return found.filter(({ about }) => about === "File descriptors");
  };
  await write(unit, "[Service]\nLimitNOFILE=262144\n");
  assert.equal(textsOf(await about(), "ok"), "262144 for the service (LimitNOFILE)");
  await write(`${unit}.d/override.conf`, "[Service]\nLimitNOFILE=1024\n");
  assert.match(textsOf(await about(), "warning"), /^1024 for the service \(LimitNOFILE\): each/);
  await disk.run("mount", "--bind", "/dev/null", "/usr/bin/getconf");
  assert.match(textsOf(await about(), "note"), /does not say how many there may be/);
});

Deno.test("doctor says until when a certificate is good, and which file cannot be read", async () => {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const made = await run([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-days", "90", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
  ]);
  assert.equal(made.code, 0, made.stderr);
  const env = { APP_KEY, APP_TLS_CERT: cert, APP_TLS_KEY: key };
  const good = await doctor(env, { code: 0 });
  assert.match(
    textsOf(good, "ok", "Certificate"),
    /cert\.pem \(DNS:localhost\) is good until \d{4}-\d\d-\d\d$/,
  );
  const none = await doctor({ ...env, APP_TLS_CERT: `${folder}/none.pem` }, { code: 1 });
  assert.match(textsOf(none, "error", "Certificate"), /none\.pem cannot be read: No such file/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("doctor says what answers at the server's address", async (t) => {
  await t.step("a server that is not ready", async () => {
    const env = { APP_KEY, REDIS_URL: "redis://127.0.0.1:1" };
    await using program = await Program.start({ env });
    const found = await doctor({ ...env, ...envOf(program) }, { code: 1 });
    assert.match(textsOf(found, "error", "Server"), /is not ready: .*Redis/);
  });
  await t.step("another program", async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("Hello"),
    );
    const found = await doctor({ APP_KEY, APP_PORT: String(server.addr.port) }, { code: 1 });
    assert.match(
      textsOf(found, "error", "Server"),
      /something answers at http:\/\/127\.0\.0\.1:\d+ with 200, as no notifyli does/,
    );
  });
  await t.step("one that says nothing", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const closing = (async () => {
      for await (const connection of listener) connection.close();
    })();
    const { port } = listener.addr as Deno.NetAddr;
    const found = await doctor({ APP_KEY, APP_PORT: String(port) }, { code: 1 });
    assert.match(textsOf(found, "error", "Server"), /127\.0\.0\.1:\d+ does not answer: /);
    listener.close();
    await closing;
  });
});

Deno.test("doctor looks at the certificate and the proxy of the public address", async (t) => {
  const site = (location: string) => `
    server {
      listen 80;
      listen 443 ssl;
      server_name your-domain.com;
      ssl_certificate /etc/letsencrypt/live/your-domain.com/fullchain.pem;
      ssl_certificate_key /etc/letsencrypt/live/your-domain.com/privkey.pem;
      location / { ${location} }
    }`;
  const passing = "proxy_pass http://127.0.0.1:7000; proxy_http_version 1.1; " +
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
  await using program = await Program.start({ env: { APP_KEY } });
  const env = { APP_KEY, ...envOf(program) };
  const at = (url: string, code: 0 | 1, more = {}) =>
    doctor({ ...env, ...more }, { code, args: ["--url", url] });
  await t.step("its certificate ends soon, or has ended", async () => {
    await using nginx = await Nginx.start(site(passing), program.port);
    const soon = await at(nginx.url, 0);
    assert.match(
      textsOf(soon, "warning", "Public address"),
      /the certificate of 127\.0\.0\.1:\d+ ends in 1 days/,
    );
    assert.match(textsOf(soon, "ok", "Proxy"), /leads to a server that is ready[^]*\(101|401\)/);
    using clock = FakeClock.make();
    clock.set(3 * 24 * 3600);
    const ended = await at(nginx.url, 1, clock.env);
    assert.match(textsOf(ended, "error", "Public address"), /ended on .*: no client connects/);
    const plain = await at(nginx.httpUrl, 0);
    assert.match(textsOf(plain, "warning", "Public address"), /^http:.* has no TLS: tokens/);
  });
  await t.step("nobody speaks TLS there", async () => {
    const found = await at(`https://127.0.0.1:${program.port}`, 1);
    assert.match(textsOf(found, "error", "Public address"), /^no TLS at 127\.0\.0\.1:\d+: /);
  });
  await t.step("it leads elsewhere", async () => {
    await using nginx = await Nginx.start(site("return 404;"), program.port);
    const found = await at(nginx.url, 1);
    assert.match(textsOf(found, "error", "Proxy"), /answers 404 in place of a notifyli/);
    assert.match(textsOf(found, "error", "Proxy"), /WebSockets do not come through: 404/);
  });
  await t.step("it leads to a server that is not ready", async () => {
    await using waiting = await Program.start({
      env: { APP_KEY, REDIS_URL: "redis://127.0.0.1:1" },
    });
    await using nginx = await Nginx.start(site(passing), waiting.port);
    const found = await at(nginx.url, 1);
    assert.match(textsOf(found, "error", "Proxy"), /leads to a server that is not ready/);
  });
});
