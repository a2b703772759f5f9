/**
 * Servers behind real proxies that add no header, on both listeners: nobody manages keys through them, and an open
 * server answers nothing. Programs of this machine go on as before.
 */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager, operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { PROXIES, type ProxyName, RealProxy } from "../support/real_proxy.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

/** What a stranger tries. */
const CALLS: readonly (readonly [method: string, path: string, body?: string])[] = [
  ["POST", "/api/keys", '{"name":"stranger","scopes":["manage","publish","read"]}'],
  ["GET", "/api/keys"],
  ["DELETE", "/api/keys/0123456789ab"],
  ["POST", "/api/users/1/block", "{}"],
  ["POST", "/api/users/1/disconnect", "{}"],
  ["GET", "/api/blocks"],
  ["POST", "/api/revocations", '{"everyone":true}'],
  ["GET", "/api/revocations"],
  ["POST", "/api/users/1/notifications", "hi"],
  ["POST", "/api/notifications", '{"user_id":1,"message":"hi"}'],
  ["GET", "/api/stats"],
];

const NOT_API: readonly string[] = ["/", "/main.js", "/config.json", "/sse?user_id=1", "/nothing"];

const UPGRADE = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

for (const listener of ["deno", "node"]) {
  for (const name of Object.keys(PROXIES) as ProxyName[]) {
    Deno.test(`through ${name} nobody reaches an open server (${listener})`, async () => {
      await using program = await Program.start({
        isGuarded: true,
        env: { APP_LISTENER: listener },
      });
      await using proxy = await RealProxy.start(name, program.port);
      for (const host of ["localhost", "127.0.0.1", `127.0.0.1:${program.port}`]) {
        for (const [method, path, body] of CALLS) {
          const { status, text } = await ask(proxy.port, method, path, { host, body });
          assert.equal(status, 403, `${method} ${path}: ${text}`);
          assert.match(text, /through a proxy: the program at the other end is/);
          assert.match(text, /set APP_KEY so that clients need a token, or APP_OPEN=true/);
        }
        for (const path of NOT_API) {
          const { status, text } = await ask(proxy.port, "GET", path, { host });
          assert.equal(status, 403, `${path}: ${text}`);
        }
        const upgrade = await ask(proxy.port, "GET", "/ws?user_id=1", { host, headers: UPGRADE });
        assert.equal(upgrade.status, 403, upgrade.text);
      }
      assert.equal((await ask(proxy.port, "GET", "/healthz", {})).status, 200);
      await assertLocalGoesOn(program);
    });

    Deno.test(`through ${name} nobody calls the API of a closed server without a key (${listener})`, async () => {
      await using program = await Program.start({
        isGuarded: true,
        env: { APP_LISTENER: listener, APP_KEY },
      });
      await using proxy = await RealProxy.start(name, program.port);
      await assertClosed(program, proxy.port);
      const { key } = await Manager.of(program);
      await assertClosed(program, proxy.port);
      const headers = { authorization: `Bearer ${key}` };
      assert.equal((await ask(proxy.port, "GET", "/api/stats", { headers })).status, 200);
      assert.equal((await ask(proxy.port, "GET", "/", {})).status, 200);
      if (name !== "nginx's bare proxy_pass") await assertConnects(proxy.port);
    });

    Deno.test(`through ${name} nobody makes a key, with APP_OPEN=true or after there is one (${listener})`, async () => {
      const env = { APP_LISTENER: listener, APP_OPEN: "true" };
      await using program = await Program.start({ isGuarded: true, env });
      await using proxy = await RealProxy.start(name, program.port);
      for (const [method, path, body] of CALLS.slice(0, 8)) {
        const { status, text } = await ask(proxy.port, method, path, { body });
        assert.equal(status, 401, `${method} ${path}: ${text}`);
      }
      await Manager.of(program);
      await assertClosed(program, proxy.port);
      assert.equal((await ask(proxy.port, "GET", "/", {})).status, 200);
    });
  }

  Deno.test(`through a relay that runs as the server's own user nobody manages anything (${listener})`, async () => {
    for (const settings of [{}, { APP_KEY }] as Record<string, string>[]) {
      await using program = await Program.start({
        isGuarded: true,
        env: { APP_LISTENER: listener, ...settings },
      });
      await using relay = new TcpProxy(program.port);
      for (const [method, path, body] of CALLS.slice(0, 8)) {
        assert.equal((await ask(relay.port, method, path, { body })).status, 401, path);
      }
    }
  });
}

async function assertClosed(program: Program, port: number): Promise<void> {
  for (const host of ["localhost", `127.0.0.1:${program.port}`]) {
    for (const [method, path, body] of CALLS) {
      const { status, text } = await ask(port, method, path, { host, body });
      assert.equal(status, 401, `${method} ${path}: ${text}`);
    }
  }
}

async function assertConnects(port: number): Promise<void> {
  const protocols = ["notifyli.v2", `notifyli.token.${await connectionToken()}`];
  await using client = await TestClient.connectAs(`ws://127.0.0.1:${port}/ws`, { protocols });
  assert.equal((await client.command("connect", {}))["user_id"], 123);
}

/** A page's requests, a socket, curl, `send` and `key` need no setting. */
async function assertLocalGoesOn(program: Program): Promise<void> {
  const url = `http://localhost:${program.port}`;
  for (const path of ["/", "/config.json"]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 200, await response.text());
  }
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  const env = { APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir };
  const curl = await run(["curl", "-sS", "-d", "hi", `${url}/api/users/1/notifications`]);
  assert.match(curl.stdout, /"user_id":1/, curl.stderr);
  const sent = await run([...taskCommand("send"), "-u", "1", "-m", "hi"], { env, cwd: "/" });
  assert.equal(sent.code, 0, sent.stderr);
  const create = ["create", "--name", "first", "--scope", "manage"];
  const made = await run([...taskCommand("key"), ...create], { env, cwd: "/" });
  assert.match(made.stdout, /^nk_/, made.stderr);
  assert.ok(!program.output.includes(operatorKeyOf(program)));
}

interface Asked {
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The answer's status and as much of it as comes before it ends, or, where it does not end, at once. */
async function ask(
  port: number,
  method: string,
  path: string,
  { host = "localhost", headers = {}, body = "" }: Asked,
): Promise<{ status: number; text: string }> {
  const length = method === "GET" ? {} : { "content-length": String(body.length) };
  const all = { host, connection: "close", ...length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(
    new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`),
  );
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (let length; (length = await socket.read(buffer)) !== null;) {
    text += new TextDecoder().decode(buffer.subarray(0, length));
    if (/^HTTP\/1\.1 (?:101|2)/.test(text) || /\}\s*(?:0\r\n\r\n)?$/.test(text)) break;
  }
  return { status: Number(text.split(" ")[1]), text };
}
