/** Keys, blocks and revocations need a key or the operator's proof: being on this machine is none, on either listener. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { makeOperatorKey, readOperatorKey } from "../../lib/auth/operator_key.ts";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { type LogLine, Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../support/tokens.ts";

type Env = Readonly<Record<string, string>>;

const AUDIENCE = "notifyli:operator";
const OTHER_KEY = "another key of the tests with 32 by";
const WRONG_FILE_KEY = `no_${"x".repeat(43)}`;

/** All that manages, with a body that is good where one is taken. */
const MANAGING: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["POST", "/api/keys", { name: "first", scopes: ["manage"] }],
  ["GET", "/api/keys"],
  ["DELETE", "/api/keys/0123456789ab"],
  ["POST", "/api/users/1/disconnect"],
  ["POST", "/api/users/1/block", {}],
  ["POST", "/api/users/1/unblock"],
  ["GET", "/api/blocks"],
  ["POST", "/api/revocations", { user_id: 1 }],
  ["GET", "/api/revocations"],
];

const FROM: readonly Readonly<Record<string, string>>[] = [
  {},
  { host: "localhost" },
  { "x-forwarded-for": "127.0.0.1" },
];

for (const listener of ["deno", "node"]) {
  for (const [kind, settings] of [["open", {}], ["closed", { APP_KEY }]] as const) {
    const env = { APP_LISTENER: listener, ...settings };

    Deno.test(`a program on this machine manages nothing without a proof, on a server that is ${kind} (${listener})`, async () => {
      await using program = await Program.start({ isGuarded: true, env });
      for (const headers of FROM) {
        for (const [method, path, body] of MANAGING) {
          const { status } = await call(program, method, path, { body, headers });
          const isSeen = kind === "open" && "x-forwarded-for" in headers;
          assert.equal(status, isSeen ? 403 : 401, `${method} ${path} ${JSON.stringify(headers)}`);
        }
      }
      const { json } = await call(program, "GET", "/api/keys", { bearer: operatorKeyOf(program) });
      assert.deepEqual(json["keys"], [], "none was made");
      assert.equal((await call(program, "GET", "/api/stats")).status, kind === "open" ? 200 : 401);
    });

    Deno.test(`the operator's proof manages all sites, and does nothing else, on a server that is ${kind} (${listener})`, async () => {
      await using program = await Program.start({ isGuarded: true, env });
      const key = operatorKeyOf(program);
      const proofs = [key, await operatorToken(key)];
      if (kind === "closed") proofs.push(await operatorToken(APP_KEY));
      for (const bearer of proofs) {
        for (const [method, path, body] of MANAGING) {
          const { status, json } = await call(program, method, path, { body, bearer });
          const isMissing = method === "DELETE" && json["code"] === "not_found";
          assert.ok(status < 300 || isMissing, `${method} ${path}: ${status}`);
        }
        const acme = { name: "a", scopes: ["read"], site: "acme" };
        const made = await call(program, "POST", "/api/keys", { body: acme, bearer });
        assert.deepEqual([made.status, made.json["site"]], [201, "acme"]);
        const block = await call(program, "POST", "/api/users/1/block", {
          body: { site: "acme" },
          bearer,
        });
        assert.equal(block.status, 200);
        const all = (await call(program, "GET", "/api/keys", { bearer })).json["keys"] as Env[];
        assert.deepEqual(new Set(all.map(({ site }) => site)), new Set(["default", "acme"]));
        const path = `/api/keys/${made.json["id"]}`;
        assert.equal((await call(program, "DELETE", path, { bearer })).status, 204);
        for (const path of ["/api/users/1/notifications", "/api/notifications"]) {
          const refused = await call(program, "POST", path, { body: { message: "x" }, bearer });
          assert.deepEqual([refused.status, refused.json["code"]], [403, "forbidden"], path);
        }
      }
      const made = audit(program).filter(({ action }) => action === "key.create");
      assert.deepEqual(new Set(made.map(({ who }) => who)), new Set(["operator"]));
      for (const proof of proofs) assert.ok(!program.output.includes(proof.slice(0, 43)));
      assert.ok(!program.output.includes(key.slice(3)), "the key is in no log");
    });

    Deno.test(`no other token or key passes for the operator's proof, on a server that is ${kind} (${listener})`, async () => {
      await using program = await Program.start({ isGuarded: true, env });
      const key = operatorKeyOf(program);
      const wrong: Record<string, string> = {
        "another key": WRONG_FILE_KEY,
        "a part of the key": key.slice(0, -1),
        "more than the key": `${key}x`,
        "a user's token": await connectionToken(),
        "a user's token by the operator's key": await token(key, { aud: "notifyli:connect" }),
        "two audiences": await token(key, { aud: [AUDIENCE, "notifyli:connect"] }),
        "no audience": await token(key, { aud: undefined }),
        "no end": await token(key, { exp: undefined }),
        "too far an end": await token(key, { exp: nowSeconds() + 120 }),
        "an end in the past": await token(key, { exp: nowSeconds() - 10 }),
        "another algorithm": await token(key, {}, "HS512"),
        "none": `${part({ alg: "none" })}.${part({ aud: AUDIENCE, exp: nowSeconds() + 30 })}.x`,
        "another secret": await operatorToken(OTHER_KEY),
      };
      if (kind === "open") wrong["a key that is not this server's"] = await operatorToken(APP_KEY);
      for (const [what, bearer] of Object.entries(wrong)) {
        const { status } = await call(program, "GET", "/api/keys", { bearer });
        assert.equal(status, 401, what);
      }
      for (let count = 0; count < 20; count++) {
        await call(program, "GET", "/api/keys", { bearer: WRONG_FILE_KEY });
      }
      const late = await call(program, "GET", "/api/keys", { bearer: WRONG_FILE_KEY });
      assert.deepEqual([late.status, late.json["code"]], [429, "too_many_attempts"]);
      const good = await call(program, "GET", "/api/keys", { bearer: key });
      assert.equal(good.status, 200, "others' tries do not keep the operator out");
      for (const path of [`/api/keys/${key}`, `/api/users/${key}/block`]) {
        await call(program, "POST", path, {});
      }
      assert.ok(!program.output.includes(key.slice(3)));
    });
  }
}

Deno.test("the operator's key is made at the start, for the server's user alone, and stays", async () => {
  await using folder = await Folder.make();
  for (const redis of [undefined, await RedisServer.stopped()]) {
    const dataDir = `${folder.path}/${redis === undefined ? "embedded" : "redis"}`;
    await Deno.mkdir(dataDir);
    const start = () => Program.start({ isGuarded: true, dataDir, env: redis?.env });
    let key: string;
    {
      await using program = await start();
      key = operatorKeyOf(program);
      assert.match(key, /^no_[\w-]{43}$/);
      assert.equal((await Deno.stat(`${dataDir}/operator.key`)).mode! & 0o777, 0o600);
    }
    await using again = await start();
    assert.equal(operatorKeyOf(again), key);
    assert.deepEqual(again.log.filter(({ message }) => /operator/.test(message)), []);
    await redis?.[Symbol.asyncDispose]();
  }
});

const FAULTS: [name: string, spoil: (path: string) => Promise<void>, says: RegExp][] = [
  ["that others may read", (path) => Deno.chmod(path, 0o640), /others may read it \(mode 640\)/],
  ["that is empty", (path) => Deno.writeTextFile(path, ""), /is empty or was cut/],
  ["that was cut", (path) => Deno.truncate(path, 20), /is empty or was cut/],
  ["that is a link", async (path) => {
    await Deno.rename(path, `${path}.other`);
    await Deno.symlink(`${path}.other`, path);
  }, /it is no plain file/],
];
for (const [name, spoil, says] of FAULTS) {
  Deno.test(`an operator's key ${name} proves nothing, and the next start makes another`, async () => {
    await using folder = await Folder.make();
    const path = `${folder.path}/operator.key`;
    let old: string;
    {
      await using program = await Program.start({ isGuarded: true, dataDir: folder.path });
      old = operatorKeyOf(program);
      await spoil(path);
      const refused = await call(program, "GET", "/api/keys", { bearer: old });
      assert.equal(refused.status, 401);
      assert.match(String(refused.json["message"]), says);
      const listed = await keyCommand(["list"], envOf(program));
      assert.equal(listed.code, 1);
      assert.match(listed.stderr, says);
    }
    await using program = await Program.start({ isGuarded: true, dataDir: folder.path });
    await program.line(({ level, message }) => level === "warning" && says.test(message));
    assert.notEqual(operatorKeyOf(program), old);
    assert.equal((await call(program, "GET", "/api/keys", { bearer: old })).status, 401);
    const bearer = operatorKeyOf(program);
    assert.equal((await call(program, "GET", "/api/keys", { bearer })).status, 200);
    const left = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
    assert.deepEqual(left.filter((name) => /operator\.key\..{30}/.test(name)), []);
  });
}

Deno.test("an operator's key of another user proves nothing", async () => {
  await using folder = await Folder.make();
  const { owner = NaN } = makeOperatorKey(folder.path);
  assert.match(readOperatorKey(folder.path, owner), /^no_/);
  assert.throws(() => readOperatorKey(folder.path, owner + 1), {
    message: new RegExp(`it belongs to user ${owner}, and the server runs as user ${owner + 1}$`),
  });
});

Deno.test("with Redis a server starts where it may not write its folder, and says what it lacks", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, APP_DATA_DIR: "/proc/nothing" };
  await using program = await Program.start({ isGuarded: true, env });
  const said = program.log.find(({ message }) => message.includes("operator.key"));
  assert.match(said?.message ?? "", /^Cannot make \/proc\/nothing\/operator\.key: /);
  const listed = await keyCommand(["list"], env);
  assert.deepEqual([listed.code, listed.stderr], [0, ""], "the command works on Redis");
});

Deno.test("without a file and a key, the command says what would prove it", async () => {
  await using program = await Program.start({ isGuarded: true, env: { APP_DATA_DIR: ":memory:" } });
  const env = { APP_PORT: String(program.port), APP_DATA_DIR: ":memory:" };
  const refused = await keyCommand(["list"], env);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^Not done: the server at \S+ needs the operator's proof: APP_KEY is not set; APP_DATA_DIR=:memory: has no operator\.key; APP_API_KEY is not set\n$/,
  );
  const wrong = await keyCommand(["list"], { ...env, APP_KEY });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /answers: Cannot use the API: .*are APP_DATA_DIR and APP_KEY those/);
});

Deno.test("the command proves itself by APP_KEY, by the file, and by APP_API_KEY where it has neither", async () => {
  await using program = await Program.start({ isGuarded: true, env: { APP_KEY } });
  const port = { APP_PORT: String(program.port), APP_DATA_DIR: "/nowhere" };
  const made = async (env: Env) => {
    const outcome = await keyCommand(["create", "--name", "m", "--scope", "manage"], env);
    assert.equal(outcome.code, 0, outcome.stderr);
    return outcome.stdout.trim();
  };
  await made({ ...port, APP_KEY });
  await made({ ...port, APP_KEY: `${OTHER_KEY}, ${APP_KEY}`, APP_DATA_DIR: program.dataDir });
  const key = await made({ ...port, APP_DATA_DIR: program.dataDir });
  await made({ ...port, APP_KEY: OTHER_KEY, APP_API_KEY: key });
  const makers = audit(program).filter(({ action }) => action === "key.create")
    .map(({ who }) => who);
  assert.deepEqual(makers, ["operator", "operator", "operator", key.split("_")[1]]);
});

function keyCommand(args: readonly string[], env: Env): Promise<Outcome> {
  return run([...taskCommand("key"), ...args], { env, cwd: "/" });
}

function envOf({ port, dataDir }: Program): Env {
  return { APP_PORT: String(port), APP_DATA_DIR: dataDir };
}

function operatorToken(secret: string): Promise<string> {
  return token(secret, {});
}

function token(secret: string, claims: Record<string, unknown>, alg = "HS256"): Promise<string> {
  return new SignJWT({ aud: AUDIENCE, exp: nowSeconds() + 30, ...claims })
    .setProtectedHeader({ alg })
    .sign(
      new TextEncoder().encode(
        secret.padEnd(64, "\0").slice(0, alg === "HS256" ? secret.length : 64),
      ),
    );
}

function part(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll("=", "");
}

interface Call {
  readonly body?: unknown;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By hand, so that `Host` is what the test says. */
async function call(
  { port }: Program,
  method = "GET",
  path = "/",
  { body, bearer, headers = {} }: Call = {},
): Promise<{ status: number; json: Record<string, unknown> }> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const all = {
    host: `127.0.0.1:${port}`,
    "content-type": "application/json",
    "content-length": String(text.length),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const { status, body: answer } = await rawRequest(
    port,
    [`${method} ${path} HTTP/1.1`, ...lines],
    text,
  );
  const json = /\{.*\}/s.exec(answer)?.[0]; // an answer in chunks has sizes around it
  return { status, json: json === undefined ? {} : JSON.parse(json) };
}

function audit({ log }: Program): LogLine[] {
  return log.filter(({ logger }) => logger === "notifyli.audit");
}

class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
