/** API keys against the running program, on both engines: who may call the API, and what the audit log says of it. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "../../support/command.ts";
import { Certificate } from "../../support/certificate.ts";
import { type Env, envOf, type Target, TARGETS } from "../../support/engine_target.ts";
import { Manager } from "../../support/manager.ts";
import { type LogLine, Program } from "../../support/program.ts";
import { rawRequest } from "../../support/raw_http.ts";
import { RedisServer } from "../../support/redis.ts";
import { APP_KEY } from "../../support/tokens.ts";
import { waitFor } from "../../support/wait.ts";

type Json = Record<string, unknown>;

const KEY = taskCommand("key");
const SEND = taskCommand("send");

/** One call of each kind, and the scope it needs. */
const CALLS: readonly (readonly [method: string, path: string, scope: string])[] = [
  ["POST", "/api/users/1/notifications", "publish"],
  ["POST", "/api/notifications", "publish"],
  ["DELETE", "/api/notifications/order-12345", "publish"],
  ["GET", "/api/notifications/order-12345", "read"],
  ["GET", "/api/rooms/lobby/connections", "read"],
  ["GET", "/api/rooms/lobby/connections/1", "read"],
  ["GET", "/api/stats", "read"],
  ["HEAD", "/api/stats", "read"],
  ["POST", "/api/users/1/disconnect", "manage"],
  ["POST", "/api/users/1/block", "manage"],
  ["POST", "/api/users/1/unblock", "manage"],
  ["GET", "/api/blocks", "manage"],
  ["POST", "/api/revocations", "manage"],
  ["GET", "/api/revocations", "manage"],
  ["POST", "/api/keys", "manage"],
  ["GET", "/api/keys", "manage"],
  ["DELETE", "/api/keys/abc", "manage"],
];

for (const [engine, start] of TARGETS) testEngine(engine, start);

Deno.test("behind a trusted proxy, wrong keys hold up their own address alone, and the audit log names it", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_TRUSTED_PROXIES: "127.0.0.1" } });
  const { key } = await Manager.of(program);
  const status = async (from: string, key: string) => {
    const headers = { authorization: `Bearer ${key}`, "x-forwarded-for": from };
    const response = await fetch(`${program.url}/api/keys`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  const wrong = `nk_${"0".repeat(12)}_${"x".repeat(40)}`;
  const statuses = [];
  for (let count = 0; count < 21; count++) statuses.push(await status("203.0.113.7", wrong));
  assert.deepEqual(statuses, [...Array(20).fill(401), 429]);
  assert.equal(await status("203.0.113.8", key), 200, "one that was not known yet");
  const refusals = audit(program).filter(({ level }) => level === "warning");
  assert.deepEqual(new Set(refusals.map(({ address }) => address)), new Set(["203.0.113.7"]));
});

function testEngine(engine: string, start: (env?: Env) => Promise<Target>): void {
  testOn(
    "the API is open on this machine until there is a key, but for what manages",
    async (target) => {
      const { program, env } = target;
      assert.equal((await call(program, "GET", "/api/stats")).status, 200);
      for (const [method, path, scope] of CALLS) {
        const { status, json } = await call(program, method, path);
        if (scope !== "manage") assert.notEqual(status, 401, `${method} ${path}`);
        else assert.deepEqual([status, json["code"]], [401, "unauthorized"], `${method} ${path}`);
      }
      await created(["--name", "shop", "--scope", "publish"], env);
      const refused = await waitFor("it needs a key", async () => {
        const answer = await call(program, "GET", "/api/stats");
        return answer.status === 401 && answer;
      });
      assert.equal(refused.headers.get("www-authenticate"), "Bearer");
      assert.deepEqual(refused.json, {
        code: "unauthorized",
        message: "Cannot use the API: it needs a key, as 'Authorization: Bearer nk_…'",
      });
      for (const [method, path] of CALLS) {
        assert.equal((await call(program, method, path)).status, 401, `${method} ${path}`);
      }
      assert.equal((await call(program, "GET", "/api/nothing")).status, 401);
      for (const path of ["/healthz", "/readyz", "/", "/config.json"]) {
        assert.equal((await call(program, "GET", path)).status, 200, `${path} needs none`);
      }
    },
  );

  testOn("each scope opens its own routes and no other", async ({ program, env }) => {
    const keys = {
      publish: await created(["--name", "p", "--scope", "publish"], env),
      read: await created(["--name", "r", "--scope", "read"], env),
      manage: await created(["--name", "m", "--scope", "manage"], env),
    };
    for (const [scope, key] of Object.entries(keys)) {
      for (const [method, path, needed] of CALLS) {
        const { status, json } = await call(program, method, path, { key });
        const what = `${method} ${path} with ${scope}: ${status} ${JSON.stringify(json)}`;
        if (needed === scope) assert.ok(status !== 401 && status !== 403, what);
        else assert.equal(status, 403, what);
        if (needed === scope || method === "HEAD") continue;
        assert.equal(json["code"], "forbidden");
        assert.match(String(json["message"]), new RegExp(`lacks the scope '${needed}'`));
        assert.ok(!JSON.stringify(json).includes(secretOf(key)));
      }
    }
    const all = await created(
      ["--name", "all", "--scope", "publish,read,manage"],
      { ...env, APP_API_KEY: keys.manage },
    );
    const sent = await call(program, "POST", "/api/users/1/notifications", { key: all });
    assert.deepEqual([sent.status, sent.json["online"]], [201, false]);
    const asked = await call(program, "GET", `/api/notifications/${sent.json["id"]}`, { key: all });
    assert.deepEqual([asked.status, asked.json["state"]], [200, "queued"]);
    assert.equal((await call(program, "GET", "/api/keys", { key: all })).status, 200);
  });

  testOn("a key counts in its two headers and nowhere else", async ({ program, env }) => {
    const key = await created(["--name", "r", "--scope", "read"], env);
    const status = async (path: string, ...headers: string[]) =>
      (await rawRequest(program.port, [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers]))
        .status;
    await waitFor("it needs a key", async () => await status("/api/stats") === 401);
    for (
      const headers of [
        [`Authorization: Bearer ${key}`],
        [`authorization: bearer ${key}`],
        [`X-API-Key: ${key}`],
        [`X-API-Key: ${key}`, "Authorization: Basic dXNlcjpwYXNz"],
      ]
    ) assert.equal(await status("/api/stats", ...headers), 200, headers.join());
    for (
      const headers of [
        [`Cookie: key=${key}; Authorization=Bearer ${key}; X-API-Key=${key}`],
        [`Authorization: Basic ${btoa(`:${key}`)}`],
        [`Authorization: ${key}`],
        [`Authorization: Bearer ${key}x`],
        [`Authorization: Bearer ${key}`, "Authorization: Bearer other"],
        ["X-API-Key:"],
      ]
    ) assert.equal(await status("/api/stats", ...headers), 401, headers.join());
    for (const name of ["key", "api_key", "access_token"]) {
      assert.equal(await status(`/api/stats?${name}=${key}`), 401, name);
    }
  });

  testOn("a key is good from elsewhere, and through proxies", async ({ program, env }) => {
    const key = await created(["--name", "r", "--scope", "read"], env);
    const foreign = [
      "X-Forwarded-For: 203.0.113.5",
      "Via: 1.1 proxy",
      "Host: shop.example",
      "Origin: https://shop.example",
    ];
    for (const header of foreign) {
      const lines = ["GET /api/stats HTTP/1.1", header];
      if (!header.startsWith("Host")) lines.push("Host: 127.0.0.1");
      const withKey = await rawRequest(program.port, [...lines, `X-API-Key: ${key}`]);
      assert.equal(withKey.status, 200, header);
      await waitFor("it needs a key", async () => {
        return (await rawRequest(program.port, lines)).status === 401;
      });
    }
    for (const address of ownAddresses()) {
      const url = `http://${address}:${program.port}/api/stats`;
      const response = await fetch(url, { headers: { "x-api-key": key } });
      assert.equal(response.status, 200, await response.text());
      const refused = await fetch(url);
      assert.equal(refused.status, 401, await refused.text());
    }
  }, { APP_HOST: "0.0.0.0", APP_OPEN: "true" });

  testOn("a revoked key stops within a second on every node", async (target) => {
    const { program, env } = target;
    const manage = await created(["--name", "m", "--scope", "manage"], env);
    const withKey = { ...env, APP_API_KEY: manage };
    const key = await created(["--name", "r", "--scope", "read"], withKey);
    await using other = await target.another();
    const nodes = other === undefined ? [program] : [program, other];
    for (const node of nodes) {
      assert.equal((await call(node, "GET", "/api/stats", { key })).status, 200);
    }
    const revoked = await keyCommand(["revoke", idOf(key)], withKey);
    assert.deepEqual([revoked.code, revoked.stdout], [0, `Revoked ${idOf(key)}\n`], revoked.stderr);
    const startedAt = performance.now();
    for (const node of nodes) {
      const { json } = await waitFor("it is refused", async () => {
        const answer = await call(node, "GET", "/api/stats", { key });
        return answer.status === 401 && answer;
      });
      assert.equal(json["message"], `Cannot use the API: the API key ${idOf(key)} is revoked`);
    }
    assert.ok(performance.now() - startedAt < 30_000);
    await keyCommand(["revoke", idOf(manage)], withKey);
    await waitFor("it is revoked", async () => {
      return (await call(program, "GET", "/api/keys", { key: manage })).status === 401;
    });
    const open = await call(program, "GET", "/api/stats");
    assert.equal(open.status, 401, "with all keys revoked the API does not open again");
  });

  testOn("a key ends when it expires", async ({ program, env }) => {
    const manage = await created(["--name", "m", "--scope", "manage"], env);
    const expires_at = Math.floor(Date.now() / 1000) + 8;
    const made = await call(program, "POST", "/api/keys", {
      key: manage,
      body: { name: "short", scopes: ["read"], expires_at },
    });
    assert.equal(made.status, 201, JSON.stringify(made.json));
    assert.equal(made.headers.get("cache-control"), "no-store");
    const key = String(made.json["key"]);
    assert.equal((await call(program, "GET", "/api/stats", { key })).status, 200);
    const { json } = await waitFor("it has expired", async () => {
      const answer = await call(program, "GET", "/api/stats", { key });
      return answer.status === 401 && answer;
    });
    assert.equal(json["message"], `Cannot use the API: the API key ${idOf(key)} has expired`);
    const { stdout } = await keyCommand(["list"], { ...env, APP_API_KEY: manage });
    assert.match(stdout, new RegExp(`^${idOf(key)}  short .* expired `, "m"));
  });

  testOn("many wrong keys of one address are refused, and right ones are not", async (target) => {
    const { program, env } = target;
    const key = await created(["--name", "r", "--scope", "read"], env);
    const unused = await created(["--name", "unused", "--scope", "read"], env);
    const revoked = await created(["--name", "revoked", "--scope", "read"], env);
    assert.equal((await call(program, "GET", "/api/stats", { key })).status, 200);
    const statuses = [];
    for (let count = 0; count < 25; count++) {
      const wrong = `nk_${String(count).padStart(12, "0")}_${"x".repeat(40)}`;
      statuses.push((await call(program, "GET", "/api/stats", { key: wrong })).status);
    }
    assert.deepEqual(statuses, [...Array(20).fill(401), ...Array(5).fill(429)]);
    const first = await call(program, "GET", "/api/stats", { key: unused });
    assert.equal(first.status, 200, "a key that was never shown before");
    const late = await created(["--name", "late", "--scope", "read"], env);
    await waitFor("a key that was made meanwhile", async () => {
      return (await call(program, "GET", "/api/stats", { key: late })).status === 200;
    });
    await keyCommand(["revoke", idOf(revoked)], env);
    const { json } = await call(program, "GET", "/api/stats", { key: revoked });
    assert.match(String(json["message"]), /is revoked$/);
    const wrong = `${unused.slice(0, -1)}${unused.endsWith("x") ? "y" : "x"}`;
    assert.equal((await call(program, "GET", "/api/stats", { key: wrong })).status, 401);
    const stats = await call(program, "GET", "/api/stats", { key });
    const { api_unauthorized, api_throttled, api_forbidden } = stats.json;
    assert.deepEqual([stats.status, api_unauthorized, api_forbidden], [200, 22, 0]);
    assert.ok(Number(api_throttled) >= 5);
  });

  testOn("a key reaches its own site alone", async ({ program, env }) => {
    const own = await created(["--name", "own", "--scope", "publish,read,manage"], env);
    const acme = await created(
      ["--name", "acme", "--scope", "publish,read,manage", "--site", "acme"],
      env,
    );
    const sent = await call(program, "POST", "/api/users/1/notifications", { key: own });
    const id = String(sent.json["id"]);
    for (const method of ["GET", "DELETE"]) {
      const { status } = await call(program, method, `/api/notifications/${id}`, { key: acme });
      assert.equal(status, 404, method);
    }
    const listed = await call(program, "GET", "/api/keys", { key: acme });
    const [shown, ...more] = listed.json["keys"] as Json[];
    assert.deepEqual([shown?.["id"], shown?.["hash"], more], [idOf(acme), undefined, []]);
    const revoked = await call(program, "DELETE", `/api/keys/${idOf(own)}`, { key: acme });
    assert.deepEqual([revoked.status, revoked.json["code"]], [404, "not_found"]);
    for (
      const [method, path, body] of [
        ["GET", "/api/keys?site=default", undefined],
        ["DELETE", `/api/keys/${idOf(own)}?site=default`, undefined],
        ["POST", "/api/keys", { name: "x", scopes: ["read"], site: "default" }],
      ] as const
    ) {
      const { status, json } = await call(program, method, path, { key: acme, body });
      assert.deepEqual([status, json["code"]], [403, "forbidden"], `${method} ${path}`);
    }
    const stats = await call(program, "GET", "/api/stats", { key: acme });
    assert.equal(stats.status, 403, "the counters are of all sites");
    assert.equal((await call(program, "GET", "/api/stats", { key: own })).status, 200);
  });

  testOn("key list shows when a key was used, and no secret", async ({ program, env }) => {
    const key = await created(["--name", 'The "shop" 🎉', "--scope", "read"], env);
    const before = await keyCommand(["list"], env);
    assert.match(before.stdout, /^ID +NAME +SITE +SCOPES +CREATED +LAST USED +STATE\n/);
    assert.match(
      before.stdout,
      new RegExp(`^${idOf(key)}  The "shop" 🎉 +default  read +\\d{4}-[^ ]+  never +good$`, "m"),
    );
    await call(program, "GET", "/api/stats", { key });
    await waitFor("it was used", async () => {
      const { stdout } = await keyCommand(["list"], env);
      assert.ok(!stdout.includes(secretOf(key)));
      return / \d{4}-\S+ {2}\d{4}-\S+ {2}good\n$/.test(stdout);
    });
    const missing = await keyCommand(["revoke", "nobodyhasit1"], env);
    assert.equal(missing.code, 1, missing.stderr);
    assert.match(missing.stderr, /There is no API key \\?"nobodyhasit1\\?"/);
  });

  testOn(
    "what is managed and refused is in the audit log, and no secret anywhere",
    async (target) => {
      const { program, env } = target;
      const texts: string[] = [];
      const secrets: string[] = [];
      const made = async (args: string[], more: Env = {}) => {
        const outcome = await keyCommand(["create", ...args], { ...env, ...more });
        const key = outcome.stdout.trim();
        texts.push(outcome.stderr);
        secrets.push(secretOf(key));
        return key;
      };
      const manage = await made(["--name", "admin", "--scope", "manage"]);
      const read = await made(["--name", "reader", "--scope", "read"], { APP_API_KEY: manage });
      const wrong = `nk_${idOf(manage)}_${"hunter2".repeat(6).slice(0, 40)}`;
      secrets.push("hunter2");
      const body = { name: "by http", scopes: ["publish"] };
      const byHttp = await call(program, "POST", "/api/keys", { key: manage, body });
      secrets.push(secretOf(String(byHttp.json["key"])));
      await call(program, "POST", "/api/keys", { key: read, body });
      await call(program, "GET", "/api/keys", { key: wrong });
      await call(program, "GET", "/api/keys", { key: "hunter2-is-no-key" });
      await call(program, "GET", "/api/keys");
      await call(program, "DELETE", `/api/keys/${read}`);
      const whole = await keyCommand(["revoke", read], { ...env, APP_API_KEY: manage });
      assert.equal(whole.stdout, `Revoked ${idOf(read)}\n`, "its id is in it");
      texts.push(whole.stdout, whole.stderr);
      const third = String(byHttp.json["key"]);
      await call(program, "DELETE", `/api/keys/${idOf(third)}`, { key: manage });
      const forged = { name: 'x\n{"level":"error"}', scopes: ["read"] };
      const refused = await call(program, "POST", "/api/keys", { key: manage, body: forged });
      assert.deepEqual([refused.status, refused.json["field"]], [400, "name"]);

      await waitFor(
        "all is logged",
        () => audit(program).at(-1)?.["action"] === "key.revoke",
      );
      program.kill("SIGTERM");
      await program.ended();
      const lines = audit(program).map((line) => [line.level, line["who"], line["action"]]);
      const byCommand = [
        ["info", "operator", "key.create"],
        ["info", "operator", "key.create"],
      ];
      assert.deepEqual(lines, [
        ...(engine === "redis" ? [] : byCommand),
        ["info", idOf(manage), "key.create"],
        ["warning", idOf(read), "POST /api/keys"],
        ["warning", idOf(manage), "GET /api/keys"],
        ["warning", "nobody", "GET /api/keys"],
        ["warning", "nobody", "GET /api/keys"],
        ["warning", "nobody", `DELETE /api/keys/nk_${idOf(read)}_***`],
        ...(engine === "redis" ? [] : [["info", "operator", "key.revoke"]]),
        ["info", idOf(manage), "key.revoke"],
      ]);
      for (const line of audit(program)) {
        assert.equal(line["address"], "127.0.0.1");
      }
      if (engine === "redis") {
        const ofCommands = texts.join("\n").match(
          /"logger":"notifyli.audit".*"key\.(create|revoke)"/g,
        );
        assert.equal(ofCommands?.length, 3, texts.join("\n"));
      }
      const output = [program.output, ...texts].join("\n");
      for (const secret of secrets) assert.ok(!output.includes(secret), output);
      assert.deepEqual(program.errors, []);
    },
    { APP_DEBUG: "true" },
  );

  testOn("send shows the key of APP_API_KEY", async ({ program, env }) => {
    const key = await created(["--name", "p", "--scope", "publish"], env);
    const options = ["-u", "1", "-m", "Hi"];
    if (engine === "embedded") {
      const refused = await run([...SEND, ...options], { env, cwd: "/" });
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^Not sent: .* answers: Cannot use the API: it needs a key/);
    }
    const sent = await run([...SEND, ...options], { env: { ...env, APP_API_KEY: key }, cwd: "/" });
    assert.equal(sent.stdout, "User is offline - notification queued\n", sent.stderr);
    assert.equal((await call(program, "GET", "/healthz")).status, 200);
  });

  function testOn(name: string, body: (target: Target) => Promise<void>, env: Env = {}): void {
    Deno.test(`${name} (${engine})`, async () => {
      await using target = await start(env);
      await body(target);
    });
  }
}

Deno.test("key works on the file where no server runs, and on the server where one does", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_DATA_DIR: dataDir, APP_PORT: "9" }; // nobody listens there
  const make = [...KEY, "create", "--name", "r", "--scope", "read"];
  const { stdout, stderr } = await run(make, { env, cwd: dataDir });
  const key = stdout.trim();
  assert.match(key, /^nk_\w{12}_\w{40}$/, stderr);
  assert.match(
    stderr,
    /^No server runs at http:\S+:9: this made a new store in \S+ \(is APP_DATA_/m,
  );
  const next = await run(make, { env, cwd: dataDir });
  assert.match(next.stderr, /^No server runs at http:\S+:9: this works on the file in \S+\.$/m);
  assert.match(stderr, /"notifyli.audit".*"key.create"/);
  {
    await using program = await Program.start({ dataDir });
    assert.equal((await call(program, "GET", "/api/stats")).status, 401);
    assert.equal((await call(program, "GET", "/api/stats", { key })).status, 200);
    const locked = await run([...KEY, "list"], { env, cwd: dataDir });
    assert.equal(locked.code, 1);
    assert.match(locked.stderr, /^Not done: .* another server is using it\n$/);
    const listed = await keyCommand(["list"], envOf(program));
    assert.match(listed.stdout, new RegExp(`^${idOf(key)} `, "m"));
    program.kill("SIGTERM");
    await program.ended();
  }
  const listed = await run([...KEY, "list"], { env, cwd: dataDir });
  assert.match(listed.stdout, new RegExp(`^${idOf(key)} .* \\d{4}-\\S+  good$`, "m"));
  const memory = await keyCommand(["list"], { APP_DATA_DIR: ":memory:", APP_PORT: "9" });
  assert.deepEqual([memory.code, memory.stdout], [1, ""]);
  assert.match(
    memory.stderr,
    /^Not done: no server runs, and APP_DATA_DIR=:memory: keeps no keys\n$/,
  );
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("key goes to a server with TLS, and shows its key to no other", async () => {
  await using certificate = await Certificate.make();
  await using other = await Certificate.make();
  await using program = await Program.start({ env: certificate.env });
  const env = { ...certificate.env, ...envOf(program) };
  const key = await created(["--name", "m", "--scope", "manage"], env);
  const listed = await keyCommand(["list"], { ...env, APP_API_KEY: key });
  assert.match(listed.stdout, new RegExp(`^${idOf(key)} `, "m"), listed.stderr);
  const pinned = await keyCommand(["list"], { ...env, ...other.env, APP_API_KEY: key });
  assert.equal(pinned.code, 1);
  assert.match(pinned.stderr, /its certificate is not that of APP_TLS_CERT/);
});

Deno.test("key without the Redis it needs says so and ends with code 1", async () => {
  await using redis = await RedisServer.stopped();
  const { code, stdout, stderr } = await keyCommand(["list"], redis.env);
  assert.match(stderr, /Not done: Redis cannot be reached/);
  assert.deepEqual([code, stdout], [1, ""]);
});

const WRONG: [args: string[], said: RegExp][] = [
  [[], /^Missing what to do: create, list or revoke\n\nUsage: /],
  [["delete"], /^Unknown command "delete"/],
  [["create"], /^Missing option --name/],
  [["create", "--name", "x"], /^Missing option --scope/],
  [["create", "--name", "x", "--scope", "all"], /^Not done: .*'scopes'.*publish, read, manage/],
  [["create", "--name", "a\nb", "--scope", "read"], /^Not done: .*'name'.*one line/],
  [["create", "--name", "x", "--scope", "read", "--site", "a:b"], /^Not done: .*'site'/],
  [
    ["create", "--name", "x", "--scope", "read", "--expires-in", "soon"],
    /--expires-in.*"soon".*90d/,
  ],
  [["create", "extra", "--name", "x", "--scope", "read"], /^Unknown argument "extra"/],
  [["create", "--colour", "red"], /--colour/],
  [["list", "extra"], /^Unknown argument "extra"/],
  [["list", "--site", "a&b"], /^Not done: .*'site'/],
  [["revoke"], /^Missing the id/],
];
for (const [args, said] of WRONG) {
  Deno.test(`key ${args.join(" ")} ends with code 2`, async () => {
    const { code, stdout, stderr } = await keyCommand(args, { APP_PORT: "9" });
    assert.match(stderr, said);
    assert.deepEqual([code, stdout], [2, ""]);
  });
}

Deno.test("key --help prints every option", async () => {
  const { code, stdout, stderr } = await keyCommand(["--help"], { APP_PORT: "wrong" });
  for (const option of ["--name", "--scope", "--expires-in", "--site", "-h, --help"]) {
    assert.ok(stdout.includes(option), option);
  }
  assert.deepEqual([code, stderr], [0, ""]);
});

/** Runs `deno task key`. */
function keyCommand(args: readonly string[], env: Env): Promise<Outcome> {
  return run([...KEY, ...args], { env, cwd: "/" });
}

/** The new key. */
async function created(options: readonly string[], env: Env): Promise<string> {
  const { code, stdout, stderr } = await keyCommand(["create", ...options], env);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^nk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}\n$/);
  return stdout.trim();
}

function idOf(key: string): string {
  return key.split("_")[1] ?? "";
}

function secretOf(key: string): string {
  const [, , secret = ""] = key.split("_");
  assert.equal(secret.length, 40);
  return secret;
}

function audit({ log }: Program): LogLine[] {
  return log.filter(({ logger }) => logger === "notifyli.audit");
}

async function call(
  { url }: Program,
  method: string,
  path: string,
  { key, body }: { key?: string; body?: unknown } = {},
): Promise<{ status: number; headers: Headers; json: Json }> {
  const headers: Record<string, string> = key === undefined
    ? {}
    : { authorization: `Bearer ${key}` };
  const text = method === "POST" ? JSON.stringify(body ?? { message: "Hi" }) : undefined;
  const response = await fetch(url.replace("0.0.0.0", "127.0.0.1") + path, {
    method,
    headers,
    body: text,
  });
  const answer = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && answer !== "";
  return {
    status: response.status,
    headers: response.headers,
    json: isJson ? JSON.parse(answer) : {},
  };
}

/** Addresses of this machine that are no loopback. */
function ownAddresses(): string[] {
  return Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !address.startsWith("127."))
    .map(({ address }) => address);
}
